//! Relays: a place in the feed, a lease on it, and what comes out at the other end.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use order_core::{
    ErrorKind, Label, Relay, Step, Timestamp,
    ports::{EventPublisher, Passage, Positioned, PublishError},
    relay::LEASE_MS,
};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Fixture, World,
    feeds::{MUCH, check_line, settle, walk, write_much},
};
use crate::sample::{order, text, time};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

fn holder(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn name(n: u32) -> Label {
    text(&format!("relay-{n}"))
}

/// So many milliseconds after some moment.
fn at(millis: i64) -> Timestamp {
    time("2025-01-29T12:00:00Z").plus_millis(millis)
}

/// Keeps what it gets, one event after the other.
#[derive(Debug, Default)]
struct Receiver {
    got: Mutex<Vec<Positioned>>,
    /// Whether it goes away after the first event.
    fails: AtomicBool,
    /// Whether it never answers once it has everything.
    hangs: AtomicBool,
    hung: Notify,
}

impl Receiver {
    fn positions(&self) -> Vec<u64> {
        self.got.lock().unwrap().iter().map(|event| event.position).collect()
    }

    /// What it got, without what it had before.
    fn first_deliveries(&self) -> Vec<Positioned> {
        let mut known = HashSet::new();
        let got = self.got.lock().unwrap();
        got.iter().filter(|event| known.insert(event.position)).cloned().collect()
    }
}

#[async_trait]
impl EventPublisher for Receiver {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        for (index, event) in events.iter().enumerate() {
            if index > 0 && self.fails.load(Ordering::SeqCst) {
                return Err(PublishError::Unavailable("it went away".into()));
            }
            self.got.lock().unwrap().push(event.clone());
            tokio::task::yield_now().await;
        }
        if self.hangs.load(Ordering::SeqCst) {
            self.hung.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

fn relay(world: &World, receiver: &Arc<Receiver>, n: u128) -> Relay {
    let feed = Arc::clone(&world.store);
    let clock = Arc::new(world.clock.clone());
    Relay::new(feed, Arc::clone(receiver) as _, clock, name(1), holder(n))
}

/// `EventFeed` clause 5: a new relay begins at the beginning, wherever the feed is.
pub async fn c151_a_new_relay_begins_at_the_beginning(fixture: Fixture) {
    let world = World::over(fixture);
    let feed = &world.store;
    assert_eq!(feed.claim(&name(1), holder(1), at(0), at(10)).await.unwrap(), Some(0));
    world.place(order(1)).await;
    settle(&**feed).await;
    assert_eq!(feed.claim(&name(2), holder(1), at(0), at(10)).await.unwrap(), Some(0));
    assert!(
        !feed.advance(&name(3), holder(1), &Passage::over(0, 1)).await.unwrap(),
        "nobody has claimed it"
    );
    assert_eq!(feed.claim(&name(3), holder(1), at(0), at(10)).await.unwrap(), Some(0));
}

/// A lease keeps others away until it ends, and not longer.
pub async fn c152_a_lease_keeps_others_away_until_it_ends(fixture: Fixture) {
    let feed = fixture.store;
    assert_eq!(feed.claim(&name(1), holder(1), at(0), at(10)).await.unwrap(), Some(0));
    for now in [-5, 0, 9] {
        assert_eq!(feed.claim(&name(1), holder(2), at(now), at(50)).await.unwrap(), None);
    }
    assert_eq!(feed.claim(&name(1), holder(2), at(10), at(20)).await.unwrap(), Some(0));
    assert_eq!(feed.claim(&name(1), holder(1), at(19), at(50)).await.unwrap(), None);
    assert_eq!(feed.claim(&name(1), holder(1), at(99), at(100)).await.unwrap(), Some(0));
}

/// A holder sets the end of its lease anew: later while it works, now when it stops.
pub async fn c153_a_holder_sets_the_end_of_its_lease(fixture: Fixture) {
    let feed = fixture.store;
    feed.claim(&name(1), holder(1), at(0), at(10)).await.unwrap();
    assert_eq!(feed.claim(&name(1), holder(1), at(5), at(15)).await.unwrap(), Some(0));
    assert_eq!(feed.claim(&name(1), holder(2), at(12), at(99)).await.unwrap(), None);
    assert_eq!(feed.claim(&name(1), holder(1), at(40), at(60)).await.unwrap(), Some(0));
    assert_eq!(feed.claim(&name(1), holder(2), at(50), at(99)).await.unwrap(), None);
    assert_eq!(feed.claim(&name(1), holder(1), at(50), at(50)).await.unwrap(), Some(0));
    assert_eq!(feed.claim(&name(1), holder(2), at(50), at(99)).await.unwrap(), Some(0));
}

/// `EventFeed` clause 5: a place moves only from where it is.
pub async fn c154_a_place_moves_only_from_where_it_is(fixture: Fixture) {
    let feed = fixture.store;
    feed.claim(&name(1), holder(1), at(0), at(10)).await.unwrap();
    assert!(!feed.advance(&name(1), holder(1), &Passage::over(1, 2)).await.unwrap());
    assert!(!feed.advance(&name(1), holder(1), &Passage::over(u64::MAX, 2)).await.unwrap());
    assert!(feed.advance(&name(1), holder(1), &Passage::over(0, 3)).await.unwrap());
    assert!(
        !feed.advance(&name(1), holder(1), &Passage::over(0, 3)).await.unwrap(),
        "it has moved"
    );
    assert_eq!(feed.claim(&name(1), holder(1), at(0), at(10)).await.unwrap(), Some(3));
    assert!(feed.advance(&name(1), holder(1), &Passage::over(3, 5)).await.unwrap());
    assert_eq!(feed.claim(&name(1), holder(2), at(10), at(20)).await.unwrap(), Some(5));
}

/// `EventFeed` clause 6: a place is moved only by its holder, which who claimed last is.
pub async fn c155_a_place_is_moved_only_by_its_holder(fixture: Fixture) {
    let feed = fixture.store;
    feed.claim(&name(1), holder(1), at(0), at(10)).await.unwrap();
    feed.claim(&name(1), holder(2), at(5), at(99)).await.unwrap();
    assert!(
        !feed.advance(&name(1), holder(2), &Passage::over(0, 1)).await.unwrap(),
        "its claim was refused"
    );
    assert!(
        feed.advance(&name(1), holder(1), &Passage::over(0, 1)).await.unwrap(),
        "whatever time it is"
    );
    feed.claim(&name(1), holder(2), at(10), at(20)).await.unwrap();
    assert!(
        !feed.advance(&name(1), holder(1), &Passage::over(1, 2)).await.unwrap(),
        "another took over"
    );
    assert!(feed.advance(&name(1), holder(2), &Passage::over(1, 2)).await.unwrap());
    assert_eq!(feed.claim(&name(1), holder(1), at(20), at(30)).await.unwrap(), Some(2));
}

/// `EventFeed` clause 7: relays of different names have places and leases of their own.
pub async fn c156_relays_know_nothing_of_each_other(fixture: Fixture) {
    let feed = fixture.store;
    let alike = [name(1), text("Relay-1"), text("relay 1"), text("rélay-1"), text("relay-%")];
    let alike: HashSet<Label> = alike.into_iter().collect();
    for (n, relay) in (1..).zip(&alike) {
        let held = feed.claim(relay, holder(n), at(0), at(10)).await.unwrap();
        assert_eq!(held, Some(0), "{relay}");
    }
    for (n, relay) in (1..).zip(&alike) {
        let to = u64::try_from(n).unwrap();
        assert!(feed.advance(relay, holder(n), &Passage::over(0, to)).await.unwrap(), "{relay}");
    }
    for (n, relay) in (1..).zip(&alike) {
        let to = u64::try_from(n).unwrap();
        let held = feed.claim(relay, holder(n), at(0), at(10)).await.unwrap();
        assert_eq!(held, Some(to), "{relay}");
    }
}

/// `EventFeed` clauses 5 and 6: of many who claim at once one holds, and of many moves from one
/// place one is made.
pub async fn c157_of_many_at_once_one_moves_on(fixture: Fixture) {
    let world = World::over(fixture);
    for round in 0..5_u64 {
        let now = at(i64::try_from(round).unwrap() * 100);
        let held = world
            .race((0..16).map(|n| {
                let feed = Arc::clone(&world.store);
                async move { feed.claim(&name(1), holder(n), now, now.plus_millis(100)).await }
            }))
            .await;
        let held: Vec<_> = held.into_iter().map(Result::unwrap).collect();
        assert_eq!(held.iter().filter(|held| held.is_some()).count(), 1, "{held:?}");
        let winner = held.iter().position(Option::is_some).unwrap() as u128;
        let moved = world
            .race((0..16).map(|_| {
                let feed = Arc::clone(&world.store);
                async move {
                    feed.advance(&name(1), holder(winner), &Passage::over(round, round + 1)).await
                }
            }))
            .await;
        let moved: Vec<_> = moved.into_iter().map(Result::unwrap).collect();
        assert_eq!(moved.iter().filter(|moved| **moved).count(), 1, "{moved:?}");
    }
}

/// A relay that stops between publishing and moving on has its events published again, and the next
/// one goes on behind them.
pub async fn c158_a_relay_that_dies_skips_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    let receiver = Arc::new(Receiver::default());
    world.place(order(1)).await;
    receiver.hangs.store(true, Ordering::SeqCst);
    {
        let dying = relay(&world, &receiver, 1);
        tokio::select! {
            step = dying.step() => panic!("{step:?} without an answer"),
            () = receiver.hung.notified() => {}
        }
    }
    receiver.hangs.store(false, Ordering::SeqCst);
    world.place(order(2)).await;
    let next = relay(&world, &receiver, 2);
    assert_eq!(next.step().await.unwrap(), Step::Elsewhere, "the lease has not ended");
    world.clock.step(LEASE_MS);
    assert_eq!(next.step().await.unwrap(), Step::Moved(4));
    assert_eq!(receiver.positions(), [1, 2, 1, 2, 3, 4]);
    world.place(order(3)).await;
    assert_eq!(next.step().await.unwrap(), Step::Moved(2));
    assert_eq!(next.step().await.unwrap(), Step::Moved(0));
    assert_eq!(receiver.positions()[6..], [5, 6]);
    let delivered = receiver.first_deliveries();
    assert_eq!(delivered, walk(&*world.store, 100).await);
}

/// Takes steps until told to stop. Leases end all the time, and many a step is dropped half-way.
async fn relay_on(relay: Relay, clock: crate::FixedClock, stop: Arc<AtomicBool>) {
    for round in 0_u32.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        clock.step(LEASE_MS);
        let patience = async {
            for _ in 0..round % 50 {
                tokio::task::yield_now().await;
            }
            if round % 2 == 0 {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            done = relay.step() => drop(done.unwrap()),
            () = patience => {}
        }
        tokio::task::yield_now().await;
    }
}

/// Relays of one name together deliver every event at least once, none before those it follows,
/// while many write, leases end and steps are dropped.
pub async fn c159_relays_of_one_name_deliver_everything(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..4 {
        world.place(order(n)).await;
    }
    let receiver = Arc::new(Receiver::default());
    let stop = Arc::new(AtomicBool::new(false));
    let relays: Vec<_> = (1..=4)
        .map(|n| {
            let relay = relay(&world, &receiver, n);
            tokio::spawn(relay_on(relay, world.clock.clone(), Arc::clone(&stop)))
        })
        .collect();
    world.race((0..8).map(|n| write_much(world.orders.clone(), world.admin.clone(), n))).await;
    let expected = 4 * 2 + 8 * MUCH;
    let all_there = async {
        while receiver.first_deliveries().len() < expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let done = tokio::time::timeout(PATIENCE, all_there).await;
    stop.store(true, Ordering::SeqCst);
    for relay in relays {
        relay.await.unwrap();
    }
    let delivered = receiver.first_deliveries();
    assert!(done.is_ok(), "{} of {expected} were delivered", delivered.len());
    check_line(&delivered);
    assert_eq!(delivered.len(), expected);
    assert_eq!(delivered, walk(&*world.store, 1_000).await);
}

/// A publisher that fails moves nothing, whatever of it arrived.
pub async fn c160_a_publisher_that_fails_moves_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    let receiver = Arc::new(Receiver::default());
    world.place(order(1)).await;
    receiver.fails.store(true, Ordering::SeqCst);
    let relay = relay(&world, &receiver, 1);
    for _ in 0..3 {
        let failed = relay.step().await.unwrap_err();
        assert_eq!(
            (failed.code(), failed.kind()),
            ("publisher.unavailable", ErrorKind::Unavailable)
        );
        let held = world.store.claim(&name(1), holder(1), at(0), at(1)).await.unwrap();
        assert_eq!(held, Some(0));
    }
    assert_eq!(receiver.positions(), [1, 1, 1]);
    receiver.fails.store(false, Ordering::SeqCst);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    assert_eq!(receiver.positions(), [1, 1, 1, 1, 2]);
    let held = world.store.claim(&name(1), holder(1), at(0), at(1)).await.unwrap();
    assert_eq!(held, Some(2));
}
