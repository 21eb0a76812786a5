//! Whoever follows the feed by its positions misses nothing, sees nothing twice, and sees each order's
//! events in their order.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use order_core::{
    EventId, OrderId,
    ports::{EventFeed, Positioned},
};
use order_store_postgres::PgOrderStore;
use tokio::time::sleep;

use crate::{health::check_health, random::Random, writers::Scene};

const WRITERS: usize = 8;
const LASTS: Duration = Duration::from_secs(15);
/// How long a sequencer lives at most before it is replaced, in milliseconds.
const SEQUENCER_MS: u64 = 200;

/// What somebody saw who follows the feed.
#[derive(Debug, Default)]
struct Seen {
    events: Vec<Positioned>,
    ids: HashSet<EventId>,
    last_of: HashMap<OrderId, (u64, u32)>,
    doubles: u64,
    inversions: u64,
    gaps: u64,
}

impl Seen {
    fn position(&self) -> u64 {
        self.events.last().map_or(0, |last| last.position)
    }

    fn see(&mut self, event: Positioned) {
        let EventId { order_id, version, ordinal } = event.recorded.id.clone();
        self.gaps += u64::from(event.position != self.position() + 1);
        self.doubles += u64::from(!self.ids.insert(event.recorded.id.clone()));
        let place = (version, ordinal);
        // The next of its version, or the first of the next version.
        let follows = self.last_of.insert(order_id, place).map_or(place == (1, 0), |last| {
            place == (last.0, last.1 + 1) || place == (last.0 + 1, 0)
        });
        self.inversions += u64::from(!follows);
        self.events.push(event);
    }
}

async fn sequence_for_ever(store: PgOrderStore) {
    loop {
        store.sequence().await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
}

/// Sequences, and stops without a warning again and again. Says how often.
async fn sequence_in_bits(store: PgOrderStore, mut random: Random, until: Instant) -> u64 {
    let mut stopped = 0;
    while Instant::now() < until {
        let sequencer = tokio::spawn(sequence_for_ever(store.clone()));
        sleep(Duration::from_micros(random.below(1_000 * SEQUENCER_MS))).await;
        sequencer.abort();
        assert!(sequencer.await.unwrap_err().is_cancelled());
        stopped += 1;
    }
    stopped
}

/// Follows the feed in steps of any length, until there is no more after the end.
async fn follow(store: PgOrderStore, mut random: Random, until: Instant) -> Seen {
    let mut seen = Seen::default();
    loop {
        let is_over = Instant::now() > until && store.sequence().await.unwrap() == 0;
        let limit = u32::try_from(1 + random.below(300)).unwrap();
        let events = store.after(seen.position(), limit).await.unwrap();
        assert!(events.len() <= limit as usize);
        if events.is_empty() {
            if is_over {
                return seen;
            }
            sleep(Duration::from_millis(random.below(10))).await;
        }
        for event in events {
            seen.see(event);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_the_feed_misses_nothing() {
    let mut random = Random::seeded("followed");
    let mut scene = Scene::set().await;
    for n in 0..WRITERS {
        if n < WRITERS / 2 {
            scene.add_service(random.split());
        } else {
            scene.add_host(random.split());
        }
    }
    let until = Instant::now() + LASTS;
    let [one, other] = scene.stores.clone();
    let lasting = tokio::spawn(sequence_for_ever(one.clone()));
    let in_bits = tokio::spawn(sequence_in_bits(other.clone(), random.split(), until));
    // Some time after the writers have ended, so that everything has landed.
    let follower =
        tokio::spawn(follow(one.clone(), random.split(), until + Duration::from_secs(1)));
    let stopped = in_bits.await.unwrap();
    let commits = scene.end().await;
    lasting.abort();
    assert!(lasting.await.unwrap_err().is_cancelled(), "a sequencer panicked");
    let seen = follower.await.unwrap();
    let total = scene.events().await;
    let missed = total - seen.ids.len() as u64;
    println!(
        "followed: {commits} commits, {total} events; {missed} missed, {} doubles, {} inversions, {} \
         gaps; a sequencer stopped {stopped} times",
        seen.doubles, seen.inversions, seen.gaps
    );
    assert_eq!((missed, seen.doubles, seen.inversions, seen.gaps), (0, 0, 0, 0));
    assert_eq!(seen.position(), total);
    // Positions never change: whoever begins later sees the same.
    let mut again = Vec::new();
    while (again.len() as u64) < total {
        again.extend(other.after(again.len() as u64, 777).await.unwrap());
    }
    assert_eq!(again, seen.events);
    check_health(&crate::writers::service(&one)).await;
}
