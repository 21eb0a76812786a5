//! Events that are refused: their own order waits for them, and no other.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use order_core::{
    Command, EventId, Label, OrderId, Relay, RelayError, Step,
    ports::{
        Clock as _, EventFeed, EventPublisher, Positioned, PublishError, Refusal, RelayStatus,
        Store,
    },
    relay::{BATCH_MAX, LEASE_MS, REFUSED_MAX, RETRY_MS, TRIES_MAX},
};
use uuid::Uuid;

use super::{Fixture, World, feeds::walk};
use crate::{
    CrashPoint, Random, SharedStore,
    sample::{order, text},
};

/// Takes what it does not refuse, as a publisher does: what follows a refused event in its order is not
/// taken either.
#[derive(Debug, Default)]
struct Receiver {
    got: Mutex<Vec<Positioned>>,
    refused: Mutex<HashSet<EventId>>,
    refuses_all: Mutex<bool>,
    /// Before each call.
    crash: Mutex<Option<CrashPoint>>,
}

impl Receiver {
    fn refuse(&self, id: &str, version: u64, ordinal: u32) {
        let id = EventId { order_id: text(id), version, ordinal };
        self.refused.lock().unwrap().insert(id);
    }

    fn take_all(&self) {
        self.refused.lock().unwrap().clear();
        *self.refuses_all.lock().unwrap() = false;
    }

    /// The positions that it got since it was asked last.
    fn positions(&self) -> Vec<u64> {
        self.got.lock().unwrap().drain(..).map(|event| event.position).collect()
    }

    fn take(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let (refused, all) = (self.refused.lock().unwrap(), *self.refuses_all.lock().unwrap());
        let mut stopped = HashSet::new();
        let mut refusals = Vec::new();
        for event in events {
            let id = &event.recorded.id;
            if stopped.contains(&id.order_id) {
                continue;
            }
            if all || refused.contains(id) {
                stopped.insert(id.order_id.clone());
                let (position, code) = (event.position, "publisher.unroutable");
                refusals.push(Refusal { position, code, source: "nobody wants it".into() });
            } else {
                self.got.lock().unwrap().push(event.clone());
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(PublishError::Refused { events: refusals }) }
    }
}

#[async_trait]
impl EventPublisher for Receiver {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let crash = self.crash.lock().unwrap().clone();
        if let Some(crash) = crash {
            crash.pass().await;
        }
        self.take(events)
    }
}

fn name() -> Label {
    text("relay-1")
}

fn relay(world: &World, receiver: &Arc<Receiver>, holder: u128) -> Relay {
    relay_over(Arc::clone(&world.store) as _, world, receiver, holder)
}

fn relay_over(
    feed: Arc<dyn EventFeed>,
    world: &World,
    receiver: &Arc<Receiver>,
    holder: u128,
) -> Relay {
    let clock = Arc::new(world.clock.clone());
    Relay::new(feed, Arc::clone(receiver) as _, clock, name(), Uuid::from_u128(holder))
}

async fn status(store: &dyn Store) -> RelayStatus {
    store.relays().await.unwrap().remove(0)
}

async fn world_of(fixture: Fixture, orders: u32) -> (World, Arc<Receiver>) {
    let world = World::over(fixture);
    for n in 1..=orders {
        world.place(order(n)).await;
    }
    (world, Arc::default())
}

/// An event that is refused holds its order, in the same step, and no other: the others' events arrive,
/// then and later; those of the held order wait.
pub async fn c227_a_refused_event_holds_its_own_order_only(fixture: Fixture) {
    let (world, receiver) = world_of(fixture, 3).await;
    receiver.refuse("order-2", 1, 1);
    let relay = relay(&world, &receiver, 1);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(6));
    assert_eq!(receiver.positions(), [1, 2, 3, 5, 6]);
    for n in 1..=3 {
        world.run(&text(&format!("order-{n}")), Command::Hold { reason: None }).await;
    }
    // A relay that is made anew knows what is held.
    relay.release().await.unwrap();
    let relay = self::relay(&world, &receiver, 2);
    assert_eq!(relay.step().await.unwrap().moved(), 3);
    assert_eq!(receiver.positions(), [7, 9]);
    let status = status(&*world.store).await;
    assert_eq!((status.backlog, status.held, status.parked), (2, 1, 0));
    receiver.take_all();
    world.clock.step(3_600_000);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    assert_eq!(receiver.positions(), [4, 8]);
    world.run(&text("order-2"), Command::Release).await;
    assert_eq!(relay.step().await.unwrap(), Step::Moved(1));
    assert_eq!(receiver.positions(), [10], "it is an order like others again");
}

/// A held order is tried at its time and less and less often, ten times; then it is parked, until
/// somebody lets it be tried again.
pub async fn c228_a_held_order_is_parked_after_ten_tries(fixture: Fixture) {
    let (world, receiver) = world_of(fixture, 2).await;
    receiver.refuse("order-1", 1, 0);
    let relay = relay(&world, &receiver, 1);
    relay.step().await.unwrap();
    let begun = world.clock.now();
    for tries in 1..TRIES_MAX {
        let held = world.store.stream(&name(), &text("order-1")).await.unwrap().unwrap();
        let pause = RETRY_MS << (tries - 1);
        assert_eq!((held.hold.tries, held.hold.since), (tries, begun));
        assert_eq!(held.hold.next_at, Some(world.clock.now().plus_millis(pause)));
        assert_eq!(held.hold.code.as_str(), "publisher.unroutable");
        world.clock.step(pause - 1);
        relay.step().await.unwrap();
        assert_eq!(relay.tally().refused, u64::from(tries), "not before its time");
        world.clock.step(1);
        relay.step().await.unwrap();
        assert_eq!(relay.tally().refused, u64::from(tries) + 1);
    }
    let held = world.store.stream(&name(), &text("order-1")).await.unwrap().unwrap();
    assert_eq!((held.hold.tries, held.hold.next_at, held.events), (TRIES_MAX, None, 2));
    assert_eq!((status(&*world.store).await.parked, relay.tally().parked), (1, 1));
    receiver.take_all();
    world.clock.step(1_000 * LEASE_MS);
    relay.step().await.unwrap();
    assert_eq!(receiver.positions(), [3, 4], "it is left alone");
    let now = world.clock.now();
    assert_eq!(world.store.retry(&name(), Some(&text("order-1")), now).await.unwrap(), 1);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    assert_eq!(receiver.positions(), [1, 2]);
    assert!(world.store.held(&name()).await.unwrap().is_empty());
}

/// What somebody gives up is not published, and what follows it is. A retry in vain counts anew.
pub async fn c229_what_is_given_up_is_passed_over(fixture: Fixture) {
    let (world, receiver) = world_of(fixture, 2).await;
    receiver.refuse("order-1", 1, 0);
    receiver.refuse("order-2", 1, 1);
    let relay = relay(&world, &receiver, 1);
    relay.step().await.unwrap();
    let now = world.clock.now();
    assert_eq!(world.store.retry(&name(), Some(&text("order-1")), now).await.unwrap(), 1);
    relay.step().await.unwrap();
    let held = world.store.stream(&name(), &text("order-1")).await.unwrap().unwrap();
    assert_eq!(held.hold.tries, 1);
    assert!(world.store.skip(&name(), &text("order-1"), 1, now).await.unwrap());
    assert!(world.store.skip(&name(), &text("order-2"), 4, now).await.unwrap());
    relay.step().await.unwrap();
    assert_eq!(receiver.positions(), [3, 2]);
    assert!(world.store.held(&name()).await.unwrap().is_empty());
    let status = status(&*world.store).await;
    assert_eq!((status.backlog, status.oldest), (0, None));
}

/// Where the receiver refuses everything, it is to blame: no more orders are held, the relay stays where
/// it is and says so, and goes on when something is taken again.
pub async fn c230_a_receiver_that_takes_nothing_parks_few_orders(fixture: Fixture) {
    let (world, receiver) = world_of(fixture, REFUSED_MAX).await;
    *receiver.refuses_all.lock().unwrap() = true;
    let relay = relay(&world, &receiver, 1);
    relay.step().await.unwrap();
    let held = async || world.store.held(&name()).await.unwrap().len();
    assert_eq!(held().await, REFUSED_MAX as usize, "so many may be to blame themselves");
    let mut placed = REFUSED_MAX;
    for until in [REFUSED_MAX + 1, 40, 40] {
        while placed < until {
            placed += 1;
            world.place(order(placed)).await;
        }
        world.clock.step(3_600_000);
        let failed = relay.step().await.unwrap_err();
        assert!(matches!(failed, RelayError::Publish(PublishError::Refused { .. })));
    }
    assert_eq!(held().await, REFUSED_MAX as usize);
    receiver.take_all();
    receiver.refuse("order-30", 1, 0);
    world.clock.step(3_600_000);
    relay.step().await.unwrap();
    assert_eq!(world.store.held(&name()).await.unwrap(), [text::<OrderId>("order-30")]);
    assert_eq!(receiver.positions().len(), 2 * 39);

    // What is taken in between says that the receiver is well, however many orders are refused in all.
    for n in (41..=80).step_by(2) {
        receiver.refuse(&format!("order-{n}"), 1, 0);
        world.place(order(n)).await;
        world.place(order(n + 1)).await;
        relay.step().await.unwrap();
    }
    assert_eq!(held().await, 1 + 20);
}

/// A long stream that was held is brought in parts, and in order, while others go on.
pub async fn c231_a_long_stream_is_brought_in_parts(fixture: Fixture) {
    let (world, receiver) = world_of(fixture, 2).await;
    receiver.refuse("order-1", 1, 0);
    let relay = relay(&world, &receiver, 1);
    relay.step().await.unwrap();
    for _ in 0..=BATCH_MAX / 2 {
        for command in [Command::Hold { reason: None }, Command::Release] {
            world.run(&text("order-1"), command).await;
        }
    }
    while relay.step().await.unwrap().moved() == BATCH_MAX {}
    assert_eq!(receiver.positions(), [3, 4]);
    receiver.take_all();
    world.clock.step(3_600_000);
    let now = world.clock.now();
    world.store.retry(&name(), Some(&text("order-1")), now).await.unwrap();
    assert_eq!(relay.step().await.unwrap(), Step::Moved(BATCH_MAX));
    world.run(&text("order-2"), Command::Hold { reason: None }).await;
    relay.step().await.unwrap();
    let got = receiver.positions();
    let mut sorted = got.clone();
    sorted.sort_unstable();
    assert_eq!(got, sorted);
    assert_eq!(got.len(), BATCH_MAX as usize + 4 + 1);
    assert_eq!(status(&*world.store).await.backlog, 0);
}

/// Everything but what was given up arrives, what comes first of each order in its order, and an order
/// none of whose events was refused waits for nobody.
fn check(got: &[Positioned], all: &[Positioned], skipped: &HashSet<u64>) {
    let mut known = HashSet::new();
    let mut last: HashMap<&OrderId, u64> = HashMap::new();
    for event in got.iter().filter(|event| known.insert(event.position)) {
        let before = last.insert(&event.recorded.id.order_id, event.position).unwrap_or(0);
        assert!(before < event.position, "{} after {before}", event.position);
    }
    for event in all {
        let is_there = known.contains(&event.position) || skipped.contains(&event.position);
        assert!(is_there, "{} never arrived", event.position);
    }
}

/// A relay dies before any of its writes and calls: the next one goes on, and nothing is lost or turned
/// round.
pub async fn c232_a_relay_that_dies_anywhere_loses_no_held_event(fixture: Fixture) {
    let (world, receiver) = world_of(fixture, 1).await;
    let mut skipped = HashSet::new();
    for call in 0..24_u32 {
        let [good, bad] = [2 * call + 2, 2 * call + 3];
        for n in [good, bad] {
            world.place(order(n)).await;
        }
        let bad = format!("order-{bad}");
        receiver.refuse(&bad, 1, call % 2);
        let crash = CrashPoint::before((call / 3).into());
        *receiver.crash.lock().unwrap() = Some(crash.clone());
        let dying = SharedStore::new(Arc::clone(&world.store)).crashing(crash.clone());
        let dying = relay_over(Arc::new(dying), &world, &receiver, u128::from(2 * call));
        world.clock.step(LEASE_MS);
        let work = async {
            for _ in 0..3 {
                dying.step().await.unwrap();
                world.clock.step(RETRY_MS);
            }
        };
        crash.or_death(work).await;
        *receiver.crash.lock().unwrap() = None;
        match call % 3 {
            0 => receiver.take_all(),
            1 => {
                let held = world.store.stream(&name(), &text(&bad)).await.unwrap();
                if let Some(first) = held.and_then(|held| held.first) {
                    let now = world.clock.now();
                    let done =
                        world.store.skip(&name(), &text(&bad), first.position, now).await.unwrap();
                    assert!(done);
                    skipped.insert(first.position);
                }
            }
            _ => {}
        }
        world.clock.step(LEASE_MS);
        let next = relay(&world, &receiver, u128::from(2 * call + 1));
        next.step().await.unwrap();
    }
    finish(&world, &receiver).await;
    let all = walk(&*world.store, 1_000).await;
    check(&receiver.got.lock().unwrap(), &all, &skipped);
}

/// Lets everything be taken, and brings what is left.
async fn finish(world: &World, receiver: &Arc<Receiver>) {
    receiver.take_all();
    world.clock.step(LEASE_MS);
    let last = relay(world, receiver, u128::MAX);
    for _ in 0..50 {
        world.store.retry(&name(), None, world.clock.now()).await.unwrap();
        world.clock.step(3_600_000);
        if last.step().await.unwrap() == Step::Moved(0) {
            break;
        }
    }
    assert!(world.store.held(&name()).await.unwrap().is_empty());
    assert_eq!(status(&*world.store).await.backlog, 0);
}

/// How much happens in one made-up life.
const DEEDS: u32 = 150;
/// How many orders there are in it.
const ORDERS: u64 = 9;

/// Refusals, deaths, retries and skips at random, by two relays of one name: nothing is lost but what was
/// given up, every order keeps its order, and orders that nobody refuses wait for nothing.
pub async fn c233_a_made_up_life_of_held_orders_adds_up(fixture: Fixture) {
    live(fixture, 220).await;
}

/// Plays one life from a seed, which tells the whole story again.
///
/// # Panics
/// If anything is lost, turned round or kept waiting.
pub async fn live(fixture: Fixture, seed: u64) {
    let (world, receiver) = world_of(fixture, u32::try_from(ORDERS).unwrap()).await;
    let mut random = Random::seeded(seed);
    println!("seed {seed}");
    let mut skipped = HashSet::new();
    for deed in 0..DEEDS {
        let id: OrderId = text(&format!("order-{}", 1 + random.below(ORDERS)));
        match random.below(8) {
            0 | 1 => {
                let is_held = world.order(id.as_str()).await.on_hold();
                let command =
                    if is_held { Command::Release } else { Command::Hold { reason: None } };
                world.run(&id, command).await;
            }
            2 => {
                // The last order is never refused.
                let version = world.order(id.as_str()).await.version() + random.below(2);
                if id.as_str() != format!("order-{ORDERS}") {
                    receiver.refuse(id.as_str(), version, 0);
                }
            }
            3 if random.once_in(3) => receiver.take_all(),
            4 => {
                let held = world.store.stream(&name(), &id).await.unwrap();
                if let Some(first) = held.and_then(|held| held.first)
                    && world
                        .store
                        .skip(&name(), &id, first.position, world.clock.now())
                        .await
                        .unwrap()
                {
                    skipped.insert(first.position);
                }
            }
            5 => {
                world.store.retry(&name(), Some(&id), world.clock.now()).await.unwrap();
            }
            6 => step_and_die(&world, &receiver, &mut random, deed).await,
            _ => {
                world.clock.step(LEASE_MS + i64::try_from(random.below(99_000)).unwrap());
                let living = relay(&world, &receiver, u128::from(deed) + 1_000);
                living.step().await.unwrap();
                let all = walk(&*world.store, 1_000).await;
                let got: HashSet<_> =
                    receiver.got.lock().unwrap().iter().map(|event| event.position).collect();
                let good = text::<OrderId>(&format!("order-{ORDERS}"));
                let good = all.iter().filter(|event| event.recorded.id.order_id == good);
                assert!(good.into_iter().all(|event| got.contains(&event.position)), "it waits");
            }
        }
    }
    finish(&world, &receiver).await;
    let all = walk(&*world.store, 1_000).await;
    check(&receiver.got.lock().unwrap(), &all, &skipped);
}

async fn step_and_die(world: &World, receiver: &Arc<Receiver>, random: &mut Random, deed: u32) {
    let crash = CrashPoint::before(random.below(7));
    *receiver.crash.lock().unwrap() = Some(crash.clone());
    let store = SharedStore::new(Arc::clone(&world.store)).crashing(crash.clone());
    world.clock.step(LEASE_MS);
    let dying = relay_over(Arc::new(store), world, receiver, u128::from(deed) + 5_000);
    crash.or_death(dying.step()).await;
    *receiver.crash.lock().unwrap() = None;
}
