//! The relay to RabbitMQ and to Kafka, each beside what its client library alone reaches with the same
//! messages. Kafka is the cluster that librdkafka brings along for tests, within this process: it keeps
//! nothing on a disk, so its figures say what relay and library cost, not what a cluster can take.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::{join_all, try_join_all};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
        QueueDeclareOptions, QueuePurgeOptions,
    },
    types::FieldTable,
};
use order_benches::{
    Failure,
    measure::take_turns,
    measurer, new_order,
    report::{Figure, Goal, print, title},
};
use order_broker::{
    EVENT_TYPE, Envelope, KafkaPublisher, KafkaSettings, RabbitMqPublisher, RabbitMqSettings,
    Source,
};
use order_core::{
    Command, Meta, OrderService, Orders, Relay,
    memory::InMemoryStore,
    ports::{EventFeed, EventPublisher, Positioned, SystemClock},
    relay::BATCH_MAX,
};
use order_testkit::{SharedStore, rabbitmq::RabbitMq};
use rdkafka::{
    ClientConfig,
    mocking::MockCluster,
    producer::{FutureProducer, FutureRecord},
};
use tokio::runtime::Runtime;
use uuid::Uuid;

const ORDERS: u64 = 4_000;
const NAME: &str = "orders";

fn main() -> Result<(), Failure> {
    let runtime = Runtime::new()?;
    let server = RabbitMq::start()?;
    let store = InMemoryStore::default();
    runtime.block_on(fill(&store))?;
    let events = runtime.block_on(async {
        while store.sequence().await? > 0 {}
        store.after(0, u32::MAX).await
    })?;
    to_rabbitmq(&runtime, &server, &store, &events)?;
    drop(server);
    to_kafka(&runtime, &store, &events)
}

/// Events a second since then.
fn rate(events: &[Positioned], begin: Instant) -> f64 {
    u32::try_from(events.len()).map_or(0.0, f64::from) / begin.elapsed().as_secs_f64()
}

fn to_rabbitmq(
    runtime: &Runtime,
    server: &RabbitMq,
    store: &InMemoryStore,
    events: &[Positioned],
) -> Result<(), Failure> {
    let channel = runtime.block_on(prepare(server))?;
    title("publish to RabbitMQ, persistent, every event confirmed");
    let mut relay = || -> Result<f64, Failure> {
        let begin = Instant::now();
        let publisher = RabbitMqPublisher::new(RabbitMqSettings::new(&server.url()))?;
        runtime.block_on(relay_all(store, Arc::new(publisher)))?;
        Ok(rate(events, begin))
    };
    let mut alone = || -> Result<f64, Failure> {
        let begin = Instant::now();
        runtime.block_on(publish_all(&channel, events))?;
        Ok(rate(events, begin))
    };
    let purge = || -> Result<(), Failure> {
        runtime.block_on(channel.queue_purge(NAME.into(), QueuePurgeOptions::default()))?;
        Ok(())
    };
    let [ours, theirs] =
        take_turns(purge, [("the relay", &mut relay), ("lapin alone", &mut alone)])?;
    print(&Figure {
        work: "the relay, from a feed in memory, one event of an order on its way at a time",
        ours,
        yardstick: "lapin alone, batches of 256, all of a batch on their way",
        theirs,
        unit: "events/s",
        goal: Goal::AtLeast(0.5),
    });
    Ok(())
}

/// Orders that are placed and confirmed at once, and later held and released.
async fn fill(store: &InMemoryStore) -> Result<(), Failure> {
    let shared = SharedStore::new(Arc::new(store.clone()));
    let (orders, admin) = (OrderService::new(shared, SystemClock, Uuid::now_v7), measurer()?);
    let mut ids = Vec::new();
    for number in 0..ORDERS {
        let receipt = orders.place(&admin, new_order(number)?, Meta::default()).await?;
        ids.push(receipt.order.id().clone());
    }
    for command in [Command::Hold { reason: None }, Command::Release] {
        for id in &ids {
            orders.execute(&admin, id.as_str(), command.clone(), Meta::default()).await?;
        }
    }
    Ok(())
}

async fn prepare(server: &RabbitMq) -> Result<Channel, Failure> {
    let connection = Connection::connect(&server.url(), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let none = FieldTable::default;
    channel.exchange_declare(NAME.into(), ExchangeKind::Topic, options, none()).await?;
    channel.queue_declare(NAME.into(), QueueDeclareOptions::durable(), none()).await?;
    let options = QueueBindOptions::default();
    channel.queue_bind(NAME.into(), NAME.into(), "#".into(), options, none()).await?;
    Ok(channel)
}

/// A new relay brings everything.
async fn relay_all(
    store: &InMemoryStore,
    publisher: Arc<dyn EventPublisher>,
) -> Result<(), Failure> {
    let name = Uuid::now_v7().to_string().as_str().try_into()?;
    let (feed, clock) = (Arc::new(store.clone()), Arc::new(SystemClock));
    let relay = Relay::new(feed, publisher, clock, name, Uuid::now_v7());
    while relay.step().await?.moved() > 0 {}
    Ok(())
}

/// The same messages in the same batches.
async fn publish_all(channel: &Channel, events: &[Positioned]) -> Result<(), Failure> {
    let source = Source::default();
    let properties =
        BasicProperties::default().with_delivery_mode(2).with_content_type(EVENT_TYPE.into());
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    for batch in events.chunks(usize::try_from(BATCH_MAX)?) {
        let mut confirms = Vec::new();
        for event in batch {
            let body = Envelope::new(&source, event).json()?;
            let key = event.recorded.event.name().into();
            let sent = channel.basic_publish(NAME.into(), key, options, &body, properties.clone());
            confirms.push(sent.await?);
        }
        try_join_all(confirms).await?;
    }
    Ok(())
}

const TOPIC: &str = "order-events";
const BROKERS: i32 = 3;

fn to_kafka(
    runtime: &Runtime,
    store: &InMemoryStore,
    events: &[Positioned],
) -> Result<(), Failure> {
    let cluster = MockCluster::new(BROKERS)?;
    cluster.create_topic(TOPIC, BROKERS, BROKERS)?;
    let servers = cluster.bootstrap_servers();
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &servers).set("enable.idempotence", "true").set("acks", "all");
    let producer: FutureProducer = client.create()?;
    let publisher = Arc::new(KafkaPublisher::new(KafkaSettings::new(&servers).topic(TOPIC))?);
    title("publish to Kafka (librdkafka's cluster in this process), acknowledged by all replicas");
    let mut relay = || -> Result<f64, Failure> {
        let begin = Instant::now();
        runtime.block_on(relay_all(store, publisher.clone()))?;
        Ok(rate(events, begin))
    };
    let mut alone = || -> Result<f64, Failure> {
        let begin = Instant::now();
        runtime.block_on(produce_all(&producer, events))?;
        Ok(rate(events, begin))
    };
    let [ours, theirs] =
        take_turns(|| Ok(()), [("the relay", &mut relay), ("rdkafka alone", &mut alone)])?;
    print(&Figure {
        work: "the relay, from a feed in memory, one event of an order on its way at a time",
        ours,
        yardstick: "rdkafka alone, batches of 256, all of a batch on their way",
        theirs,
        unit: "events/s",
        goal: Goal::AtLeast(0.5),
    });
    Ok(())
}

/// The same messages in the same batches.
async fn produce_all(producer: &FutureProducer, events: &[Positioned]) -> Result<(), Failure> {
    let source = Source::default();
    for batch in events.chunks(usize::try_from(BATCH_MAX)?) {
        let mut bodies = Vec::new();
        for event in batch {
            bodies.push((event, Envelope::new(&source, event).data()?));
        }
        let sent = bodies.iter().map(|(event, body)| {
            let key = event.recorded.id.order_id.as_str();
            producer.send(FutureRecord::to(TOPIC).key(key).payload(body), Duration::from_secs(10))
        });
        for delivered in join_all(sent).await {
            delivered.map_err(|(error, _)| error)?;
        }
    }
    Ok(())
}
