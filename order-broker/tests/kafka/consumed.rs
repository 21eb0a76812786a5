//! Events of other services from Kafka: each taken once, in order, or a dead letter.

use std::sync::{Arc, Mutex};

use order_broker::{KafkaConsumer, KafkaPublisher, KafkaSettings, KafkaSource, SettingsError};
use order_core::ports::{EventPublisher as _, SystemClock};
use order_testkit::publisher::events;
use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    message::{Header, Headers, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};
use tokio::time::Instant;

use crate::{
    mock::Mock,
    real::{Real, create},
    shop::{MUG, ONE_MORE, PATIENCE, Shop, WAIT, consume},
    topic::Topic,
};

/// A cluster with the topic, and that of its dead letters.
fn mock() -> (Mock, Topic) {
    let mock = Mock::with_topics(&["shop-events", "shop-events.dead"], None);
    let topic = mock.topic().clone();
    (mock, topic)
}

/// The same on a real broker, if there is one.
async fn real() -> Option<(Real, Topic)> {
    let real = Real::set(None).await?;
    let topic = real.topic().clone();
    create(&topic.servers, &[&dead_of(&topic)]).await;
    Some((real, topic))
}

fn dead_of(topic: &Topic) -> String {
    format!("{}.dead", topic.name)
}

/// Another service.
struct Sender {
    producer: FutureProducer,
    topic: String,
}

impl Sender {
    fn on(topic: &Topic) -> Self {
        let mut client = ClientConfig::new();
        let producer = client.set("bootstrap.servers", &topic.servers).create().unwrap();
        Self { producer, topic: topic.name.clone() }
    }

    /// In the binary mode of CloudEvents.
    async fn tell(&self, id: u32, kind: &str, data: &str) {
        let id = id.to_string();
        let attributes =
            [("ce_specversion", "1.0"), ("ce_id", &id), ("ce_source", "/shop"), ("ce_type", kind)];
        let headers = attributes.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(*value) })
        });
        let record = FutureRecord::to(&self.topic).key("mug").payload(data).headers(headers);
        self.producer.send(record, PATIENCE).await.unwrap();
    }

    async fn send(&self, body: &str) {
        let record = FutureRecord::to(&self.topic).key("mug").payload(body);
        self.producer.send(record, PATIENCE).await.unwrap();
    }
}

fn source(topic: &Topic) -> KafkaSource {
    KafkaSource::new(&topic.servers, &topic.name, &topic.name)
        .client("session.timeout.ms", "6000")
        .client("heartbeat.interval.ms", "500")
}

fn consumer(topic: &Topic) -> KafkaConsumer {
    KafkaConsumer::new(source(topic)).unwrap()
}

fn dead(topic: &Topic) -> Vec<(String, Vec<u8>)> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &topic.servers).set("group.id", dead_of(topic));
    let reader: BaseConsumer = client.set("auto.offset.reset", "earliest").create().unwrap();
    reader.subscribe(&[&dead_of(topic)]).unwrap();
    let begin = std::time::Instant::now();
    let mut found = Vec::new();
    while found.len() < 3 && begin.elapsed() < PATIENCE {
        let Some(message) = reader.poll(WAIT) else { continue };
        let message = message.unwrap();
        let code = message.headers().unwrap().iter().find(|header| header.key == "x-error-code");
        let code = str::from_utf8(code.unwrap().value.unwrap()).unwrap().to_owned();
        found.push((code, message.payload().unwrap().to_vec()));
    }
    found
}

async fn taken_once(topic: &Topic) {
    let (sender, shop) = (Sender::on(topic), Shop::open());
    sender.tell(0, "product.created", MUG).await;
    for id in 1..=100 {
        sender.tell(id, "stock.changed", ONE_MORE).await;
    }
    let one = consumer(topic);
    let (taken, failed) = consume(async || one.step(&shop, &SystemClock, WAIT).await, 101).await;
    assert_eq!((taken.new, taken.known, taken.dead.len(), failed), (101, 0, 0, 0));

    shop.fail(3);
    sender.tell(101, "stock.counted", r#"{"productId":"mug","stock":7}"#).await;
    sender.tell(102, "stock.changed", ONE_MORE).await;
    sender.tell(50, "stock.changed", ONE_MORE).await;
    let (taken, failed) = consume(async || one.step(&shop, &SystemClock, WAIT).await, 3).await;
    assert_eq!((taken.new, taken.known, failed), (2, 1, 3));
    assert_eq!(shop.stock("mug").await, Some(8));

    shop.fall_silent(1);
    sender.tell(103, "stock.changed", ONE_MORE).await;
    let (taken, failed) = consume(async || one.step(&shop, &SystemClock, WAIT).await, 1).await;
    assert_eq!((taken.new, taken.known, failed), (0, 1, 1), "it had its effect");

    // Another server goes on where this one was, or a little before it, and with what it did not take.
    shop.fail(1);
    sender.tell(104, "stock.changed", ONE_MORE).await;
    while one.step(&shop, &SystemClock, WAIT).await.is_ok() {}
    drop(one);
    let begin = Instant::now();
    let (other, mut again) = (consumer(topic), 0);
    while shop.stock("mug").await != Some(10) {
        assert!(begin.elapsed() < PATIENCE);
        again += other.step(&shop, &SystemClock, WAIT).await.unwrap().known;
    }
    assert!(again < 50, "it does not begin anew: {again} events were known");
    shop.check_settled().await;
}

async fn buried(topic: &Topic) {
    let (sender, shop) = (Sender::on(topic), Shop::open());
    sender.send("no JSON").await;
    sender.tell(1, "stock.changed", ONE_MORE).await;
    sender.tell(2, "product.painted", "{}").await;
    let whole =
        r#"{"specversion":"1.0","id":"3","source":"/shop","type":"product.created","data":MUG}"#;
    sender.send(&whole.replace("MUG", MUG)).await;
    let consumer = consumer(topic);
    let (taken, failed) = consume(async || consumer.step(&shop, &SystemClock, WAIT).await, 4).await;
    assert_eq!((taken.new, taken.known, failed), (1, 0, 0));
    let expected = ["event.envelope_invalid", "product.not_found", "event.type_unknown"];
    let told: Vec<_> = taken.dead.iter().map(|letter| letter.code).collect();
    assert_eq!(told, expected);
    let mut buried = tokio::task::block_in_place(|| dead(topic));
    assert_eq!(buried[0].1, b"no JSON", "it is kept as it came");
    let codes: Vec<_> = buried.drain(..).map(|(code, _)| code).collect();
    assert_eq!(codes, expected);
}

/// Our own events are none that we take, but they are read, and so is in which trace they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_is_taken_in_the_trace_that_it_is_published_in() {
    const OURS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const THEIRS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let ((_mock, topic), shop) = (mock(), Shop::open());
    let settings = KafkaSettings::new(&topic.servers).topic(&topic.name);
    let publisher = KafkaPublisher::new(settings.traced(Arc::new(|| Some(OURS.to_owned()))));
    let sent = events(1).await;
    publisher.unwrap().publish(&sent).await.unwrap();
    let header = Header { key: "traceparent", value: Some(THEIRS) };
    let headers = OwnedHeaders::new().insert(header);
    let record = FutureRecord::to(&topic.name).key("mug").payload("no JSON").headers(headers);
    Sender::on(&topic).producer.send(record, PATIENCE).await.unwrap();
    let seen: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
    let told = Arc::clone(&seen);
    let source = source(&topic).traced(Arc::new(move |traceparent: Option<&str>| {
        told.lock().unwrap().push(traceparent.map(ToOwned::to_owned));
        tracing::Span::none()
    }));
    let consumer = KafkaConsumer::new(source).unwrap();
    consume(async || consumer.step(&shop, &SystemClock, WAIT).await, sent.len() + 1).await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, [Some(OURS.to_owned()), Some(THEIRS.to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_others_tell_is_taken_once_and_in_order() {
    let (_mock, topic) = mock();
    taken_once(&topic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_others_tell_is_taken_once_and_in_order_from_a_real_broker() {
    if let Some((_real, topic)) = real().await {
        taken_once(&topic).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_nobody_can_take_is_a_dead_letter() {
    let (_mock, topic) = mock();
    buried(&topic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_nobody_can_take_is_a_dead_letter_of_a_real_broker() {
    if let Some((_real, topic)) = real().await {
        buried(&topic).await;
    }
}

#[test]
fn sources_that_cannot_be_are_refused() {
    let refused = |source| KafkaConsumer::new(source).unwrap_err();
    assert_eq!(refused(KafkaSource::new("127.0.0.1:1", "no topic", "g")), SettingsError::Name);
    let source = KafkaSource::new("127.0.0.1:1", "topic", "g");
    assert_eq!(refused(source.clone().client("no.such", "x")), SettingsError::Client);
    assert!(!format!("{:?}", source.client("sasl.password", "hidden")).contains("hidden"));
}
