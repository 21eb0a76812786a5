//! Events of other services, over the real broker: each taken once, in order, or a dead letter.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, ExchangeDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use order_broker::{ConsumeError, Consumed, RabbitMqConsumer, RabbitMqSource, SettingsError};
use order_core::ports::SystemClock;
use order_testkit::rabbitmq::RabbitMq;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    scene::{shared_port, url},
    shop::{MUG, ONE_MORE, PATIENCE, Shop, WAIT, consume},
};

/// Another service, with an exchange of its own, and our queue bound to it.
struct Sender {
    port: u16,
    exchange: String,
    queue: String,
}

impl Sender {
    async fn on(port: u16) -> Self {
        let name = Uuid::now_v7();
        let sender =
            Self { port, exchange: format!("shop-{name}"), queue: format!("orders-in-{name}") };
        sender.declare().await;
        sender
    }

    async fn channel(&self) -> Channel {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&url(self.port), properties).await.unwrap();
        connection.create_channel().await.unwrap()
    }

    async fn declare(&self) {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let (name, kind) = (self.exchange.as_str().into(), ExchangeKind::Topic);
        let channel = self.channel().await;
        channel.exchange_declare(name, kind, options, FieldTable::default()).await.unwrap();
    }

    fn consumer(&self) -> RabbitMqConsumer {
        let source = RabbitMqSource::new(&url(self.port), &self.queue)
            .bind(&self.exchange, "product.*")
            .bind(&self.exchange, "stock.*")
            .patience(Duration::from_secs(5));
        RabbitMqConsumer::new(source).unwrap()
    }

    async fn send(&self, channel: &Channel, kind: &str, body: &str) {
        let options = BasicPublishOptions::default();
        let properties = BasicProperties::default().with_delivery_mode(2);
        let sent = channel.basic_publish(
            self.exchange.as_str().into(),
            kind.into(),
            options,
            body.as_bytes(),
            properties,
        );
        sent.await.unwrap().await.unwrap();
    }

    async fn tell(&self, channel: &Channel, id: u32, kind: &str, data: &str) {
        let body = format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"/shop","type":"{kind}","data":{data}}}"#
        );
        self.send(channel, kind, &body).await;
    }

    /// The dead letters: code and body of each.
    async fn dead(&self) -> Vec<(String, String)> {
        let channel = self.channel().await;
        let mut dead = Vec::new();
        let queue = format!("{}.dead", self.queue);
        let options = BasicGetOptions::default();
        while let Some(message) = channel.basic_get(queue.as_str().into(), options).await.unwrap() {
            let headers = message.properties.headers().clone().unwrap();
            let Some(AMQPValue::LongString(code)) = headers.inner().get("x-error-code") else {
                panic!("a dead letter says why")
            };
            assert!(headers.inner().contains_key("x-error-reason"));
            dead.push((code.to_string(), String::from_utf8(message.data.clone()).unwrap()));
            message.ack(BasicAckOptions::default()).await.unwrap();
        }
        dead
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_others_tell_is_taken_once_and_in_order() {
    let (sender, shop) = (Sender::on(shared_port()).await, Shop::open());
    let consumer = sender.consumer();
    let nothing = consumer.step(&shop, &SystemClock, Duration::from_millis(50)).await.unwrap();
    assert_eq!(nothing, Consumed::default());
    let channel = sender.channel().await;
    sender.tell(&channel, 0, "product.created", MUG).await;
    for id in 1..=150 {
        sender.tell(&channel, id, "stock.changed", ONE_MORE).await;
    }
    sender.tell(&channel, 7, "stock.changed", ONE_MORE).await;
    let (taken, failed) =
        consume(async || consumer.step(&shop, &SystemClock, WAIT).await, 152).await;
    assert_eq!((taken.new, taken.known, taken.dead.len(), failed), (151, 1, 0, 0));
    assert_eq!(shop.stock("mug").await, Some(150));
    assert_eq!(sender.dead().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_cannot_be_taken_for_now_comes_again() {
    let (sender, shop) = (Sender::on(shared_port()).await, Shop::open());
    let consumer = sender.consumer();
    consumer.step(&shop, &SystemClock, Duration::from_millis(50)).await.unwrap();
    let channel = sender.channel().await;
    sender.tell(&channel, 0, "product.created", MUG).await;
    let twice = r#"{"productId":"mug","stock":5}"#;
    sender.tell(&channel, 1, "stock.counted", twice).await;
    sender.tell(&channel, 2, "stock.changed", ONE_MORE).await;
    shop.fail(3);
    let failed = consumer.step(&shop, &SystemClock, WAIT).await.unwrap_err();
    assert!(matches!(failed, ConsumeError::Intake(_)) && failed.code() == "store.unavailable");
    let (taken, failed) = consume(async || consumer.step(&shop, &SystemClock, WAIT).await, 3).await;
    assert_eq!((taken.new, taken.known, taken.dead.len(), failed), (3, 0, 0, 2));
    assert_eq!(shop.stock("mug").await, Some(6));

    shop.fall_silent(2);
    sender.tell(&channel, 3, "stock.changed", ONE_MORE).await;
    sender.tell(&channel, 4, "stock.changed", ONE_MORE).await;
    let (taken, failed) = consume(async || consumer.step(&shop, &SystemClock, WAIT).await, 2).await;
    assert_eq!(
        (taken.new, taken.known, failed),
        (1, 1, 2),
        "the second is known, so it had its effect"
    );
    assert_eq!(shop.stock("mug").await, Some(8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_nobody_can_take_is_a_dead_letter() {
    let (sender, shop) = (Sender::on(shared_port()).await, Shop::open());
    let consumer = sender.consumer();
    consumer.step(&shop, &SystemClock, Duration::from_millis(50)).await.unwrap();
    let channel = sender.channel().await;
    sender.send(&channel, "product.created", "no JSON").await;
    sender.tell(&channel, 1, "product.painted", "{}").await;
    sender.tell(&channel, 2, "stock.changed", ONE_MORE).await;
    sender.tell(&channel, 3, "product.created", MUG).await;
    sender.tell(&channel, 4, "stock.changed", r#"{"productId":"mug","quantity":-1}"#).await;
    sender.tell(&channel, 5, "stock.changed", ONE_MORE).await;
    let (taken, failed) = consume(async || consumer.step(&shop, &SystemClock, WAIT).await, 6).await;
    assert_eq!((taken.new, taken.dead.len(), failed), (2, 4, 0));
    assert_eq!(shop.stock("mug").await, Some(1));
    let dead = sender.dead().await;
    let codes: Vec<_> = dead.iter().map(|(code, _)| code.as_str()).collect();
    let expected =
        ["event.envelope_invalid", "event.type_unknown", "product.not_found", "stock.insufficient"];
    assert_eq!(codes, expected);
    assert_eq!(dead[0].1, "no JSON", "it is kept as it came");
    let told: Vec<_> = taken.dead.iter().map(|letter| letter.code).collect();
    assert_eq!(told, expected);
}

/// Two servers read one queue and lose their connections again and again, the broker is killed too: every
/// event is taken once, and the levels that were counted are those of the last count.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn consumers_that_come_and_go_lose_nothing() {
    const EVENTS: u32 = 400;
    let mut server = RabbitMq::start().unwrap();
    let (sender, shop) = (Sender::on(server.port()).await, Shop::open());
    let consumers = [sender.consumer(), sender.consumer()];
    for consumer in &consumers {
        consumer.step(&shop, &SystemClock, Duration::from_millis(50)).await.unwrap();
    }
    let channel = sender.channel().await;
    sender.tell(&channel, 0, "product.created", MUG).await;
    for id in 1..=EVENTS {
        let data = format!(r#"{{"productId":"mug","stock":{id}}}"#);
        sender.tell(&channel, id, "stock.counted", &data).await;
    }
    // A queue is on disk some seconds after it was declared.
    sleep(Duration::from_secs(3)).await;
    server.kill();
    for consumer in &consumers {
        assert!(consumer.step(&shop, &SystemClock, WAIT).await.is_err());
    }
    server.restart().unwrap();
    let begin = Instant::now();
    let mut new = 0;
    let mut round = 0_u64;
    while shop.stock("mug").await != Some(i64::from(EVENTS)) {
        assert!(begin.elapsed() < PATIENCE, "{new} events taken");
        round += 1;
        for consumer in &consumers {
            // Cut wherever it is by then.
            let step = consumer.step(&shop, &SystemClock, Duration::from_millis(20));
            let life = Duration::from_micros(500 + round * 79_193 % 600_000);
            if let Ok(Ok(taken)) = tokio::time::timeout(life, step).await {
                assert!(taken.dead.is_empty(), "{taken:?}");
                new += taken.new;
            }
        }
    }
    shop.check_settled().await;
    assert!(new > 0);
    println!("consumed: {new} of {EVENTS} in whole steps, {round} rounds");
}

#[test]
fn sources_that_cannot_be_are_refused() {
    let refused = |source| RabbitMqConsumer::new(source).unwrap_err();
    let url = "amqp://user:hidden@127.0.0.1:1/%2f";
    assert_eq!(refused(RabbitMqSource::new(url, "")), SettingsError::Name);
    assert_eq!(refused(RabbitMqSource::new(url, "q").bind("", "#")), SettingsError::Name);
    assert!(matches!(refused(RabbitMqSource::new("http://x", "q")), SettingsError::Address(_)));
    assert!(!format!("{:?}", RabbitMqSource::new(url, "q")).contains("hidden"));
}
