//! A load generator: keep-alive connections, one request under way on each, on one thread.
//!
//! Requests are made before the clock runs, and of an answer it looks at no more than it must, so
//! that most of the machine is left to the server it shares it with.

mod answer;
mod connection;
mod engine;

use std::{
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

pub use self::connection::Connection;
use self::engine::{Engine, Pace};
use crate::Failure;

/// What came of a load. An answer with another status than the wanted one ends it with a failure.
#[derive(Debug, Clone, Copy, Default)]
pub struct Load {
    /// Answers.
    pub answered: u64,
    /// Answers per second.
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

/// Requests, ready to send, and which is next. A load goes on where the last one ended.
#[derive(Debug, Default)]
pub struct Requests {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    next: usize,
    left: usize,
}

impl Requests {
    /// These requests, over and over.
    pub fn repeated(requests: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut all = Self { left: usize::MAX, ..Self::default() };
        for request in requests {
            all.bytes.extend_from_slice(&request);
            all.ends.push(all.bytes.len());
        }
        all
    }

    /// These requests, each sent once: a load ends when all are answered.
    pub fn once(requests: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut all = Self::repeated(requests);
        all.left = all.ends.len();
        all
    }

    /// Sends only so many more: a load ends when all are answered.
    pub fn limit(&mut self, count: usize) {
        self.left = count;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where the bytes of the next request are; nowhere after the last.
    fn take(&mut self) -> Option<Range<usize>> {
        if self.next == self.ends.len() {
            self.next = 0;
        }
        let end = *self.ends.get(self.next)?;
        let start = self.next.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.left = self.left.checked_sub(1)?;
        self.next += 1;
        Some(start..end)
    }
}

/// Sends requests over so many connections for so long, on each the next when the last is answered.
///
/// # Errors
/// If a connection breaks, or an answer has another status than the wanted one.
pub fn drive(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    wanted: u16,
    requests: &mut Requests,
) -> Result<Load, Failure> {
    let mut engine = Engine::connect(address, connections, wanted, requests)?;
    let start = Instant::now();
    engine.run(Pace::as_answered(start + time))?;
    Ok(summary(engine.into_latencies(), start.elapsed()))
}

/// Sends so many requests a second for so long, whether or not earlier ones are answered, over at
/// most so many connections. A latency counts from when the request should have been sent.
///
/// # Errors
/// As [`drive`], and if the server falls behind by more than a few seconds.
pub fn pace(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    wanted: u16,
    per_second: f64,
    requests: &mut Requests,
) -> Result<Load, Failure> {
    let mut engine = Engine::connect(address, connections, wanted, requests)?;
    let start = Instant::now();
    let every = Duration::from_secs_f64(1.0 / per_second.max(1.0));
    engine.run(Pace::every(every, start, start + time))?;
    Ok(summary(engine.into_latencies(), start.elapsed()))
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no more precision")]
fn summary(mut latencies_us: Vec<u32>, time: Duration) -> Load {
    latencies_us.sort_unstable();
    let at = |share: usize| {
        let place = latencies_us.len() * share / 100;
        latencies_us.get(place).map_or(0.0, |us| f64::from(*us) / 1_000.0)
    };
    Load {
        answered: latencies_us.len() as u64,
        per_second: latencies_us.len() as f64 / time.as_secs_f64(),
        p50_ms: at(50),
        p99_ms: at(99),
    }
}

#[cfg(test)]
mod tests;
