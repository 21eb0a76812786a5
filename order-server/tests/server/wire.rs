//! HTTP by hand, so that a test can also send what no client would.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// That it is a problem with this status and code.
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.json()["code"], code, "{self:?}");
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// Sends bytes. That the server has closed meanwhile shows when its answer is read.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// The next answer; an error if the connection ends before it does.
    pub(crate) fn receive(&mut self) -> io::Result<Answer> {
        let head_end = loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more()?;
        };
        let head = String::from_utf8_lossy(&self.unread[..head_end]).into_owned();
        self.unread.drain(..head_end);
        let status = head.get(9..12).and_then(|code| code.parse().ok()).expect(&head);
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |text| text.parse().unwrap());
        while self.unread.len() < length {
            self.read_more()?;
        }
        let body = self.unread.drain(..length).collect();
        answer.body = String::from_utf8(body).unwrap();
        Ok(answer)
    }

    /// Whether the server closes without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && self.read_more().is_err_and(|error| !is_time_out(&error))
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut bytes = [0; 8_192];
        match self.stream.read(&mut bytes)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.unread.extend_from_slice(&bytes[..count]);
                Ok(())
            }
        }
    }

    pub(crate) fn ask(&mut self, request: &str) -> io::Result<Answer> {
        self.send(request)?;
        self.receive()
    }
}

fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// A request of this machine.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut lines = vec![format!("{method} {path} HTTP/1.1"), "host: localhost".to_owned()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.push("content-type: application/json".to_owned());
        lines.push(format!("content-length: {}", body.len()));
    }
    lines.join("\r\n") + "\r\n\r\n" + body
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    Connection::open(address).ask(&request("GET", path, &[], "")).unwrap()
}

pub(crate) fn post(address: SocketAddr, path: &str, body: &str) -> Answer {
    Connection::open(address).ask(&request("POST", path, &[], body)).unwrap()
}

/// An order that needs nothing else to be there.
pub(crate) fn order(customer: &str) -> String {
    format!(
        r#"{{"customerId":"{customer}","items":[{{"productId":"tea","quantity":2,"unitPrice":"4.50"}}]}}"#
    )
}
