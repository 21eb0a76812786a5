//! Which broker, which exchange, and how patient.

use std::{fmt, time::Duration};

use lapin::uri::AMQPUri;

use crate::{envelope::Source, error::SettingsError};

/// How many bytes the name of an exchange may have.
const NAME_BYTES_MAX: usize = 255;

/// Where events go. A value; nothing is read from the environment.
#[derive(Clone)]
pub struct RabbitMqSettings {
    pub(super) url: String,
    pub(super) exchange: String,
    pub(super) source: Source,
    pub(super) timeout: Duration,
    pub(super) heartbeat: Duration,
    pub(super) declares: bool,
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
            heartbeat: Duration::from_secs(10),
            declares: true,
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

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        self.address()?;
        let is_name = !self.exchange.is_empty() && self.exchange.len() <= NAME_BYTES_MAX;
        if is_name { Ok(()) } else { Err(SettingsError::Name) }
    }

    /// With our heartbeat, so that a connection to a broker that hangs ends by itself.
    pub(super) fn address(&self) -> Result<AMQPUri, SettingsError> {
        let mut uri: AMQPUri =
            self.url.parse().map_err(|_| SettingsError::Address("is not one of AMQP"))?;
        let seconds = u16::try_from(self.heartbeat.as_secs()).unwrap_or(u16::MAX);
        uri.query.heartbeat = uri.query.heartbeat.or(Some(seconds));
        Ok(uri)
    }
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
