//! Brokers that get every event.

use std::{fmt, net::SocketAddr};

use super::{ConfigError, Redacted, Sources, parse, settings};

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

impl Outlets {
    pub(super) fn read(from: &mut Sources<'_>) -> Result<Self, ConfigError> {
        let mut broker = |address, topic, check: fn(&str) -> Result<String, String>| {
            let address = from.take_optional(address, check)?;
            let topic = from.take(topic, |name| Ok(name.to_owned()))?;
            Ok::<_, ConfigError>(address.map(|address| Broker { address, topic }))
        };
        let rabbitmq =
            broker(&settings::RABBITMQ_URL, &settings::RABBITMQ_EXCHANGE, parse::rabbitmq)?;
        let kafka = broker(&settings::KAFKA_BROKERS, &settings::KAFKA_TOPIC, parse::kafka)?;
        let metrics = from.take_optional(&settings::METRICS_LISTEN, parse::listen)?;
        Ok(Self { rabbitmq, kafka, metrics })
    }
}

impl Inlets {
    pub(super) fn read(from: &mut Sources<'_>, outlets: &Outlets) -> Result<Self, ConfigError> {
        let name = |name: &str| Ok(name.to_owned());
        let queue = from.take_optional(&settings::RABBITMQ_INPUT_QUEUE, name)?;
        let exchange = from.take_optional(&settings::RABBITMQ_INPUT_EXCHANGE, name)?;
        let topic = from.take_optional(&settings::KAFKA_INPUT_TOPIC, name)?;
        let group = from.take(&settings::KAFKA_INPUT_GROUP, name)?;
        let inlet = |name: Option<String>, origin, broker: &Option<Broker>, setting, needs| {
            let at = |name| {
                let broker = broker.as_ref().ok_or(ConfigError::NoBroker { setting, needs })?;
                Ok::<_, ConfigError>(Inlet { address: broker.address.clone(), name, origin })
            };
            name.map(at).transpose()
        };
        let is_own = |name: &Option<String>, broker: &Option<Broker>| {
            name.is_some() && name.as_ref() == broker.as_ref().map(|broker| &broker.topic)
        };
        if is_own(&exchange, &outlets.rabbitmq) {
            return Err(ConfigError::OwnEvents("RABBITMQ_INPUT_EXCHANGE"));
        }
        if is_own(&topic, &outlets.kafka) {
            return Err(ConfigError::OwnEvents("KAFKA_INPUT_TOPIC"));
        }
        Ok(Self {
            rabbitmq: inlet(
                queue,
                exchange,
                &outlets.rabbitmq,
                "RABBITMQ_INPUT_QUEUE",
                "RABBITMQ_URL",
            )?,
            kafka: inlet(topic, Some(group), &outlets.kafka, "KAFKA_INPUT_TOPIC", "KAFKA_BROKERS")?,
        })
    }
}
