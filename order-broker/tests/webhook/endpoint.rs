//! An endpoint that keeps what it takes, and what can befall it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use order_testkit::publisher::Received;

/// Longer than any request may take.
const NEVER: Duration = Duration::from_secs(10);

/// What an endpoint does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It takes the event.
    Takes,
    /// It hangs up.
    Away,
    /// It says nothing.
    Silent,
    /// It refuses the event, with this status.
    Refuses(u16),
    /// It takes so many events, and then refuses.
    Full(u32),
}

/// A server of HTTP on the loopback interface.
#[derive(Debug)]
pub(crate) struct Endpoint {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    mood: Mutex<Mood>,
    received: Mutex<Vec<Received>>,
}

impl Endpoint {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { mood: Mutex::new(Mood::Takes), received: Mutex::default() });
        let own = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = Arc::clone(&own);
                thread::spawn(move || own.serve(stream));
            }
        });
        Self { port, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// It does so from now on.
    pub(crate) fn be(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// What it has taken, in the order in which it came.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }
}

impl State {
    fn serve(&self, mut stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(body) = read(&mut reader) {
            let Some(status) = self.judge(&body) else { return };
            let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    /// The status to answer with; none to hang up.
    fn judge(&self, body: &[u8]) -> Option<u16> {
        let mut mood = self.mood.lock().unwrap();
        match &mut *mood {
            Mood::Away => return None,
            Mood::Silent => {
                drop(mood);
                thread::sleep(NEVER);
                return None;
            }
            Mood::Refuses(status) => return Some(*status),
            Mood::Full(0) => return Some(429),
            Mood::Full(left) => *left -= 1,
            Mood::Takes => {}
        }
        let event: serde_json::Value = serde_json::from_slice(body).unwrap();
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let (id, kind, subject) = (text("id"), text("type"), text("subject"));
        self.received.lock().unwrap().push(Received { id, kind, subject });
        Some(204)
    }
}

/// The body of the next request; none if the connection ends before it does.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
