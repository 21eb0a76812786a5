//! The clauses that every publisher keeps, over a broker that fails on purpose.
//!
//! [`publisher_contract_tests!`](crate::publisher_contract_tests) makes one test of each.

pub mod deliveries;
pub mod relayed;
pub mod troubles;

use std::{collections::HashMap, fmt::Debug, fs, time::Duration};

use async_trait::async_trait;
use order_core::{
    Command, EventId, Recorded,
    memory::InMemoryStore,
    ports::{EventFeed, EventPublisher, Positioned},
};

use crate::{
    contract::{Fixture, World},
    sample::{order, text, time},
};

/// How long a call of a publisher may take, whatever happens to the broker.
pub const CALL_MAX: Duration = Duration::from_secs(4);

/// A broker for one clause, and a consumer that sees everything.
#[async_trait]
pub trait Broker: Debug + Send + Sync {
    /// A new publisher to it, whose calls take less than [`CALL_MAX`].
    fn publisher(&self) -> Box<dyn EventPublisher>;

    /// Whether an event that has arrived and is given again arrives again. Where it does not, it is known
    /// by then, and a clause expects it once.
    fn sends_again(&self) -> bool {
        true
    }

    /// All that the consumer has received so far, in the order in which it came, with what came again.
    async fn received(&self) -> Vec<Received>;

    /// Brings about a trouble that it was made for.
    async fn inflict(&self, trouble: Trouble);

    /// Ends the trouble.
    async fn heal(&self, trouble: Trouble);
}

/// An event as a consumer received it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Received {
    /// Its id.
    pub id: String,
    /// Its name.
    pub kind: String,
    /// The order's id.
    pub subject: String,
}

impl Received {
    /// What a consumer should receive of an event.
    pub fn of(event: &Positioned) -> Self {
        let recorded = &event.recorded;
        Self {
            id: recorded.id.to_string(),
            kind: recorded.event.name().to_owned(),
            subject: recorded.id.order_id.to_string(),
        }
    }
}

/// What can be wrong with a broker. Not every broker can be brought into every trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// It does not run.
    Down,
    /// It runs and does not answer.
    Hung,
    /// The connection is cut while events are on their way, some hundred bytes after it began.
    Cut,
    /// Events arrive; what the broker says of them does not.
    ConfirmLost,
    /// It takes nothing, being short of memory.
    Blocked,
    /// Nobody is there for `order.placed`, but for `order.confirmed`.
    Unroutable,
    /// The consumer's queue is gone.
    QueueDeleted,
    /// The exchange or topic is gone.
    TopicMissing,
    /// It takes a few events, or none, and refuses the others.
    Full,
    /// It takes no event of some ten thousand bytes, from the beginning on.
    TooLarge,
}

impl Trouble {
    /// Whether it lasts until it is healed.
    pub const fn lasts(self) -> bool {
        !matches!(self, Self::Cut)
    }
}

/// The events of so many orders that were placed and confirmed, then held and released by turns, so that
/// the events of different orders alternate.
pub async fn events(orders: u32) -> Vec<Positioned> {
    let store = InMemoryStore::default();
    let world = World::over(Fixture::new(store.clone()));
    for n in 0..orders {
        world.place(order(n)).await;
    }
    for command in [Command::Hold { reason: None }, Command::Release] {
        for n in 0..orders {
            world.run(&text(&format!("order-{n}")), command.clone()).await;
        }
    }
    feed(&store).await
}

/// Every sample of the wire form of events (`order-core/tests/wire/events`), by name, as if all had
/// happened to order `samples`, one after the other.
///
/// # Panics
/// If they are not where they are in our workspace.
pub fn samples() -> Vec<(String, Positioned)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../order-core/tests/wire/events");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named = (1..).zip(paths).map(|(n, path)| {
        let event = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let id = EventId { order_id: text("samples"), version: n, ordinal: 0 };
        let at = time("2025-01-29T12:00:00Z").plus_millis(1_001 * i64::try_from(n).unwrap());
        let recorded = Recorded { id, at, actor: text("tester"), event };
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, Positioned { position: n, recorded })
    });
    named.collect()
}

/// All that is in a store.
pub async fn feed(store: &InMemoryStore) -> Vec<Positioned> {
    while store.sequence().await.unwrap() > 0 {}
    store.after(0, u32::MAX).await.unwrap()
}

/// Every event has arrived, nothing else has, and what came first of each order came in its order.
///
/// # Panics
/// If that is not so.
pub fn check_all(given: &[Positioned], received: &[Received]) {
    let missing: Vec<_> =
        given.iter().map(Received::of).filter(|event| !received.contains(event)).collect();
    assert!(missing.is_empty(), "{} events never arrived: {missing:?}", missing.len());
    check_order(given, received);
}

/// Nothing has arrived that was not given, and what came first of each order came in its order, without
/// a gap.
///
/// # Panics
/// If that is not so.
pub fn check_order(given: &[Positioned], received: &[Received]) {
    let mut expected: HashMap<String, Vec<Received>> = HashMap::new();
    for event in given.iter().map(Received::of) {
        expected.entry(event.subject.clone()).or_default().push(event);
    }
    let mut first: HashMap<String, Vec<Received>> = HashMap::new();
    for event in received {
        let own = first.entry(event.subject.clone()).or_default();
        if !own.contains(event) {
            own.push(event.clone());
        }
    }
    for (subject, own) in first {
        let expected = expected.get(&subject).map_or(&[][..], Vec::as_slice);
        assert!(expected.starts_with(&own), "{subject}: {own:?} instead of {expected:?}");
    }
}
