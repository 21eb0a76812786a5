//! From RabbitMQ: a queue of events of other services, each taken once.

use std::{fmt, time::Duration};

use futures::StreamExt;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
        ConfirmSelectOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, ShortString},
};
use order_core::{Intake, ports::Clock};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout, timeout_at},
};

use super::{PERSISTENT, settings};
use crate::{
    consume::{self, ConsumeError, Consumed, DeadLetter, Fate},
    error::{SettingsError, Trouble},
    trace::{Spans, TRACEPARENT, Taking},
};

/// How many events the broker sends ahead of what is acknowledged.
const AHEAD: u16 = 64;
/// How many events one step takes.
const STEP_MAX: usize = 64;
/// What the queue of dead letters has after the queue's own name.
const DEAD: &str = ".dead";
/// The headers that say why an event is dead.
const CODE_HEADER: &str = "x-error-code";
const REASON_HEADER: &str = "x-error-reason";

/// Where events come from. A value; nothing is read from the environment.
#[derive(Clone)]
pub struct RabbitMqSource {
    url: String,
    queue: String,
    bindings: Vec<(String, String)>,
    patience: Duration,
    taking: Taking,
}

impl RabbitMqSource {
    /// A queue of the broker at an address such as `amqp://user:password@host:5672/vhost`.
    pub fn new(url: &str, queue: &str) -> Self {
        let (url, queue) = (url.to_owned(), queue.to_owned());
        let (patience, taking) = (Duration::from_secs(10), Taking::default());
        Self { url, queue, bindings: Vec::new(), patience, taking }
    }

    /// Binds the queue to an exchange that is there, with a routing key such as `product.*`. Without any
    /// the queue is bound by whoever sends to it.
    #[must_use]
    pub fn bind(mut self, exchange: &str, key: &str) -> Self {
        self.bindings.push((exchange.to_owned(), key.to_owned()));
        self
    }

    /// How long connecting may take, and the confirmation of a dead letter.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Takes every event within the span that this makes for it.
    #[must_use]
    pub fn traced(self, spans: Spans) -> Self {
        Self { taking: Taking(Some(spans)), ..self }
    }
}

impl fmt::Debug for RabbitMqSource {
    /// The address has a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMqSource")
            .field("queue", &self.queue)
            .field("bindings", &self.bindings)
            .finish_non_exhaustive()
    }
}

/// Takes the events of a queue, one after the other, each acknowledged when it is in the store. What
/// nobody can do anything with goes to the queue `<queue>.dead`, with the reason in the headers
/// `x-error-code` and `x-error-reason`, and only then from its own.
///
/// The queue is declared durable with a single active consumer: any number of servers may read it, one
/// does, so that events come in their order. Connects when needed, and again after every failure.
#[derive(Debug)]
pub struct RabbitMqConsumer {
    source: RabbitMqSource,
    link: Mutex<Option<Link>>,
}

/// What a step reads from. Dropped whole after a failure: the broker gives what was not acknowledged
/// again, in its order.
#[derive(Debug)]
struct Link {
    /// Ends with its last channel.
    channel: Channel,
    deliveries: Consumer,
}

impl RabbitMqConsumer {
    /// A consumer; it connects with its first step.
    ///
    /// # Errors
    /// [`SettingsError::Address`], [`SettingsError::Name`].
    pub fn new(source: RabbitMqSource) -> Result<Self, SettingsError> {
        settings::address(&source.url, settings::HEARTBEAT)?;
        let names = source.bindings.iter().map(|(exchange, _)| exchange).chain([&source.queue]);
        if names.into_iter().any(|name| !settings::is_name(name)) {
            return Err(SettingsError::Name);
        }
        Ok(Self { source, link: Mutex::default() })
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
        let mut slot = self.link.lock().await;
        // Taken out: if this is dropped half-way or fails, the link goes.
        let mut link = match slot.take() {
            Some(link) if link.channel.status().connected() => link,
            _ => {
                let connected = timeout(self.source.patience, self.connect()).await;
                connected.unwrap_or(Err(Trouble::TimedOut)).map_err(ConsumeError::Broker)?
            }
        };
        let mut consumed = Consumed::default();
        let mut deadline = Instant::now() + wait;
        while consumed.count() < STEP_MAX {
            let Ok(delivery) = timeout_at(deadline, link.deliveries.next()).await else {
                break;
            };
            let delivery = delivery.ok_or(Trouble::Closed).and_then(|it| it.map_err(client));
            let delivery = delivery.map_err(ConsumeError::Broker)?;
            consumed.add(&self.take(&link.channel, &delivery, intake, clock).await?);
            deadline = Instant::now();
        }
        *slot = Some(link);
        Ok(consumed)
    }

    async fn take(
        &self,
        channel: &Channel,
        delivery: &Delivery,
        intake: &dyn Intake,
        clock: &dyn Clock,
    ) -> Result<Fate, ConsumeError> {
        let properties = &delivery.properties;
        let media_type = properties.content_type().as_ref().map(ShortString::as_str);
        let attribute = |name: &str| attribute(properties, name);
        let (body, now, taking) = (&delivery.data, clock.now(), &self.source.taking);
        let fate = consume::take(intake, media_type, attribute, body, now, taking).await?;
        if let Fate::Dead(letter) = &fate {
            let buried = timeout(self.source.patience, self.bury(channel, delivery, letter)).await;
            buried.unwrap_or(Err(Trouble::TimedOut)).map_err(ConsumeError::Broker)?;
        }
        let done = delivery.ack(BasicAckOptions::default()).await;
        done.map_err(|error| ConsumeError::Broker(client(error)))?;
        Ok(fate)
    }

    /// Puts an event into the queue of dead letters.
    async fn bury(
        &self,
        channel: &Channel,
        delivery: &Delivery,
        letter: &DeadLetter,
    ) -> Result<(), Trouble> {
        let text = |text: &str| AMQPValue::LongString(text.into());
        let mut headers = delivery.properties.headers().clone().unwrap_or_default();
        headers.insert(CODE_HEADER.into(), text(letter.code));
        headers.insert(REASON_HEADER.into(), text(&letter.reason));
        let properties = delivery.properties.clone();
        let properties = properties.with_headers(headers).with_delivery_mode(PERSISTENT);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let queue = self.dead_queue();
        let sent = channel.basic_publish("".into(), queue, options, &delivery.data, properties);
        match sent.await.map_err(client)?.await.map_err(client)? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) => Err(Trouble::Unroutable { name: "a dead letter" }),
            Confirmation::Nack(_) | Confirmation::NotRequested => Err(Trouble::Nacked),
        }
    }

    fn dead_queue(&self) -> ShortString {
        format!("{}{DEAD}", self.source.queue).into()
    }

    async fn connect(&self) -> Result<Link, Trouble> {
        let uri = settings::address(&self.source.url, settings::HEARTBEAT)
            .map_err(|error| Trouble::Client(Box::new(error)))?;
        let properties =
            ConnectionProperties::default().with_connection_name("order-consumer".into());
        let connection = Connection::connect_uri(uri, properties).await.map_err(client)?;
        let channel = connection.create_channel().await.map_err(client)?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(client)?;
        channel.basic_qos(AHEAD, BasicQosOptions::default()).await.map_err(client)?;
        let queue = ShortString::from(self.source.queue.as_str());
        let mut single = FieldTable::default();
        single.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
        for (name, arguments) in
            [(self.dead_queue(), FieldTable::default()), (queue.clone(), single)]
        {
            let declared = channel.queue_declare(name, QueueDeclareOptions::durable(), arguments);
            declared.await.map_err(client)?;
        }
        for (exchange, key) in &self.source.bindings {
            let (exchange, key) = (exchange.as_str().into(), key.as_str().into());
            let options = QueueBindOptions::default();
            let bound =
                channel.queue_bind(queue.clone(), exchange, key, options, FieldTable::default());
            bound.await.map_err(client)?;
        }
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        let deliveries = channel.basic_consume(queue, "".into(), options, none);
        let deliveries = deliveries.await.map_err(client)?;
        Ok(Link { channel, deliveries })
    }
}

/// An attribute in the binary mode: a header `cloudEvents:id` or, where a colon is none, `cloudEvents_id`.
/// Of a trace tools also tell in a header of its own.
fn attribute(properties: &BasicProperties, name: &str) -> Option<String> {
    let headers = properties.headers().as_ref()?.inner();
    let bare = (name == TRACEPARENT).then_some("");
    ["cloudEvents:", "cloudEvents_"].into_iter().chain(bare).find_map(|prefix| {
        match headers.get(format!("{prefix}{name}").as_str())? {
            AMQPValue::LongString(text) => Some(text.to_string()),
            AMQPValue::ShortString(text) => Some(text.to_string()),
            _ => None,
        }
    })
}

fn client(error: lapin::Error) -> Trouble {
    Trouble::Client(Box::new(error))
}
