//! To Kafka: a topic, every event acknowledged by all replicas in sync.

mod consumer;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use async_trait::async_trait;
use futures::future::join_all;
use order_core::ports::{EventPublisher, Positioned, PublishError, Refusal};
use rdkafka::{
    ClientConfig,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer},
};
use tokio::{task::spawn_blocking, time::timeout};

pub use self::consumer::{KafkaConsumer, KafkaSource};
use crate::{
    envelope::{DATA_TYPE, Envelope, Source},
    error::{SettingsError, Trouble},
    trace::{Publishing, TRACEPARENT, Traceparent},
    waves::Waves,
};

/// How many characters the name of a topic may have.
const NAME_CHARS_MAX: usize = 249;
/// How long closing a client may hold up who does.
const CLOSE: Duration = Duration::from_secs(2);

/// Where events go. A value; nothing is read from the environment.
#[derive(Clone)]
pub struct KafkaSettings {
    client: ClientConfig,
    topic: String,
    source: Source,
    timeout: Duration,
    tracing: Publishing,
}

impl KafkaSettings {
    /// The cluster that is found at one of these addresses (`host:port,host:port`), with the topic
    /// `order-events` and ten seconds of patience.
    pub fn new(servers: &str) -> Self {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", servers).set("client.id", "order-broker");
        let timeout = Duration::from_secs(10);
        let (topic, source) = ("order-events".to_owned(), Source::default());
        Self { client, topic, source, timeout, tracing: Publishing::default() }
    }

    /// The name of the topic.
    #[must_use]
    pub fn topic(self, name: &str) -> Self {
        Self { topic: name.to_owned(), ..self }
    }

    /// Where the events say that they come from.
    #[must_use]
    pub fn source(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// How long one call may take. A relay expects less than half of
    /// [`LEASE_MS`](order_core::relay::LEASE_MS).
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// One more setting of librdkafka, such as `sasl.username`; those that the guarantees rest on stay
    /// as they are.
    #[must_use]
    pub fn client(mut self, name: &str, value: &str) -> Self {
        self.client.set(name, value);
        self
    }

    /// Sends what this gives as `traceparent` with every event, as an attribute and as a header; it is
    /// asked once a call of the publisher, in the task that makes it.
    #[must_use]
    pub fn traced(self, traceparent: Traceparent) -> Self {
        Self { tracing: Publishing(Some(traceparent)), ..self }
    }

    fn producer(&self) -> Result<FutureProducer, SettingsError> {
        if !is_topic(&self.topic) {
            return Err(SettingsError::Name);
        }
        let mut client = self.client.clone();
        client
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // What a call that has ended has left is given up, and not sent beside the next call's.
            .set("message.timeout.ms", self.timeout.as_millis().to_string());
        client.create().map_err(|_| SettingsError::Client)
    }
}

impl fmt::Debug for KafkaSettings {
    /// The other settings may have a password among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSettings")
            .field("topic", &self.topic)
            .field("source", &self.source)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Publishes to a topic in the binary mode of CloudEvents: the value is the event's data, the attributes
/// are headers (`ce_id`, `ce_type`, …). The key is the order's id, so one partition has all of an order.
///
/// An event counts as published when all replicas in sync have it. The producer is idempotent: what it
/// sends twice itself is kept once. The next event of an order is sent when the one before it has been
/// acknowledged; events of different orders are on their way together.
pub struct KafkaPublisher {
    settings: KafkaSettings,
    kept: Mutex<Kept>,
}

/// A producer, and whether nothing of it is on its way. Else the next call has a new one: what is left of a
/// call that was dropped would be sent beside it, and a producer that gave something up counts its epoch
/// up before it goes on, which not every broker takes.
struct Kept {
    /// There until it is closed.
    producer: Option<FutureProducer>,
    /// How many there were before it.
    number: u64,
    is_idle: bool,
}

impl fmt::Debug for KafkaPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaPublisher").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl KafkaPublisher {
    /// A publisher; it connects by itself, and again after every failure.
    ///
    /// # Errors
    /// [`SettingsError::Name`], [`SettingsError::Client`].
    pub fn new(settings: KafkaSettings) -> Result<Self, SettingsError> {
        let kept = Kept { producer: Some(settings.producer()?), number: 0, is_idle: true };
        Ok(Self { settings, kept: Mutex::new(kept) })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in it is ever left half-way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new producer.
    fn make(&self) -> Result<FutureProducer, PublishError> {
        let new = self.settings.producer();
        new.map_err(|error| Trouble::Client(Box::new(error)).unavailable())
    }

    /// A producer of which nothing is on its way and that has met no error that it cannot come back from,
    /// and its number.
    fn take(&self) -> Result<(FutureProducer, u64), PublishError> {
        let mut kept = self.kept();
        let is_fit = |producer: &&FutureProducer| producer.client().fatal_error().is_none();
        let fit = kept.producer.as_ref().filter(is_fit).filter(|_| kept.is_idle).cloned();
        let producer = if let Some(fit) = fit {
            fit
        } else {
            let new = self.make()?;
            let old = kept.producer.replace(new.clone());
            kept.number += 1;
            // It waits for its threads.
            spawn_blocking(move || close(old));
            new
        };
        kept.is_idle = false;
        Ok((producer, kept.number))
    }

    /// All that was sent by the producer of this number has been answered.
    fn give_back(&self, number: u64) {
        let mut kept = self.kept();
        kept.is_idle |= kept.number == number;
    }

    async fn publish_all(
        &self,
        producer: &FutureProducer,
        events: &[Positioned],
    ) -> Result<(), PublishError> {
        let traceparent = self.settings.tracing.traceparent();
        let mut waves = Waves::of(events);
        while let Some(wave) = waves.next() {
            let sent = wave.iter().map(|event| self.send(producer, event, traceparent.as_deref()));
            let sent: Result<Vec<_>, _> = join_all(sent).await.into_iter().collect();
            waves.refuse(&wave, sent?.into_iter().flatten().collect());
        }
        waves.end()
    }

    /// Sends an event, and says whether the cluster has it or refused it.
    async fn send(
        &self,
        producer: &FutureProducer,
        event: &Positioned,
        traceparent: Option<&str>,
    ) -> Result<Option<Refusal>, PublishError> {
        let envelope = Envelope::new(&self.settings.source, event).traced(traceparent);
        let data = match envelope.data() {
            Ok(data) => data,
            Err(error) => return Ok(Some(Trouble::Unwritable(error).refused(event.position))),
        };
        let record = FutureRecord::to(&self.settings.topic)
            .key(event.recorded.id.order_id.as_str())
            .timestamp(event.recorded.at.millis())
            .headers(headers(&envelope, traceparent))
            .payload(&data);
        // Waits for a place in the queue no longer than for the answer.
        match producer.send(record, self.settings.timeout).await {
            Ok(_) => Ok(None),
            Err((error, _)) => translate(error, event.position),
        }
    }
}

impl Drop for KafkaPublisher {
    fn drop(&mut self) {
        close(self.kept().producer.take());
    }
}

/// Closes a client, and waits no longer than [`CLOSE`]: it waits for its own threads, and one that asks for
/// the address of a broker cannot be woken. The rest is done on a thread of its own.
fn close<T: Send + 'static>(client: T) {
    let (closing, closed) = mpsc::channel::<()>();
    // Without a thread it is closed here.
    let _ = thread::Builder::new().name("kafka-close".to_owned()).spawn(move || {
        drop(client);
        drop(closing);
    });
    // Nothing is sent; it ends with the client, or the time.
    let _ = closed.recv_timeout(CLOSE);
}

/// Whether a topic can be called so.
fn is_topic(name: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=NAME_CHARS_MAX).contains(&name.len())
        && name.chars().all(is_sign)
        && !matches!(name, "." | "..")
}

fn headers(envelope: &Envelope<'_>, traceparent: Option<&str>) -> OwnedHeaders {
    let header = |headers: OwnedHeaders, name: &str, value: &str| {
        headers.insert(Header { key: name, value: Some(value) })
    };
    let mut headers = header(OwnedHeaders::new(), "content-type", DATA_TYPE);
    if let Some(traceparent) = traceparent {
        headers = header(headers, TRACEPARENT, traceparent);
    }
    envelope
        .attributes()
        .iter()
        .fold(headers, |headers, (name, value)| header(headers, &format!("ce_{name}"), value))
}

/// What the client says of one event.
fn translate(error: KafkaError, position: u64) -> Result<Option<Refusal>, PublishError> {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidRecord) => {
            Ok(Some(Trouble::TooLarge(Box::new(error)).refused(position)))
        }
        Some(RDKafkaErrorCode::MessageTimedOut) => Err(Trouble::TimedOut.unavailable()),
        _ => Err(Trouble::Client(Box::new(error)).unavailable()),
    }
}

#[async_trait]
impl EventPublisher for KafkaPublisher {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let (producer, number) = self.take()?;
        let all = self.publish_all(&producer, events);
        let published = timeout(self.settings.timeout, all).await;
        let published = published.unwrap_or_else(|_| Err(Trouble::TimedOut.unavailable()));
        if matches!(published, Ok(()) | Err(PublishError::Refused { .. })) {
            self.give_back(number);
        }
        published
    }

    async fn ping(&self) -> Result<(), PublishError> {
        let known = self.kept().producer.clone();
        let producer = known.map_or_else(|| self.make(), Ok)?;
        let timeout = self.settings.timeout;
        let topic = self.settings.topic.clone();
        // The client asks and waits on this thread.
        let asked = spawn_blocking(move || producer.client().fetch_metadata(Some(&topic), timeout));
        let known = asked.await.map_err(|error| Trouble::Client(Box::new(error)).unavailable())?;
        known.map(drop).map_err(|error| Trouble::Client(Box::new(error)).unavailable())
    }
}

#[cfg(test)]
mod tests;
