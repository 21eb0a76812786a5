//! From Kafka: a topic of events of other services, each taken once.

use std::{fmt, time::Duration};

use order_core::{Intake, ports::Clock};
use rdkafka::{
    ClientConfig, Message,
    config::RDKafkaLogLevel,
    consumer::{Consumer, StreamConsumer},
    error::KafkaError,
    message::{Headers, OwnedHeaders, OwnedMessage},
    producer::{FutureProducer, FutureRecord},
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use super::{close, is_topic};
use crate::{
    consume::{self, ConsumeError, Consumed, DeadLetter, Fate},
    error::{SettingsError, Trouble},
    trace::{Spans, TRACEPARENT, Taking},
};

/// How many events one step takes.
const STEP_MAX: usize = 64;
/// What the topic of dead letters has after the topic's own name.
const DEAD: &str = ".dead";
/// The headers that say why an event is dead.
const CODE_HEADER: &str = "x-error-code";
const REASON_HEADER: &str = "x-error-reason";

/// Where events come from. A value; nothing is read from the environment.
#[derive(Clone)]
pub struct KafkaSource {
    client: ClientConfig,
    topic: String,
    patience: Duration,
    taking: Taking,
}

impl KafkaSource {
    /// A topic of the cluster that is found at one of these addresses (`host:port,host:port`), read by a
    /// group of this name.
    pub fn new(servers: &str, topic: &str, group: &str) -> Self {
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", servers)
            .set("client.id", "order-consumer")
            .set("group.id", group)
            .set_log_level(RDKafkaLogLevel::Critical);
        let (patience, taking) = (Duration::from_secs(10), Taking::default());
        Self { client, topic: topic.to_owned(), patience, taking }
    }

    /// How long a dead letter may take.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Takes every event within the span that this makes for it.
    #[must_use]
    pub fn traced(self, spans: Spans) -> Self {
        Self { taking: Taking(Some(spans)), ..self }
    }

    /// One more setting of librdkafka, such as `sasl.username`; those that the guarantees rest on stay
    /// as they are.
    #[must_use]
    pub fn client(mut self, name: &str, value: &str) -> Self {
        self.client.set(name, value);
        self
    }

    fn consumer(&self) -> Result<StreamConsumer, SettingsError> {
        let mut client = self.client.clone();
        // A new group begins with what is there; a place is kept once its event has been taken.
        client
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "500")
            .set("enable.auto.offset.store", "false");
        let consumer: StreamConsumer = client.create().map_err(|_| SettingsError::Client)?;
        consumer.subscribe(&[&self.topic]).map_err(|_| SettingsError::Client)?;
        Ok(consumer)
    }

    fn producer(&self) -> Result<FutureProducer, SettingsError> {
        let mut client = self.client.clone();
        client.remove("group.id");
        client.set("enable.idempotence", "true").set("acks", "all");
        client.set("message.timeout.ms", self.patience.as_millis().to_string());
        client.create().map_err(|_| SettingsError::Client)
    }
}

impl fmt::Debug for KafkaSource {
    /// The other settings may have a password among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSource").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// Takes the events of a topic, one after the other; the group's place moves when an event is in the
/// store. What nobody can do anything with goes to the topic `<topic>.dead`, with the reason in the headers
/// `x-error-code` and `x-error-reason`, and only then is passed.
///
/// Any number of servers may read with one group; each partition is read by one. What is told of one
/// product must have one key, so that it comes in its order.
pub struct KafkaConsumer {
    source: KafkaSource,
    /// There until it is closed.
    clients: Option<Clients>,
    /// An event that could not be taken yet: it comes before all others.
    pending: Mutex<Option<OwnedMessage>>,
}

struct Clients {
    events: StreamConsumer,
    dead: FutureProducer,
}

impl fmt::Debug for KafkaConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConsumer").field("source", &self.source).finish_non_exhaustive()
    }
}

impl KafkaConsumer {
    /// A consumer; it connects by itself, and again after every failure.
    ///
    /// # Errors
    /// [`SettingsError::Name`], [`SettingsError::Client`].
    pub fn new(source: KafkaSource) -> Result<Self, SettingsError> {
        if !is_topic(&source.topic) {
            return Err(SettingsError::Name);
        }
        let clients = Clients { events: source.consumer()?, dead: source.producer()? };
        Ok(Self { source, clients: Some(clients), pending: Mutex::default() })
    }

    /// Takes what is there, some events at most, and waits this long for the first.
    ///
    /// # Errors
    /// [`ConsumeError`]; what was not taken comes again.
    pub async fn step(
        &self,
        intake: &dyn Intake,
        clock: &dyn Clock,
        wait: Duration,
    ) -> Result<Consumed, ConsumeError> {
        let mut pending = self.pending.lock().await;
        let mut consumed = Consumed::default();
        let Some(clients) = &self.clients else {
            return Ok(consumed);
        };
        let mut deadline = Instant::now() + wait;
        while consumed.count() < STEP_MAX {
            if pending.is_none() {
                let Ok(received) = timeout_at(deadline, clients.events.recv()).await else {
                    break;
                };
                *pending = Some(received.map_err(broker)?.detach());
            }
            // Stays there until it has been dealt with, also if this is dropped half-way.
            if let Some(message) = &*pending {
                consumed.add(&self.take(clients, message, intake, clock).await?);
            }
            *pending = None;
            deadline = Instant::now();
        }
        Ok(consumed)
    }

    async fn take(
        &self,
        clients: &Clients,
        message: &OwnedMessage,
        intake: &dyn Intake,
        clock: &dyn Clock,
    ) -> Result<Fate, ConsumeError> {
        let media_type = header(message, "content-type");
        let attribute = |name: &str| {
            let bare = || (name == TRACEPARENT).then(|| header(message, name)).flatten();
            header(message, &format!("ce_{name}")).or_else(bare)
        };
        let body = message.payload().unwrap_or_default();
        let (media_type, taking) = (media_type.as_deref(), &self.source.taking);
        let fate = consume::take(intake, media_type, attribute, body, clock.now(), taking).await?;
        if let Fate::Dead(letter) = &fate {
            self.bury(&clients.dead, message, letter).await?;
        }
        // It fails only for a partition that another member of the group has by now, and takes again.
        let _ = clients.events.store_offset(message.topic(), message.partition(), message.offset());
        Ok(fate)
    }

    /// Puts an event into the topic of dead letters.
    async fn bury(
        &self,
        producer: &FutureProducer,
        message: &OwnedMessage,
        letter: &DeadLetter,
    ) -> Result<(), ConsumeError> {
        let topic = format!("{}{DEAD}", self.source.topic);
        let why = |headers: OwnedHeaders, key, value| {
            headers.insert(rdkafka::message::Header { key, value: Some(value) })
        };
        let headers = message.headers().map_or_else(OwnedHeaders::new, OwnedHeaders::clone);
        let headers = why(headers, CODE_HEADER, letter.code);
        let headers = why(headers, REASON_HEADER, letter.reason.as_str());
        let mut record = FutureRecord::to(&topic).headers(headers);
        record.key = message.key();
        record.payload = message.payload();
        let sent = producer.send(record, self.source.patience).await;
        sent.map(|_| ()).map_err(|(error, _)| broker(error))
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        close(self.clients.take());
    }
}

fn header(message: &OwnedMessage, name: &str) -> Option<String> {
    let headers = message.headers()?;
    let found = headers.iter().find(|header| header.key.eq_ignore_ascii_case(name))?;
    String::from_utf8(found.value?.to_vec()).ok()
}

fn broker(error: KafkaError) -> ConsumeError {
    ConsumeError::Broker(Trouble::Client(Box::new(error)))
}
