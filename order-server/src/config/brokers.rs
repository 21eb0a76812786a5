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

/// A queue or a topic of events of other services. Shown without its password, also by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Inlet {
    /// Where the broker is, as for [`Broker`].
    pub address: String,
    /// The queue or topic.
    pub name: String,
    /// The exchange that the queue is bound to, if it is; the group that reads the topic.
    pub origin: Option<String>,
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet")
            .field("address", &Redacted(&self.address))
            .field("name", &self.name)
            .field("origin", &self.origin)
            .finish()
    }
}

/// Where events of other services come from. Without any, nobody is listened to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inlets {
    /// A queue of RabbitMQ.
    pub rabbitmq: Option<Inlet>,
    /// A topic of Kafka.
    pub kafka: Option<Inlet>,
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
