//! Relays: what brings every event to a broker, as workers of the server.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    Relay,
    ports::{EventPublisher, Store, SystemClock},
    relay::{BATCH_MAX, Tally},
};
use uuid::Uuid;

use crate::{
    ServerError, config::Outlets, health::Vitals, traces::TracedPublisher, workers::Worker,
};

/// A relay for each broker that is configured. Nobody is connected to yet.
///
/// # Errors
/// [`ServerError::Broker`].
pub(crate) fn relays(
    outlets: &Outlets,
    store: &Arc<dyn Store>,
    vitals: &mut Vitals,
) -> Result<Vec<Box<dyn Worker>>, ServerError> {
    let mut workers: Vec<Box<dyn Worker>> = Vec::new();
    for (name, publisher) in publishers(outlets)? {
        vitals.depends_on_broker(name, publisher.clone());
        let publisher = TracedPublisher::around(name, publisher);
        workers.push(Box::new(RelayWorker::new(name, Arc::clone(store), publisher)?));
    }
    Ok(workers)
}

type Publishers = Vec<(&'static str, Arc<dyn EventPublisher>)>;

#[cfg_attr(
    not(any(feature = "rabbitmq", feature = "kafka")),
    expect(clippy::unnecessary_wraps, unused_variables, reason = "there is no broker to be wrong")
)]
fn publishers(outlets: &Outlets) -> Result<Publishers, ServerError> {
    #[cfg_attr(
        not(any(feature = "rabbitmq", feature = "kafka")),
        expect(unused_mut, reason = "there is no broker to add")
    )]
    let mut publishers: Publishers = Vec::new();
    #[cfg(feature = "rabbitmq")]
    if let Some(broker) = &outlets.rabbitmq {
        let settings = order_broker::RabbitMqSettings::new(&broker.address).exchange(&broker.topic);
        let settings = settings.traced(Arc::new(crate::traces::traceparent));
        let made = order_broker::RabbitMqPublisher::new(settings);
        let named = |source| ServerError::Broker { broker: "RabbitMQ", source };
        publishers.push(("rabbitmq", Arc::new(made.map_err(named)?)));
    }
    #[cfg(feature = "kafka")]
    if let Some(broker) = &outlets.kafka {
        let settings = order_broker::KafkaSettings::new(&broker.address).topic(&broker.topic);
        let settings = settings.traced(Arc::new(crate::traces::traceparent));
        let made = order_broker::KafkaPublisher::new(settings);
        let named = |source| ServerError::Broker { broker: "Kafka", source };
        publishers.push(("kafka", Arc::new(made.map_err(named)?)));
    }
    Ok(publishers)
}

/// A relay at work, and what it has done as measurements.
#[derive(Debug)]
pub(crate) struct RelayWorker {
    relay: Relay,
    name: &'static str,
}

impl RelayWorker {
    /// A worker of this name, which is that of its place in the feed too.
    ///
    /// # Errors
    /// [`ServerError::Caller`], which never comes to be.
    pub(crate) fn new(
        name: &'static str,
        store: Arc<dyn Store>,
        publisher: Arc<dyn EventPublisher>,
    ) -> Result<Self, ServerError> {
        // A new one with every start: a relay that died is not this one.
        let holder = Uuid::now_v7();
        let relay = Relay::new(store, publisher, Arc::new(SystemClock), name.try_into()?, holder);
        Ok(Self { relay, name })
    }

    fn measure(&self) {
        let Tally { published, refused, parked } = self.relay.tally();
        let name = self.name;
        metrics::counter!("order_relay_published_events_total", "relay" => name)
            .absolute(published);
        metrics::counter!("order_relay_refused_events_total", "relay" => name).absolute(refused);
        metrics::counter!("order_relay_parkings_total", "relay" => name).absolute(parked);
    }
}

#[async_trait]
impl Worker for RelayWorker {
    fn name(&self) -> &str {
        self.name
    }

    async fn step(&self) -> Result<bool, &'static str> {
        let step = self.relay.step().await;
        self.measure();
        match step {
            Ok(step) => Ok(step.moved() >= BATCH_MAX),
            Err(error) => {
                let code = error.code();
                let labels = [("relay", self.name), ("code", code)];
                metrics::counter!("order_relay_failures_total", &labels).increment(1);
                Err(code)
            }
        }
    }

    async fn stop(&self) {
        // Without it, another server waits for the end of the lease.
        if let Err(error) = self.relay.release().await {
            tracing::debug!(relay = self.name, code = error.code(), "a lease ends by itself");
        }
    }
}
