//! To RabbitMQ: a topic exchange, every event confirmed.

mod consumer;
mod link;
mod settings;

use std::collections::HashSet;

use async_trait::async_trait;
use futures::{StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation,
    options::BasicPublishOptions,
    types::{AMQPValue, FieldTable, ShortString},
};
use order_core::ports::{EventPublisher, Positioned, PublishError, Refusal};
use tokio::{sync::Mutex, time::timeout};

use self::link::Link;
pub use self::{
    consumer::{RabbitMqConsumer, RabbitMqSource},
    settings::RabbitMqSettings,
};
use crate::{
    envelope::{EVENT_TYPE, Envelope},
    error::{SettingsError, Trouble},
    trace::TRACEPARENT,
    waves::Waves,
};

/// Survives a restart of the broker, in a durable queue.
const PERSISTENT: u8 = 2;

/// Publishes to a topic exchange; the routing key is the event's name.
///
/// An event counts as published when the broker has confirmed it and has not returned it: RabbitMQ
/// confirms also what it threw away because no queue is bound, so every event is `mandatory`. Whoever
/// wants only some kinds binds a queue for the others as well, such as one for `#` with a limit.
///
/// The next event of an order is sent when the one before it has been confirmed; events of different
/// orders are on their way together. Connects when needed, and again after every failure.
#[derive(Debug)]
pub struct RabbitMqPublisher {
    settings: RabbitMqSettings,
    /// One call at a time, for a returned event says what it is but not to which call it belongs.
    link: Mutex<Link>,
}

/// What the broker said of an event.
#[derive(Debug)]
enum Answer {
    /// It has it, or so it says: it may have returned it under another's confirmation.
    Taken,
    Nacked,
}

impl RabbitMqPublisher {
    /// A publisher; it connects when it has something to publish.
    ///
    /// # Errors
    /// [`SettingsError::Address`], [`SettingsError::Name`].
    pub fn new(settings: RabbitMqSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self { settings, link: Mutex::default() })
    }

    async fn publish_all(
        &self,
        link: &mut Link,
        events: &[Positioned],
    ) -> Result<(), PublishError> {
        // Taken out: if this is dropped half-way or fails, confirmations on their way are for nobody.
        let channel = link.channel(&self.settings).await.map_err(Trouble::unavailable)?;
        let traceparent = self.settings.tracing.traceparent();
        let mut waves = Waves::of(events);
        while let Some(wave) = waves.next() {
            let refused = self.publish_wave(&channel, &wave, traceparent.as_deref()).await?;
            waves.refuse(&wave, refused);
        }
        // Everything was decided on, so nothing is on its way.
        link.keep(channel);
        waves.end()
    }

    /// Publishes events of different orders, and says which were refused when each has been decided on.
    async fn publish_wave(
        &self,
        channel: &Channel,
        wave: &[&Positioned],
        traceparent: Option<&str>,
    ) -> Result<Vec<Refusal>, PublishError> {
        let mut confirms = FuturesUnordered::new();
        let mut refused = Vec::new();
        for event in wave {
            match Envelope::new(&self.settings.source, event).traced(traceparent).json() {
                Ok(body) => {
                    confirms.push(self.send(channel, event, &body, traceparent).await?);
                }
                Err(error) => refused.push(Trouble::Unwritable(error).refused(event.position)),
            }
        }
        let mut returned: HashSet<String> = HashSet::new();
        let mut answer = Answer::Taken;
        while let Some(confirm) = confirms.next().await {
            let confirm = confirm.map_err(client)?;
            match &confirm {
                Confirmation::Ack(_) => {}
                Confirmation::Nack(_) | Confirmation::NotRequested => answer = Answer::Nacked,
            }
            // Several confirmations in one frame come in any order, so that this may be another's event.
            returned.extend(confirm.take_message().map(|message| {
                let id = message.properties.message_id().as_ref();
                id.map(ToString::to_string).unwrap_or_default()
            }));
        }
        if matches!(answer, Answer::Nacked) {
            return Err(Trouble::Nacked.unavailable());
        }
        for event in wave.iter().filter(|event| returned.remove(&event.recorded.id.to_string())) {
            let name = event.recorded.event.name();
            refused.push(Trouble::Unroutable { name }.refused(event.position));
        }
        // Something came back that nobody sent.
        if returned.is_empty() { Ok(refused) } else { Err(Trouble::Nacked.unavailable()) }
    }

    async fn send(
        &self,
        channel: &Channel,
        event: &Positioned,
        body: &[u8],
        traceparent: Option<&str>,
    ) -> Result<impl Future<Output = lapin::Result<Confirmation>> + use<>, PublishError> {
        let recorded = &event.recorded;
        let mut properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type(ShortString::from(EVENT_TYPE))
            .with_message_id(ShortString::from(recorded.id.to_string()))
            .with_type(ShortString::from(recorded.event.name()))
            .with_timestamp(u64::try_from(recorded.at.millis() / 1000).unwrap_or_default());
        if let Some(traceparent) = traceparent {
            let mut headers = FieldTable::default();
            headers.insert(TRACEPARENT.into(), AMQPValue::LongString(traceparent.into()));
            properties = properties.with_headers(headers);
        }
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (exchange, key) = (self.settings.exchange.as_str(), recorded.event.name());
        let sent = channel.basic_publish(exchange.into(), key.into(), options, body, properties);
        sent.await.map_err(client)
    }
}

#[async_trait]
impl EventPublisher for RabbitMqPublisher {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut link = self.link.lock().await;
        let published = timeout(self.settings.timeout, self.publish_all(&mut link, events)).await;
        let published = published.unwrap_or_else(|_| Err(Trouble::TimedOut.unavailable()));
        published.map_err(|error| link.after(error))
    }

    async fn ping(&self) -> Result<(), PublishError> {
        // Whoever has it is talking to the broker.
        let Ok(mut link) = self.link.try_lock() else { return Ok(()) };
        let asked = timeout(self.settings.timeout, link.channel(&self.settings)).await;
        let channel = asked.unwrap_or(Err(Trouble::TimedOut)).map_err(Trouble::unavailable);
        match channel {
            Ok(channel) => {
                link.keep(channel);
                Ok(())
            }
            Err(error) => Err(link.after(error)),
        }
    }
}

fn client(error: lapin::Error) -> PublishError {
    Trouble::Client(Box::new(error)).unavailable()
}
