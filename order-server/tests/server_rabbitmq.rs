//! The built server beside a real RabbitMQ: what happens to orders arrives, whatever befalls the broker.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "server/sqlite.rs"]
#[expect(dead_code, reason = "other suites need more of it")]
mod database;
#[path = "server/process.rs"]
#[expect(dead_code, reason = "other suites need more of it")]
mod process;
#[path = "server/receiver.rs"]
#[expect(dead_code, reason = "other suites need more of it")]
mod receiver;
#[path = "server/spans.rs"]
mod spans;
#[path = "server/wire.rs"]
#[expect(dead_code, reason = "other suites need more of it")]
mod wire;

use std::{
    collections::HashMap,
    env, fs,
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{
        BasicGetOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use order_testkit::rabbitmq::RabbitMq;
use serde_json::{Value, json};

use crate::{
    process::{Server, Setup},
    receiver::Receiver,
    spans::{Span, spans},
    wire::{get, post},
};

const EXCHANGE: &str = "orders";
const QUEUE: &str = "everything";
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long the broker is away; `ORDER_TEST_DOWN_SECS` is another time.
const DOWN_SECS: u64 = 8;
/// How much more memory the server may have after the broker was away, in KiB.
const GROWTH_MAX: u64 = 24 * 1024;
const WRITERS: u32 = 3;
const WRITE_PAUSE: Duration = Duration::from_millis(5);

/// A queue at the exchange, and a channel to look at it.
struct Consumer {
    runtime: tokio::runtime::Runtime,
    channel: Channel,
    _connection: Connection,
}

impl Consumer {
    fn new(broker: &RabbitMq) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (connection, channel) = runtime.block_on(async {
            let properties = ConnectionProperties::default();
            let connection = Connection::connect(&broker.url(), properties).await.unwrap();
            let channel = connection.create_channel().await.unwrap();
            let none = FieldTable::default;
            let options =
                ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
            let declared =
                channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, options, none());
            declared.await.unwrap();
            let queue = channel.queue_declare(QUEUE.into(), QueueDeclareOptions::durable(), none());
            queue.await.unwrap();
            (connection, channel)
        });
        Self { runtime, channel, _connection: connection }
    }

    fn bind(&self, key: &str) {
        let options = QueueBindOptions::default();
        let none = FieldTable::default();
        let bound =
            self.channel.queue_bind(QUEUE.into(), EXCHANGE.into(), key.into(), options, none);
        self.runtime.block_on(bound).unwrap();
    }

    /// An exchange of another service.
    fn declare(&self, exchange: &str) {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let none = FieldTable::default();
        let declared =
            self.channel.exchange_declare(exchange.into(), ExchangeKind::Topic, options, none);
        self.runtime.block_on(declared).unwrap();
    }

    /// Sends what another service tells.
    fn tell(&self, exchange: &str, kind: &str, id: &str, data: &Value) {
        let event =
            json!({"specversion": "1.0", "source": "/shop", "id": id, "type": kind, "data": data});
        self.send(exchange, kind, &event);
    }

    fn send(&self, exchange: &str, kind: &str, event: &Value) {
        let body = event.to_string();
        let sent = self.channel.basic_publish(
            exchange.into(),
            kind.into(),
            BasicPublishOptions::default(),
            body.as_bytes(),
            BasicProperties::default(),
        );
        self.runtime.block_on(sent).unwrap();
    }

    /// The next event, and in which trace its headers say that it was published.
    fn next(&self) -> (Value, String) {
        let options = BasicGetOptions { no_ack: true };
        let got = self.runtime.block_on(self.channel.basic_get(QUEUE.into(), options));
        let message = got.unwrap().unwrap();
        let headers = message.properties.headers().clone().unwrap_or_default();
        let trace = match headers.inner().get("traceparent") {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            other => panic!("{other:?}"),
        };
        (serde_json::from_slice(&message.data).unwrap(), trace)
    }

    /// What has arrived: ids of events by order, each once, in the order in which they came first.
    fn received(&self) -> HashMap<String, Vec<String>> {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        self.runtime.block_on(async {
            let options = BasicGetOptions { no_ack: true };
            while let Some(message) = self.channel.basic_get(QUEUE.into(), options).await.unwrap() {
                let event: Value = serde_json::from_slice(&message.data).unwrap();
                let text = |name: &str| event[name].as_str().unwrap().to_owned();
                let own = all.entry(text("subject")).or_default();
                if !own.contains(&text("id")) {
                    own.push(text("id"));
                }
            }
        });
        all
    }
}

fn started(broker: &RabbitMq) -> Server {
    Setup::new().variable("RABBITMQ_URL", &broker.url()).start()
}

fn place(server: SocketAddr, id: &str) {
    let body = json!({
        "id": id, "items": [{"productId": "tea", "quantity": 2, "unitPrice": "4.50"}],
    });
    let answer = post(server, "/orders", &body.to_string());
    assert_eq!(answer.status, 201, "nothing is refused: {answer:?}");
}

fn act(server: SocketAddr, path: &str, body: &Value) {
    let answer = post(server, path, &body.to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn outbox(server: &Server) -> Value {
    get(server.address, "/admin/outbox").json()
}

/// Waits until the outbox is as wanted.
#[track_caller]
fn awaited(server: &Server, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let outbox = outbox(server);
        if is_so(&outbox) {
            return outbox;
        }
        assert!(Instant::now() < until, "not {what}: {outbox}\n{}", server.log());
        thread::sleep(Duration::from_millis(50));
    }
}

fn is_drained(outbox: &Value) -> bool {
    outbox["relays"][0]["backlog"] == 0
}

/// The value of a measurement of this relay.
fn measured(server: &Server, name: &str) -> f64 {
    let text = get(server.address, "/metrics").body;
    let start = format!("{name}{{relay=\"rabbitmq\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(start.as_str()));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

fn memory_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The server begins while the broker is down, loses it for a while, and everything arrives in order.
#[test]
fn a_broker_that_is_away_refuses_no_order_and_loses_no_event() {
    let mut broker = RabbitMq::start().unwrap();
    broker.kill();
    let server = started(&broker);
    place(server.address, "first");
    awaited(&server, "begun", |outbox| outbox["relays"][0]["backlog"] == 2);
    broker.restart().unwrap();
    let consumer = Consumer::new(&broker);
    consumer.bind("#");
    awaited(&server, "drained", is_drained);
    assert_eq!(consumer.received()["first"], ["first.1.0", "first.1.1"]);

    let (is_over, placed) = (AtomicBool::new(false), AtomicU32::new(0));
    let (mut before, mut after) = (0, 0);
    let address = server.address;
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while !is_over.load(SeqCst) {
                    let id = format!("o-{}", placed.fetch_add(1, SeqCst));
                    place(address, &id);
                    act(address, &format!("/orders/{id}/hold"), &json!({}));
                    thread::sleep(WRITE_PAUSE);
                }
            });
        }
        thread::sleep(Duration::from_secs(2));
        broker.kill();
        thread::sleep(Duration::from_secs(1));
        before = memory_kib(&server);
        let down = env::var("ORDER_TEST_DOWN_SECS").ok().and_then(|text| text.parse().ok());
        thread::sleep(Duration::from_secs(down.unwrap_or(DOWN_SECS)));
        after = memory_kib(&server);
        assert!(measured(&server, "order_relay_backlog_events") > 100.0);
        assert!(measured(&server, "order_relay_lag_seconds") > 3.0);
        broker.restart().unwrap();
        is_over.store(true, SeqCst);
    });
    let consumer = Consumer::new(&broker);
    consumer.bind("#");
    let begun = Instant::now();
    awaited(&server, "drained", is_drained);
    let drained = begun.elapsed();
    let placed = placed.load(SeqCst);
    println!("{placed} orders; {before} KiB, then {after} KiB; drained in {drained:?}");
    assert!(after < before + GROWTH_MAX, "{before} KiB, then {after} KiB");
    let held = outbox(&server)["relays"][0]["held"].clone();
    assert_eq!(held, 0, "a broker that is away refuses nothing");
    let events = |id: &str| vec![format!("{id}.1.0"), format!("{id}.1.1"), format!("{id}.2.0")];
    // A queue that was new when the broker was killed may have lost what it had, not what came after.
    let received = consumer.received();
    let last = format!("o-{}", placed - 1);
    assert_eq!(received[&last], events(&last));
    for (id, own) in &received {
        let all = events(id);
        assert!(all.ends_with(own), "{own:?} instead of {all:?}");
    }
    assert!(measured(&server, "order_relay_backlog_events") < 0.5);
    let published = measured(&server, "order_relay_published_events_total");
    assert!(published >= f64::from(3 * placed + 2), "{published}");
    server.stop();
}

/// Nobody wants to hear that an order is held: such an order waits, visibly, and no other.
#[test]
fn a_poison_event_is_shown_given_up_and_tried_again() {
    let broker = RabbitMq::start().unwrap();
    let consumer = Consumer::new(&broker);
    let keys = ["order.placed", "order.confirmed", "order.released"];
    for key in keys {
        consumer.bind(key);
    }
    let server = started(&broker);
    for id in ["a", "b"] {
        place(server.address, id);
        act(server.address, &format!("/orders/{id}/hold"), &json!({}));
        act(server.address, &format!("/orders/{id}/release"), &json!({}));
    }
    place(server.address, "c");
    let seen = awaited(&server, "held", |outbox| {
        outbox["relays"][0]["held"] == 2 && outbox["relays"][0]["position"] == 10
    });
    let position = seen["held"][0]["position"].as_u64().unwrap();
    assert_eq!((&seen["held"][0]["orderId"], &seen["held"][0]["events"]), (&json!("a"), &json!(2)));
    assert_eq!(seen["held"][0]["code"], "publisher.unroutable");
    let received = consumer.received();
    assert_eq!((received["a"].len(), received["b"].len(), received["c"].len()), (2, 2, 2));
    assert!((measured(&server, "order_relay_held_orders") - 2.0).abs() < 0.5);
    assert!(measured(&server, "order_relay_refused_events_total") >= 2.0);

    act(server.address, "/admin/outbox/rabbitmq/a/skip", &json!({"position": position}));
    awaited(&server, "given up", |outbox| outbox["relays"][0]["held"] == 1);
    assert_eq!(consumer.received()["a"], ["a.3.0"]);
    consumer.bind("#");
    act(server.address, "/admin/outbox/rabbitmq/b/retry", &json!({}));
    awaited(&server, "brought", is_drained);
    assert_eq!(consumer.received()["b"], ["b.2.0", "b.3.0"]);
    assert!(measured(&server, "order_relay_held_orders") < 0.5);
    server.stop();
}

/// What other services tell of products and stock is in the catalogue, once; what cannot be read is a dead
/// letter, and is counted.
#[test]
fn what_other_services_tell_is_taken() {
    let broker = RabbitMq::start().unwrap();
    let consumer = Consumer::new(&broker);
    consumer.bind("#");
    consumer.declare("shop");
    let server = Setup::new()
        .variable("RABBITMQ_URL", &broker.url())
        .variable("RABBITMQ_INPUT_QUEUE", "orders-in")
        .variable("RABBITMQ_INPUT_EXCHANGE", "shop")
        .start();
    let counted = |result: &str| {
        let text = get(server.address, "/metrics").body;
        let labels = format!("{{source=\"rabbitmq consumer\",result=\"{result}\"}} ");
        let start = format!("order_consumed_events_total{labels}");
        let line = text.lines().find_map(|line| line.strip_prefix(start.as_str()));
        line.and_then(|count| count.parse::<u64>().ok()).unwrap_or_default()
    };
    let until = Instant::now() + PATIENCE;
    let data = json!({"id": "mug", "name": "Mug", "price": "9.50", "stock": 2});
    // The queue is bound once the server is connected.
    while counted("new") == 0 {
        assert!(Instant::now() < until, "{}", server.log());
        consumer.tell("shop", "product.created", "1", &data);
        thread::sleep(Duration::from_millis(50));
    }
    let one_more = json!({"productId": "mug", "quantity": 1});
    for id in ["2", "3", "2"] {
        consumer.tell("shop", "stock.changed", id, &one_more);
    }
    consumer.tell("shop", "product.painted", "4", &json!({}));
    while counted("dead") == 0 {
        assert!(Instant::now() < until, "{}", server.log());
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(get(server.address, "/products/mug").json()["stock"], 4);
    assert_eq!((counted("new"), counted("dead")), (3, 1));
    assert!(counted("known") >= 1 && server.log().contains("event.type_unknown"));
    let body = json!({"items": [{"productId": "mug", "quantity": 5}]});
    assert_eq!(post(server.address, "/orders", &body.to_string()).status, 409);
    server.stop();
}

/// What is published says in which trace, and what others tell is taken in theirs.
#[test]
fn traces_go_through_the_broker() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const TELLER: &str = "b7ad6b7169203331";
    let broker = RabbitMq::start().unwrap();
    let consumer = Consumer::new(&broker);
    consumer.bind("#");
    consumer.declare("shop");
    let collector = Receiver::start();
    let server = Setup::new()
        .variable("RABBITMQ_URL", &broker.url())
        .variable("RABBITMQ_INPUT_QUEUE", "orders-in")
        .variable("RABBITMQ_INPUT_EXCHANGE", "shop")
        .flags(&[&format!("--otlp-endpoint=http://127.0.0.1:{}", collector.port())])
        .start();
    place(server.address, "a");
    awaited(&server, "drained", is_drained);
    let (event, header) = consumer.next();
    assert_eq!(event["traceparent"], header);
    let until = Instant::now() + PATIENCE;
    let told = json!({
        "specversion": "1.0", "source": "/shop", "id": "1", "type": "product.created",
        "traceparent": format!("00-{TRACE}-{TELLER}-01"),
        "data": {"id": "mug", "name": "Mug", "price": "9.50"},
    });
    // The queue is bound once the server is connected.
    while get(server.address, "/products/mug").status != 200 {
        assert!(Instant::now() < until, "{}", server.log());
        consumer.send("shop", "product.created", &told);
        thread::sleep(Duration::from_millis(50));
    }
    server.stop();
    let spans = spans(&collector);
    let is_told = |it: &&Span| header == format!("00-{}-{}-01", it.trace, it.id);
    let published = spans.iter().find(is_told).unwrap_or_else(|| panic!("{header}: {spans:?}"));
    assert_eq!(
        (&*published.name, &*published.attribute("messaging.system")),
        ("publish", "rabbitmq")
    );
    let took = |it: &Span| it.name == "take" && it.trace == TRACE && it.parent == TELLER;
    assert!(spans.iter().any(took), "{spans:?}");
}
