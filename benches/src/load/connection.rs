//! One connection that waits for each answer: for all that is not measured.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use super::answer::{self, Answer};
use crate::Failure;

/// One keep-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
    answer: Option<Answer>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, bytes: Vec::new(), answer: None })
    }

    /// Sends a request and waits for the whole answer, of which it gives the status.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn send(&mut self, request: &[u8]) -> Result<u16, Failure> {
        self.stream.write_all(request)?;
        self.bytes.clear();
        let mut part = [0; 16 * 1024];
        loop {
            let read = self.stream.read(&mut part)?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            self.bytes.extend_from_slice(&part[..read]);
            self.answer = answer::read(&self.bytes);
            if let Some(answer) = self.answer {
                return Ok(answer.status);
            }
        }
    }

    /// Sends a request and gives the body of its answer, which must have the wanted status.
    ///
    /// # Errors
    /// If the connection breaks, or the answer has another status.
    pub fn ask(&mut self, wanted: u16, request: &[u8]) -> Result<&[u8], Failure> {
        let status = self.send(request)?;
        if status == wanted {
            return Ok(self.body());
        }
        let said = String::from_utf8_lossy(self.body());
        Err(format!("an answer with status {status}, not {wanted}: {said}").into())
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        self.answer
            .and_then(|answer| self.bytes.get(answer.head..answer.length))
            .unwrap_or_default()
    }
}
