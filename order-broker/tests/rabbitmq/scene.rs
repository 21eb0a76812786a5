//! An exchange of one's own, a queue that is bound to it, and what can befall both.

use std::{
    env,
    sync::{Mutex, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use lapin::{
    Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{
        BasicAckOptions, BasicGetOptions, ExchangeDeclareOptions, ExchangeDeleteOptions,
        QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable},
};
use order_broker::{RabbitMqPublisher, RabbitMqSettings};
use order_core::ports::EventPublisher;
use order_testkit::{
    Cable,
    publisher::{Broker, Received, Trouble},
    rabbitmq::RabbitMq,
};
use uuid::Uuid;

/// How long a call of a publisher may take here.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How much of a batch passes before the cable is cut.
const CUT_AFTER: u32 = 9_000;
/// How much a full queue takes.
const FULL: i64 = 3;

#[derive(Debug)]
pub(crate) struct Scene {
    /// For what happens to a whole server.
    own: Option<Mutex<RabbitMq>>,
    port: u16,
    cable: Cable,
    name: String,
    received: Mutex<Vec<Received>>,
}

/// The server that most clauses share; it ends with the process.
pub(crate) fn shared_port() -> u16 {
    static SERVER: OnceLock<Option<RabbitMq>> = OnceLock::new();
    let given = env::var("ORDER_TEST_RABBITMQ").ok().filter(|url| !url.is_empty());
    let server = SERVER.get_or_init(|| given.is_none().then(|| RabbitMq::start().unwrap()));
    server.as_ref().map_or_else(
        || given.unwrap().rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap(),
        RabbitMq::port,
    )
}

pub(crate) fn url(port: u16) -> String {
    format!("amqp://guest:guest@127.0.0.1:{port}/%2f")
}

impl Scene {
    pub(crate) async fn set(trouble: Option<Trouble>) -> Self {
        let is_large =
            |trouble| matches!(trouble, Trouble::Down | Trouble::Hung | Trouble::Blocked);
        let own = trouble.filter(|trouble| is_large(*trouble)).map(|_| RabbitMq::start().unwrap());
        let port = own.as_ref().map_or_else(shared_port, RabbitMq::port);
        let scene = Self {
            own: own.map(Mutex::new),
            port,
            cable: Cable::to(port).unwrap(),
            name: format!("orders-{}", Uuid::now_v7()),
            received: Mutex::default(),
        };
        let channel = scene.channel().await;
        scene.declare(&channel, FieldTable::default()).await;
        scene.bind(&channel, "#").await;
        scene
    }

    /// The server's own port, not the cable's.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What the exchange is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn settings(&self) -> RabbitMqSettings {
        RabbitMqSettings::new(&url(self.cable.port())).exchange(&self.name).timeout(TIMEOUT)
    }

    /// Not by the cable.
    async fn channel(&self) -> Channel {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&url(self.port), properties).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        // The connection ends with its last channel.
        drop(connection);
        channel
    }

    async fn declare(&self, channel: &Channel, limits: FieldTable) {
        let name = || self.name.as_str().into();
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let exchange =
            channel.exchange_declare(name(), ExchangeKind::Topic, options, FieldTable::default());
        exchange.await.unwrap();
        channel.queue_declare(name(), QueueDeclareOptions::durable(), limits).await.unwrap();
    }

    async fn bind(&self, channel: &Channel, key: &str) {
        let name = || self.name.as_str().into();
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(name(), name(), key.into(), options, none).await.unwrap();
    }

    async fn delete(&self, channel: &Channel) {
        self.drain(channel).await;
        let options = QueueDeleteOptions::default();
        channel.queue_delete(self.name.as_str().into(), options).await.unwrap();
    }

    async fn drain(&self, channel: &Channel) {
        let options = BasicGetOptions::default();
        while let Some(message) =
            channel.basic_get(self.name.as_str().into(), options).await.unwrap()
        {
            let event: serde_json::Value = serde_json::from_slice(&message.data).unwrap();
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            let (id, kind, subject) = (text("id"), text("type"), text("subject"));
            let properties = &message.properties;
            assert_eq!(properties.message_id().as_ref().unwrap().as_str(), id);
            assert_eq!(properties.delivery_mode(), &Some(2));
            assert_eq!(message.routing_key.as_str(), kind);
            self.received.lock().unwrap().push(Received { id, kind, subject });
            message.ack(BasicAckOptions::default()).await.unwrap();
        }
    }
}

#[async_trait]
impl Broker for Scene {
    fn publisher(&self) -> Box<dyn EventPublisher> {
        Box::new(RabbitMqPublisher::new(self.settings()).unwrap())
    }

    async fn received(&self) -> Vec<Received> {
        let channel = self.channel().await;
        self.drain(&channel).await;
        self.received.lock().unwrap().clone()
    }

    async fn inflict(&self, trouble: Trouble) {
        let own = || self.own.as_ref().unwrap().lock().unwrap();
        match trouble {
            Trouble::Down => own().kill(),
            Trouble::Hung => own().pause(),
            Trouble::Blocked => own().block(),
            Trouble::Cut => self.cable.cut_after(CUT_AFTER),
            Trouble::ConfirmLost => self.cable.lose_answers(true),
            Trouble::QueueDeleted => self.delete(&self.channel().await).await,
            Trouble::TopicMissing => {
                let options = ExchangeDeleteOptions::default();
                let channel = self.channel().await;
                channel.exchange_delete(self.name.as_str().into(), options).await.unwrap();
            }
            Trouble::Full | Trouble::Unroutable => {
                let channel = self.channel().await;
                self.delete(&channel).await;
                let mut limits = FieldTable::default();
                if trouble == Trouble::Full {
                    limits.insert("x-max-length".into(), AMQPValue::LongLongInt(FULL));
                    let refuses = AMQPValue::LongString("reject-publish".into());
                    limits.insert("x-overflow".into(), refuses);
                }
                self.declare(&channel, limits).await;
                let keys = if trouble == Trouble::Full { "#" } else { "order.confirmed" };
                self.bind(&channel, keys).await;
            }
            Trouble::TooLarge => panic!("no server here takes only small events"),
        }
    }

    async fn heal(&self, trouble: Trouble) {
        let own = || self.own.as_ref().unwrap().lock().unwrap();
        match trouble {
            Trouble::Down => {
                own().restart().unwrap();
                // A new queue is on disk some seconds after the server has said that it is there, and the
                // kill may have come sooner. Consumers declare what they read.
                let channel = self.channel().await;
                self.declare(&channel, FieldTable::default()).await;
                self.bind(&channel, "#").await;
            }
            Trouble::Hung => own().resume(),
            Trouble::Blocked => own().unblock(),
            Trouble::Cut | Trouble::TooLarge => {}
            Trouble::ConfirmLost => self.cable.lose_answers(false),
            Trouble::TopicMissing | Trouble::QueueDeleted => {
                let channel = self.channel().await;
                self.declare(&channel, FieldTable::default()).await;
                self.bind(&channel, "#").await;
            }
            Trouble::Full | Trouble::Unroutable => {
                let channel = self.channel().await;
                self.delete(&channel).await;
                self.declare(&channel, FieldTable::default()).await;
                self.bind(&channel, "#").await;
            }
        }
    }
}
