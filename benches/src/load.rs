//! A load generator: keep-alive connections that send one request after the other.
//!
//! It writes prepared bytes and looks at no more of an answer than it must, so that most of the
//! machine is left to the server it shares it with.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::Failure;

/// What came of a load.
#[derive(Debug, Clone, Copy, Default)]
pub struct Load {
    /// Answers with the wanted status.
    pub answered: u64,
    /// Other answers.
    pub refused: u64,
    /// Answers with the wanted status per second.
    pub per_second: f64,
    /// The median latency in milliseconds.
    pub p50_ms: f64,
    /// The latency that 99 of 100 answers keep, in milliseconds.
    pub p99_ms: f64,
}

/// A request with a body, ready to send.
pub fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A request without a body, ready to send.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

/// Sends requests over so many connections for so long. `request` makes the n-th one.
///
/// # Errors
/// If a connection breaks.
pub async fn drive(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    wanted: u16,
    request: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<Load, Failure> {
    let request = Arc::new(request);
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let deadline = start + time;
    let mut tasks = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (request, next) = (Arc::clone(&request), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let (mut latencies, mut refused) = (Vec::new(), 0_u64);
            while Instant::now() < deadline {
                let bytes = request(next.fetch_add(1, Ordering::Relaxed));
                let sent = Instant::now();
                let status = connection.send(&bytes).await?;
                if status == wanted {
                    latencies.push(sent.elapsed());
                } else {
                    refused += 1;
                }
            }
            Ok::<_, Failure>((latencies, refused))
        }));
    }
    let (mut latencies, mut refused) = (Vec::new(), 0);
    for task in tasks {
        let (some, not) = task.await??;
        latencies.extend(some);
        refused += not;
    }
    Ok(summary(latencies, refused, start.elapsed()))
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no more precision")]
fn summary(mut latencies: Vec<Duration>, refused: u64, time: Duration) -> Load {
    latencies.sort_unstable();
    let at = |share: usize| {
        let place = latencies.len() * share / 100;
        latencies.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
    };
    Load {
        answered: latencies.len() as u64,
        refused,
        per_second: latencies.len() as f64 / time.as_secs_f64(),
        p50_ms: at(50),
        p99_ms: at(99),
    }
}

/// One keep-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 * 1024] })
    }

    /// Sends a request and waits for the whole answer, of which it gives the status.
    ///
    /// # Errors
    /// If the connection breaks, or the answer has no length.
    pub async fn send(&mut self, request: &[u8]) -> Result<u16, Failure> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            filled += read;
            let seen = &self.buffer[..filled];
            let Some(head) = seen.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                continue;
            };
            let text = std::str::from_utf8(&seen[..head])?;
            let length = content_length(text).ok_or("an answer without a length")?;
            if filled >= head + 4 + length {
                return Ok(text.get(9..12).ok_or("no status")?.parse()?);
            }
        }
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        let head = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let Some(head) = head else {
            return &[];
        };
        let text = std::str::from_utf8(&self.buffer[..head]).unwrap_or_default();
        let end = head + 4 + content_length(text).unwrap_or(0);
        self.buffer.get(head + 4..end).unwrap_or_default()
    }
}

fn content_length(head: &str) -> Option<usize> {
    const NAME: &str = "content-length:";
    let line = head
        .lines()
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    line[NAME.len()..].trim().parse().ok()
}
