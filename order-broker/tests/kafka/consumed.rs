//! Events of other services from Kafka: each taken once, in order, or a dead letter.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use order_broker::{
    Consumed, KafkaConsumer, KafkaPublisher, KafkaSettings, KafkaSource, SettingsError,
};
use order_core::{
    Incoming, Intake, OrderService, ServiceError,
    memory::InMemoryStore,
    ports::{Catalog, EventPublisher as _, StoreError, SystemClock},
};
use order_testkit::{CountingIds, publisher::events, sample::text};
use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    message::{Header, Headers, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};
use tokio::time::{Instant, sleep};

use crate::scene::Scene;

const TOPIC: &str = "shop-events";
const DEAD: &str = "shop-events.dead";
const WAIT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_mins(1);
const MUG: &str = r#"{"id":"mug","name":"Mug","price":"9.50","stock":0}"#;
const ONE_MORE: &str = r#"{"productId":"mug","quantity":1}"#;

/// An intake that is not always well.
#[derive(Debug)]
struct Shop {
    store: InMemoryStore,
    service: OrderService,
    /// How many calls fail from now on.
    down: AtomicU32,
}

impl Shop {
    fn open() -> Self {
        let store = InMemoryStore::default();
        let service = OrderService::new(store.clone(), SystemClock, CountingIds::default());
        Self { store, service, down: AtomicU32::new(0) }
    }

    async fn stock(&self, id: &str) -> Option<i64> {
        self.store.products(&[text(id)]).await.unwrap().pop().and_then(|product| product.stock)
    }
}

#[async_trait]
impl Intake for Shop {
    async fn take(&self, incoming: Incoming) -> Result<bool, ServiceError> {
        if self.down.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(StoreError::Unavailable("not well".into()).into());
        }
        self.service.take(incoming).await
    }
}

struct Sender(FutureProducer);

impl Sender {
    fn on(scene: &Scene) -> Self {
        let mut client = ClientConfig::new();
        Self(client.set("bootstrap.servers", scene.servers()).create().unwrap())
    }

    /// In the binary mode of CloudEvents.
    async fn tell(&self, id: u32, kind: &str, data: &str) {
        let id = id.to_string();
        let attributes =
            [("ce_specversion", "1.0"), ("ce_id", &id), ("ce_source", "/shop"), ("ce_type", kind)];
        let headers = attributes.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(*value) })
        });
        let record = FutureRecord::to(TOPIC).key("mug").payload(data).headers(headers);
        self.0.send(record, PATIENCE).await.unwrap();
    }

    async fn send(&self, body: &str) {
        let record = FutureRecord::to(TOPIC).key("mug").payload(body);
        self.0.send(record, PATIENCE).await.unwrap();
    }
}

fn source(scene: &Scene) -> KafkaSource {
    KafkaSource::new(scene.servers(), TOPIC, "orders")
        .client("session.timeout.ms", "6000")
        .client("heartbeat.interval.ms", "500")
}

fn consumer(scene: &Scene) -> KafkaConsumer {
    KafkaConsumer::new(source(scene)).unwrap()
}

async fn consume(consumer: &KafkaConsumer, shop: &Shop, events: usize) -> (Consumed, u32) {
    let (mut all, mut failed, begin) = (Consumed::default(), 0, Instant::now());
    while all.count() < events {
        assert!(begin.elapsed() < PATIENCE, "{all:?}, {failed} steps failed");
        if let Ok(taken) = consumer.step(shop, &SystemClock, WAIT).await {
            all.new += taken.new;
            all.known += taken.known;
            all.dead.extend(taken.dead);
        } else {
            failed += 1;
            sleep(Duration::from_millis(50)).await;
        }
    }
    (all, failed)
}

fn dead(scene: &Scene) -> Vec<(String, Vec<u8>)> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", scene.servers()).set("group.id", "undertaker");
    let reader: BaseConsumer = client.set("auto.offset.reset", "earliest").create().unwrap();
    reader.subscribe(&[DEAD]).unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_others_tell_is_taken_once_and_in_order() {
    let (scene, shop) = (Scene::with_topics(&[TOPIC, DEAD], None), Shop::open());
    let sender = Sender::on(&scene);
    sender.tell(0, "product.created", MUG).await;
    for id in 1..=100 {
        sender.tell(id, "stock.changed", ONE_MORE).await;
    }
    let one = consumer(&scene);
    let (taken, failed) = consume(&one, &shop, 101).await;
    assert_eq!((taken.new, taken.known, taken.dead.len(), failed), (101, 0, 0, 0));

    shop.down.store(3, SeqCst);
    sender.tell(101, "stock.counted", r#"{"productId":"mug","stock":7}"#).await;
    sender.tell(102, "stock.changed", ONE_MORE).await;
    sender.tell(50, "stock.changed", ONE_MORE).await;
    let (taken, failed) = consume(&one, &shop, 3).await;
    assert_eq!((taken.new, taken.known, failed), (2, 1, 3));
    assert_eq!(shop.stock("mug").await, Some(8));

    // Another server goes on where this one was, or a little before it.
    drop(one);
    sender.tell(103, "stock.changed", ONE_MORE).await;
    let begin = Instant::now();
    let (other, mut again) = (consumer(&scene), 0);
    while shop.stock("mug").await != Some(9) {
        assert!(begin.elapsed() < PATIENCE);
        again += other.step(&shop, &SystemClock, WAIT).await.unwrap().known;
    }
    assert!(again < 50, "it does not begin anew: {again} events were known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_nobody_can_take_is_a_dead_letter() {
    let (scene, shop) = (Scene::with_topics(&[TOPIC, DEAD], None), Shop::open());
    let sender = Sender::on(&scene);
    sender.send("no JSON").await;
    sender.tell(1, "stock.changed", ONE_MORE).await;
    sender.tell(2, "product.painted", "{}").await;
    let whole =
        r#"{"specversion":"1.0","id":"3","source":"/shop","type":"product.created","data":MUG}"#;
    sender.send(&whole.replace("MUG", MUG)).await;
    let (taken, failed) = consume(&consumer(&scene), &shop, 4).await;
    assert_eq!((taken.new, taken.known, failed), (1, 0, 0));
    let expected = ["event.envelope_invalid", "product.not_found", "event.type_unknown"];
    let told: Vec<_> = taken.dead.iter().map(|letter| letter.code).collect();
    assert_eq!(told, expected);
    let mut buried = tokio::task::block_in_place(|| dead(&scene));
    assert_eq!(buried[0].1, b"no JSON", "it is kept as it came");
    let codes: Vec<_> = buried.drain(..).map(|(code, _)| code).collect();
    assert_eq!(codes, expected);
}

/// Our own events are none that we take, but they are read, and so is in which trace they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_is_taken_in_the_trace_that_it_is_published_in() {
    const OURS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const THEIRS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let (scene, shop) = (Scene::with_topics(&[TOPIC, DEAD], None), Shop::open());
    let settings = KafkaSettings::new(scene.servers()).topic(TOPIC);
    let publisher = KafkaPublisher::new(settings.traced(Arc::new(|| Some(OURS.to_owned()))));
    let sent = events(1).await;
    publisher.unwrap().publish(&sent).await.unwrap();
    let header = Header { key: "traceparent", value: Some(THEIRS) };
    let headers = OwnedHeaders::new().insert(header);
    let record = FutureRecord::to(TOPIC).key("mug").payload("no JSON").headers(headers);
    Sender::on(&scene).0.send(record, PATIENCE).await.unwrap();
    let seen: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
    let told = Arc::clone(&seen);
    let source = source(&scene).traced(Arc::new(move |traceparent: Option<&str>| {
        told.lock().unwrap().push(traceparent.map(ToOwned::to_owned));
        tracing::Span::none()
    }));
    consume(&KafkaConsumer::new(source).unwrap(), &shop, sent.len() + 1).await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, [Some(OURS.to_owned()), Some(THEIRS.to_owned())]);
}

#[test]
fn sources_that_cannot_be_are_refused() {
    let refused = |source| KafkaConsumer::new(source).unwrap_err();
    assert_eq!(refused(KafkaSource::new("127.0.0.1:1", "no topic", "g")), SettingsError::Name);
    let source = KafkaSource::new("127.0.0.1:1", "topic", "g");
    assert_eq!(refused(source.clone().client("no.such", "x")), SettingsError::Client);
    assert!(!format!("{:?}", source.client("sasl.password", "hidden")).contains("hidden"));
}
