//! Brokers that get every event.

use std::{fmt, net::SocketAddr};

use super::Redacted;

/// One broker. Shown without its password, also by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Broker {
    /// Where it is: a URL for RabbitMQ, `host:port,host:port` for Kafka.
    pub address: String,
    /// The exchange or topic.
    pub topic: String,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("address", &Redacted(&self.address))
            .field("topic", &self.topic)
            .finish()
    }
}

/// Where events go, and what is measured. Without any, events stay in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlets {
    /// RabbitMQ, with its exchange.
    pub rabbitmq: Option<Broker>,
    /// Kafka, with its topic.
    pub kafka: Option<Broker>,
    /// Where measurements are served to whoever asks, besides the main address.
    pub metrics: Option<SocketAddr>,
}
