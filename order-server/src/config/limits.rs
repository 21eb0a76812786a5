//! What a client may take of time and room.

use std::time::Duration;

use super::{ConfigError, parse, settings, sources::Sources};

/// What a client may take of time and room, so that no client can take all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From a request's first byte, or from the connection's beginning, to the end of its head.
    pub header_time: Duration,
    /// The longest pause within a request's body.
    pub body_time: Duration,
    /// How long a connection stays open without a request.
    pub idle_time: Duration,
    /// How long a client may take no byte of its answer.
    pub write_time: Duration,
    /// From the end of a request's head to its answer.
    pub request_time: Duration,
    /// How long a stop waits for requests that have begun.
    pub drain_time: Duration,
    /// Connections at once; the next is answered 503.
    pub connections_max: usize,
    /// Requests at once; the next is answered 503.
    pub requests_max: usize,
    /// Streams of events at once; the next is answered 503.
    pub streams_max: usize,
    /// Bytes of a request's head.
    pub header_bytes_max: usize,
    /// Bytes of the bodies of all requests at once; what exceeds it is answered 503. How large one
    /// body may be is the router's to say.
    pub buffered_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            request_time: Duration::from_secs(30),
            drain_time: Duration::from_secs(20),
            connections_max: 10_000,
            requests_max: 1_024,
            streams_max: 1_000,
            header_bytes_max: 64 * 1024,
            buffered_bytes_max: 64 * 1024 * 1024,
        }
    }
}

impl Limits {
    pub(super) fn read(from: &mut Sources<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            header_time: from.take(&settings::HEADER_TIMEOUT, parse::duration)?,
            body_time: from.take(&settings::BODY_TIMEOUT, parse::duration)?,
            idle_time: from.take(&settings::IDLE_TIMEOUT, parse::duration)?,
            write_time: from.take(&settings::WRITE_TIMEOUT, parse::duration)?,
            request_time: from.take(&settings::REQUEST_TIMEOUT, parse::duration)?,
            drain_time: from.take(&settings::DRAIN_TIMEOUT, parse::duration)?,
            connections_max: from
                .take(&settings::MAX_CONNECTIONS, |text| parse::count(text, 1, 1_000_000))?,
            requests_max: from
                .take(&settings::MAX_REQUESTS, |text| parse::count(text, 1, 1_000_000))?,
            streams_max: from
                .take(&settings::MAX_STREAMS, |text| parse::count(text, 0, 1_000_000))?,
            header_bytes_max: from
                .take(&settings::MAX_HEADER_BYTES, |text| parse::count(text, 8_192, 1_048_576))?,
            buffered_bytes_max: from.take(&settings::MAX_BUFFERED_BYTES, |text| {
                parse::count(text, 1_048_576, 1_099_511_627_776)
            })?,
        })
    }
}
