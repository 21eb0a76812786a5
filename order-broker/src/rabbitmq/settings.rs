//! Which broker, which exchange, and how patient.

use std::{fmt, time::Duration};

use lapin::uri::AMQPUri;

use crate::{
    envelope::Source,
    error::SettingsError,
    trace::{Publishing, Traceparent},
};

/// How many bytes the name of an exchange or a queue may have.
const NAME_BYTES_MAX: usize = 255;
/// How often both sides say that they are there, if nobody wants it otherwise.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);

/// Where events go. A value; nothing is read from the environment.
#[derive(Clone)]
pub struct RabbitMqSettings {
    pub(super) url: String,
    pub(super) exchange: String,
    pub(super) source: Source,
    pub(super) timeout: Duration,
    pub(super) heartbeat: Duration,
    pub(super) declares: bool,
    pub(super) tracing: Publishing,
}

impl RabbitMqSettings {
    /// The broker at an address such as `amqp://user:password@host:5672/vhost` (or `amqps://`), with the
    /// exchange `orders` and ten seconds of patience.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            exchange: "orders".to_owned(),
            source: Source::default(),
            timeout: Duration::from_secs(10),
            heartbeat: HEARTBEAT,
            declares: true,
            tracing: Publishing::default(),
        }
    }

    /// The name of the exchange.
    #[must_use]
    pub fn exchange(self, name: &str) -> Self {
        Self { exchange: name.to_owned(), ..self }
    }

    /// Where the events say that they come from.
    #[must_use]
    pub fn source(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// How long one call may take, connecting included. A relay expects less than half of
    /// [`LEASE_MS`](order_core::relay::LEASE_MS).
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Expects the exchange to be there, for a user who may not declare one.
    #[must_use]
    pub fn without_declaring(self) -> Self {
        Self { declares: false, ..self }
    }

    /// Sends what this gives as `traceparent` with every event, as an attribute and as a header; it is
    /// asked once a call of the publisher, in the task that makes it.
    #[must_use]
    pub fn traced(self, traceparent: Traceparent) -> Self {
        Self { tracing: Publishing(Some(traceparent)), ..self }
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        self.address()?;
        if is_name(&self.exchange) { Ok(()) } else { Err(SettingsError::Name) }
    }

    pub(super) fn address(&self) -> Result<AMQPUri, SettingsError> {
        address(&self.url, self.heartbeat)
    }
}

/// The address with a heartbeat, so that a connection to a broker that hangs ends by itself.
pub(super) fn address(url: &str, heartbeat: Duration) -> Result<AMQPUri, SettingsError> {
    let mut uri: AMQPUri = url.parse().map_err(|_| SettingsError::Address("is not one of AMQP"))?;
    let seconds = u16::try_from(heartbeat.as_secs()).unwrap_or(u16::MAX);
    uri.query.heartbeat = uri.query.heartbeat.or(Some(seconds));
    Ok(uri)
}

/// Whether an exchange or a queue can be called so.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX
}

impl fmt::Debug for RabbitMqSettings {
    /// The address has a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMqSettings")
            .field("exchange", &self.exchange)
            .field("source", &self.source)
            .field("timeout", &self.timeout)
            .field("heartbeat", &self.heartbeat)
            .field("declares", &self.declares)
            .finish_non_exhaustive()
    }
}
