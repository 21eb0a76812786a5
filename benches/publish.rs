//! The relay to RabbitMQ, beside what its client library alone reaches with the same messages.

use std::{sync::Arc, time::Instant};

use futures::future::try_join_all;
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
use order_broker::{EVENT_TYPE, Envelope, RabbitMqPublisher, RabbitMqSettings, Source};
use order_core::{
    Command, Meta, OrderService, Orders, Relay,
    memory::InMemoryStore,
    ports::{EventFeed, Positioned, SystemClock},
    relay::BATCH_MAX,
};
use order_testkit::{SharedStore, rabbitmq::RabbitMq};
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
    let channel = runtime.block_on(prepare(&server))?;

    title("publish to RabbitMQ, persistent, every event confirmed");
    let rate = |begin: Instant| {
        let events = u32::try_from(events.len()).map_or(0.0, f64::from);
        events / begin.elapsed().as_secs_f64()
    };
    let mut relay = || -> Result<f64, Failure> {
        let begin = Instant::now();
        runtime.block_on(relay_all(&store, &server))?;
        Ok(rate(begin))
    };
    let mut alone = || -> Result<f64, Failure> {
        let begin = Instant::now();
        runtime.block_on(publish_all(&channel, &events))?;
        Ok(rate(begin))
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

/// A new relay with a new connection brings everything.
async fn relay_all(store: &InMemoryStore, server: &RabbitMq) -> Result<(), Failure> {
    let publisher = RabbitMqPublisher::new(RabbitMqSettings::new(&server.url()))?;
    let name = Uuid::now_v7().to_string().as_str().try_into()?;
    let (feed, clock) = (Arc::new(store.clone()), Arc::new(SystemClock));
    let relay = Relay::new(feed, Arc::new(publisher), clock, name, Uuid::now_v7());
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
