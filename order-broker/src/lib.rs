//! Events of orders to the world outside: CloudEvents to RabbitMQ, Kafka and webhooks.

mod envelope;
mod error;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
mod waves;

#[cfg(feature = "kafka")]
pub use self::kafka::{KafkaPublisher, KafkaSettings};
#[cfg(feature = "rabbitmq")]
pub use self::rabbitmq::{RabbitMqPublisher, RabbitMqSettings};
pub use self::{
    envelope::{
        DATA_TYPE, EVENT_TYPE, Envelope, SCHEMA_PREFIX, SOURCE_CHARS_MAX, SPEC_VERSION, Source,
        schema_name,
    },
    error::{SettingsError, SourceError, Trouble},
};
