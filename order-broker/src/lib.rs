//! Events of orders to the world outside: CloudEvents 1.0 to RabbitMQ, Kafka and webhooks.
//!
//! Each broker is a feature, and none is on by default: `rabbitmq` (`RabbitMqPublisher`), `kafka`
//! (`KafkaPublisher`), `webhook` (`webhook::Sender`, by which an
//! [`order_core::webhook::Deliverer`] sends to those who subscribed). A publisher is given to a [`Relay`](order_core::Relay), which brings it every event at least once:
//!
//! ```ignore
//! let publisher = RabbitMqPublisher::new(RabbitMqSettings::new("amqp://localhost"))?;
//! let relay = Relay::new(feed, Arc::new(publisher), clock, "rabbitmq".try_into()?, Uuid::now_v7());
//! while relay.step().await?.moved() == BATCH_MAX {}
//! ```
//!
//! # What a publisher keeps to
//!
//! - `Ok` means that the broker has said of every event that it has it. Not confirmed, refused, returned
//!   as unroutable, cut off, blocked or late is an error, and the events are given again.
//! - The next event of an order is sent only when the one before it has been confirmed, so that a broker
//!   which takes some and not others cannot turn two of them round. Events of different orders are on
//!   their way together.
//! - Every call ends in time, and the next one connects anew.
//!
//! # What a consumer can rely on
//!
//! [`Envelope`] has the attributes, [`schema`] the data of every kind of event; both are in
//! `asyncapi.json`. Events come at least once: who has seen an `id` has seen the event. First deliveries
//! of an order's events come in their order, so a consumer may also pass over what has no greater
//! `orderversion` and id than what it has.

#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
mod consume;
mod envelope;
mod error;
pub mod incoming;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
pub mod schema;
mod trace;
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
mod waves;
#[cfg(feature = "webhook")]
pub mod webhook;

#[cfg(feature = "kafka")]
pub use self::kafka::{KafkaConsumer, KafkaPublisher, KafkaSettings, KafkaSource};
#[cfg(feature = "rabbitmq")]
pub use self::rabbitmq::{RabbitMqConsumer, RabbitMqPublisher, RabbitMqSettings, RabbitMqSource};
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
pub use self::{
    consume::{ConsumeError, Consumed, DeadLetter},
    trace::Spans,
};
pub use self::{
    envelope::{
        DATA_TYPE, EVENT_TYPE, Envelope, SCHEMA_PREFIX, SOURCE_CHARS_MAX, SPEC_VERSION, Source,
        schema_name,
    },
    error::{SettingsError, SourceError, Trouble},
    trace::Traceparent,
};
