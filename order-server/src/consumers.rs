//! Consumers: events of other services, as workers of the server.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use order_broker::{ConsumeError, Consumed, SettingsError};
use order_core::{Intake, ports::SystemClock};

use crate::{
    ServerError,
    config::{Inlet, Inlets},
    traces,
    workers::Worker,
};

/// How long a consumer waits for an event before it looks whether the server stops.
const WAIT: Duration = Duration::from_millis(500);
const EVENTS: &str = "order_consumed_events_total";

/// A consumer for each queue and topic that is configured. Nobody is connected to yet.
///
/// # Errors
/// [`ServerError::Broker`].
pub(crate) fn consumers(
    inlets: &Inlets,
    intake: &Arc<dyn Intake>,
) -> Result<Vec<Box<dyn Worker>>, ServerError> {
    metrics::describe_counter!(EVENTS, "Events of other services by what came of them");
    let made = [
        inlets.rabbitmq.as_ref().map(|inlet| ("RabbitMQ", Consumer::rabbitmq(inlet))),
        inlets.kafka.as_ref().map(|inlet| ("Kafka", Consumer::kafka(inlet))),
    ];
    let worker = |(broker, made): (_, Result<Consumer, _>)| {
        let consumer = made.map_err(|source| ServerError::Broker { broker, source })?;
        Ok(Box::new(ConsumerWorker { consumer, intake: Arc::clone(intake) }) as Box<dyn Worker>)
    };
    made.into_iter().flatten().map(worker).collect()
}

/// Where events come from.
enum Consumer {
    #[cfg(feature = "rabbitmq")]
    RabbitMq(order_broker::RabbitMqConsumer),
    #[cfg(feature = "kafka")]
    Kafka(order_broker::KafkaConsumer),
}

impl Consumer {
    #[cfg(feature = "rabbitmq")]
    fn rabbitmq(inlet: &Inlet) -> Result<Self, SettingsError> {
        const KEYS: [&str; 3] = ["product.*", "stock.*", "payment.*"];
        let mut source = order_broker::RabbitMqSource::new(&inlet.address, &inlet.name);
        for key in KEYS {
            if let Some(exchange) = &inlet.origin {
                source = source.bind(exchange, key);
            }
        }
        if let Some(spans) = traces::of_events("rabbitmq") {
            source = source.traced(spans);
        }
        order_broker::RabbitMqConsumer::new(source).map(Self::RabbitMq)
    }

    #[cfg(not(feature = "rabbitmq"))]
    fn rabbitmq(_inlet: &Inlet) -> Result<Self, SettingsError> {
        Err(SettingsError::Client)
    }

    #[cfg(feature = "kafka")]
    fn kafka(inlet: &Inlet) -> Result<Self, SettingsError> {
        let group = inlet.origin.as_deref().unwrap_or_default();
        let mut source = order_broker::KafkaSource::new(&inlet.address, &inlet.name, group);
        if let Some(spans) = traces::of_events("kafka") {
            source = source.traced(spans);
        }
        order_broker::KafkaConsumer::new(source).map(Self::Kafka)
    }

    #[cfg(not(feature = "kafka"))]
    fn kafka(_inlet: &Inlet) -> Result<Self, SettingsError> {
        Err(SettingsError::Client)
    }

    async fn step(&self, intake: &dyn Intake) -> Result<Consumed, ConsumeError> {
        match self {
            #[cfg(feature = "rabbitmq")]
            Self::RabbitMq(consumer) => consumer.step(intake, &SystemClock, WAIT).await,
            #[cfg(feature = "kafka")]
            Self::Kafka(consumer) => consumer.step(intake, &SystemClock, WAIT).await,
        }
    }
}

/// A consumer at work.
struct ConsumerWorker {
    consumer: Consumer,
    intake: Arc<dyn Intake>,
}

impl fmt::Debug for ConsumerWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerWorker").field("name", &self.name()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Worker for ConsumerWorker {
    fn name(&self) -> &str {
        match self.consumer {
            #[cfg(feature = "rabbitmq")]
            Consumer::RabbitMq(_) => "rabbitmq consumer",
            #[cfg(feature = "kafka")]
            Consumer::Kafka(_) => "kafka consumer",
        }
    }

    async fn step(&self) -> Result<bool, &'static str> {
        let taken = self.consumer.step(&*self.intake).await.map_err(|error| error.code())?;
        let Consumed { new, known, dead } = &taken;
        let source = self.name().to_owned();
        let count = |result: &'static str, events: u64| {
            let labels = [("source", source.clone()), ("result", result.to_owned())];
            metrics::counter!(EVENTS, &labels).increment(events);
        };
        count("new", (*new).into());
        count("known", (*known).into());
        count("dead", dead.len() as u64);
        for letter in dead {
            tracing::warn!(
                worker = self.name(),
                code = letter.code,
                reason = letter.reason,
                "an event of another service is a dead letter"
            );
        }
        // It has waited already.
        Ok(true)
    }
}
