//! A cable that can be cut: a TCP proxy with faults.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering::SeqCst},
    },
    thread,
};

/// That the cable is not to be cut.
const NEVER: i64 = i64::MAX;

/// Lies between a client and a server of this machine, and is cut with its value.
#[derive(Debug)]
pub struct Cable {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    server: u16,
    /// How many bytes still pass towards the server.
    left: AtomicI64,
    swallows: AtomicBool,
    ended: AtomicBool,
    ends: Mutex<Vec<TcpStream>>,
}

impl Cable {
    /// A cable to the server at a port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port is to be had.
    pub fn to(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State {
            server,
            left: AtomicI64::new(NEVER),
            swallows: AtomicBool::default(),
            ended: AtomicBool::default(),
            ends: Mutex::default(),
        });
        let own = Arc::clone(&state);
        thread::spawn(move || own.listen(&listener));
        Ok(Self { port, state })
    }

    /// The port on 127.0.0.1 that leads to the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection once so many bytes more have passed towards the server, and lets the next
    /// ones be.
    pub fn cut_after(&self, bytes: u32) {
        self.state.left.store(bytes.into(), SeqCst);
    }

    /// From now on answers of the server are lost; what goes to it arrives.
    pub fn lose_answers(&self, loses: bool) {
        self.state.swallows.store(loses, SeqCst);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.state.ended.store(true, SeqCst);
        self.state.cut();
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl State {
    fn listen(self: Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().flatten() {
            if self.ended.load(SeqCst) {
                return;
            }
            // Without a server the client is hung up on.
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.server)) else {
                continue;
            };
            let _ = self.join(&client, &server);
        }
    }

    fn join(self: &Arc<Self>, client: &TcpStream, server: &TcpStream) -> io::Result<()> {
        // Else small frames would wait for the acknowledgement of those before them, 40 ms each time.
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        self.ends.lock().unwrap().extend([client.try_clone()?, server.try_clone()?]);
        let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
        let own = Arc::clone(self);
        thread::spawn(move || own.carry(&mut from, &mut to, State::passes_up));
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        let own = Arc::clone(self);
        thread::spawn(move || own.carry(&mut from, &mut to, State::passes_down));
        Ok(())
    }

    fn carry(&self, from: &mut TcpStream, to: &mut TcpStream, passes: fn(&Self, usize) -> usize) {
        let mut buffer = [0; 4096];
        while let Ok(bytes @ 1..) = from.read(&mut buffer) {
            let pass = passes(self, bytes);
            if to.write_all(&buffer[..pass]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }

    fn passes_up(&self, bytes: usize) -> usize {
        let mut left = self.left.load(SeqCst);
        if left == NEVER {
            return bytes;
        }
        let size = i64::try_from(bytes).expect("a buffer is small");
        left = self.left.fetch_sub(size, SeqCst);
        if left > size {
            return bytes;
        }
        self.left.store(NEVER, SeqCst);
        self.cut();
        usize::try_from(left).unwrap_or_default()
    }

    fn passes_down(&self, bytes: usize) -> usize {
        if self.swallows.load(SeqCst) { 0 } else { bytes }
    }

    fn cut(&self) {
        for end in self.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}
