//! What stands between a store and its server and, at a certain statement, lets the store die.
//!
//! A statement is what the client sends until it waits for an answer: a simple query, or messages of
//! the extended protocol up to `Sync`. The server answers each with one `ReadyForQuery`.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

/// On which side of a statement the client dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The server never sees the statement.
    Before,
    /// The server carries the statement out, and nobody hears of it.
    After,
}

pub(crate) const SIDES: [Side; 2] = [Side::Before, Side::After];

/// A way to a server on this machine. After the cut every connection is gone and none is taken.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    server: u16,
    /// Statements since it was armed.
    seen: AtomicU64,
    /// The statement at which it cuts, from 1; none if 0.
    cut_at: AtomicU64,
    side: Side,
    is_cut: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A way to the server on a port, which cuts nothing yet.
    pub(crate) fn to(server: u16, side: Side) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            server,
            seen: AtomicU64::new(0),
            cut_at: AtomicU64::new(0),
            side,
            is_cut: AtomicBool::new(false),
            streams: Mutex::default(),
        });
        let proxy = Self { port, state: Arc::clone(&state) };
        thread::spawn(move || {
            for client in listener.incoming() {
                if state.is_cut.load(Ordering::SeqCst) {
                    return;
                }
                // A client that is gone by now needs no way.
                let _ = client.and_then(|client| state.connect(client));
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// Cuts at the n-th statement from now on, from 1.
    pub(crate) fn cut_at(&self, n: u64) {
        self.state.seen.store(0, Ordering::SeqCst);
        self.state.cut_at.store(n, Ordering::SeqCst);
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.state.is_cut.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.cut();
        // Wakes the listener, which sees the cut and ends.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl State {
    fn connect(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, self.server))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        {
            let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.extend([client.try_clone()?, server.try_clone()?]);
        }
        // Cut meanwhile, it would not be among those that were shut down.
        if self.is_cut.load(Ordering::SeqCst) {
            self.cut();
        }
        let last_answer = Arc::new(AtomicU64::new(u64::MAX));
        let (state, stopped_at) = (Arc::clone(self), Arc::clone(&last_answer));
        let (mut asking, mut asked) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || {
            // It ends with the connection.
            let _ = state.forward_statements(&mut asking, &mut asked, &stopped_at);
            let _ = asked.shutdown(Shutdown::Both);
        });
        let (state, mut answering, mut answered) = (Arc::clone(self), server, client);
        thread::spawn(move || {
            // It ends with the connection.
            let _ = state.forward_answers(&mut answering, &mut answered, &last_answer);
            let _ = answered.shutdown(Shutdown::Both);
        });
        Ok(())
    }

    /// Passes statements on and counts them. `stopped_at` becomes the one whose answer is withheld.
    fn forward_statements(
        &self,
        client: &mut TcpStream,
        server: &mut TcpStream,
        stopped_at: &AtomicU64,
    ) -> io::Result<()> {
        server.write_all(&read_message(client, 0)?)?;
        let mut statement = Vec::new();
        let mut of_connection = 0;
        loop {
            let message = read_message(client, 1)?;
            statement.extend_from_slice(&message);
            match message[0] {
                b'Q' | b'S' => {}
                b'X' => return server.write_all(&statement),
                _ => continue,
            }
            of_connection += 1;
            let seen = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
            if seen == self.cut_at.load(Ordering::SeqCst) {
                match self.side {
                    Side::Before => {
                        self.cut();
                        return Ok(());
                    }
                    Side::After => stopped_at.store(of_connection, Ordering::SeqCst),
                }
            }
            server.write_all(&statement)?;
            statement.clear();
        }
    }

    /// Passes answers on, up to the one that is withheld: when that is complete, it cuts.
    fn forward_answers(
        &self,
        server: &mut TcpStream,
        client: &mut TcpStream,
        stopped_at: &AtomicU64,
    ) -> io::Result<()> {
        // The first answer is to the greeting.
        let mut complete = 0;
        loop {
            let message = read_message(server, 1)?;
            let is_withheld = complete >= stopped_at.load(Ordering::SeqCst);
            if !is_withheld {
                client.write_all(&message)?;
            }
            if message[0] == b'Z' {
                if is_withheld {
                    self.cut();
                    return Ok(());
                }
                complete += 1;
            }
        }
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        for stream in self.streams.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// A message with its head: a kind of so many bytes, then its length in four bytes, which counts
/// itself.
fn read_message(stream: &mut TcpStream, kind: usize) -> io::Result<Vec<u8>> {
    let mut message = vec![0; kind + 4];
    stream.read_exact(&mut message)?;
    let length = u32::from_be_bytes(message[kind..].try_into().unwrap()) as usize;
    message.resize(kind + length, 0);
    stream.read_exact(&mut message[kind + 4..])?;
    Ok(message)
}
