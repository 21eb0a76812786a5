//! Relays of one name bring every event at least once, in order, whichever of them stop.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use order_core::{
    EventId, Relay, RelayError, Step, Timestamp,
    ports::{Clock, EventPublisher, Positioned, PublishError, SystemClock},
};
use order_store_postgres::PgOrderStore;
use order_testkit::sample::text;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{health::check_health, random::Random, writers::Scene};

const HOLDERS: usize = 3;
const LASTS: Duration = Duration::from_secs(8);
/// How long a relay lives at most, in milliseconds.
const LIFE_MS: u64 = 600;
/// The clock goes so much faster that a lease ends within a tenth of a second.
const HASTE: i64 = 300;
/// How long the receiver takes at most, in milliseconds: most often less than a lease lasts, now and
/// then more.
const PAUSE_MS: [u64; 4] = [10, 10, 10, 300];

/// A receiver that may take some time, may fail, and may have taken a part of what it was given then.
#[derive(Debug)]
struct Receiver {
    random: Mutex<Random>,
    received: Mutex<Received>,
    failures: AtomicU32,
}

#[derive(Debug, Default)]
struct Received {
    ids: HashSet<EventId>,
    /// The last position that came for the first time.
    last: u64,
    again: u64,
    out_of_order: u64,
}

impl Received {
    fn take(&mut self, event: &Positioned) {
        if !self.ids.insert(event.recorded.id.clone()) {
            self.again += 1;
            return;
        }
        // Whatever comes for the first time comes in the order of the feed, and so in that of each
        // order.
        self.out_of_order += u64::from(event.position != self.last + 1);
        self.last = event.position;
    }
}

#[async_trait]
impl EventPublisher for Receiver {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let (fails_at, pause) = {
            let mut random = self.random.lock().unwrap();
            let fails = random.below(10) == 0;
            let most = PAUSE_MS[usize::try_from(random.below(4)).unwrap()];
            (fails.then(|| random.below(events.len() as u64)), random.below(most))
        };
        for (n, event) in (0..).zip(events) {
            if Some(n) == fails_at {
                self.failures.fetch_add(1, Ordering::SeqCst);
                return Err(PublishError::Unavailable("no answer".into()));
            }
            self.received.lock().unwrap().take(event);
            // Half-way, so that others come in between.
            if n == events.len() as u64 / 2 {
                sleep(Duration::from_millis(pause)).await;
            }
        }
        Ok(())
    }
}

/// What relays did.
#[derive(Debug, Default)]
struct Tally {
    moved: u64,
    overtaken: u64,
    elsewhere: u64,
    dropped: u64,
}

fn hasty_clock() -> impl Clock {
    let begin = SystemClock.now();
    move || {
        let passed = SystemClock.now().millis_since(begin);
        Timestamp::from_millis(begin.millis() + HASTE * passed)
    }
}

async fn relay_until(
    store: PgOrderStore,
    receiver: Arc<Receiver>,
    clock: Arc<dyn Clock>,
    mut random: Random,
    until: Instant,
) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < until {
        let (feed, receiver, clock) =
            (Arc::new(store.clone()), Arc::clone(&receiver), clock.clone());
        let relay = Relay::new(feed, receiver, clock, text("projection"), Uuid::now_v7());
        let life = Duration::from_millis(random.below(LIFE_MS));
        // The relay is dropped wherever it is by then; its lease ends by itself.
        let _ = timeout(life, work(&relay, &mut tally)).await;
        tally.dropped += 1;
    }
    tally
}

async fn work(relay: &Relay, tally: &mut Tally) {
    loop {
        match relay.step().await {
            Ok(Step::Moved(0)) => sleep(Duration::from_millis(5)).await,
            Ok(Step::Moved(events)) => tally.moved += u64::from(events),
            Ok(Step::Elsewhere) => {
                tally.elsewhere += 1;
                sleep(Duration::from_millis(5)).await;
            }
            Ok(Step::Overtaken) => tally.overtaken += 1,
            Err(RelayError::Publish(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Brings what is left, when everybody else has stopped.
async fn finish(store: &PgOrderStore, receiver: &Arc<Receiver>, clock: Arc<dyn Clock>) {
    let (feed, receiver) = (Arc::new(store.clone()), Arc::clone(receiver));
    let relay = Relay::new(feed, receiver, clock, text("projection"), Uuid::now_v7());
    let deadline = Instant::now() + Duration::from_secs(10);
    while !matches!(relay.step().await, Ok(Step::Moved(0))) {
        assert!(Instant::now() < deadline, "the relay comes to an end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_bring_every_event_whichever_of_them_stop() {
    let mut random = Random::seeded("relayed");
    let mut scene = Scene::set().await;
    for _ in 0..2 {
        scene.add_service(random.split());
        scene.add_host(random.split());
    }
    let receiver = Arc::new(Receiver {
        random: Mutex::new(random.split()),
        received: Mutex::default(),
        failures: AtomicU32::new(0),
    });
    let clock: Arc<dyn Clock> = Arc::new(hasty_clock());
    let until = Instant::now() + LASTS;
    let holders: Vec<_> = (0..HOLDERS)
        .map(|n| {
            let (store, receiver) = (scene.stores[n % 2].clone(), Arc::clone(&receiver));
            tokio::spawn(relay_until(store, receiver, clock.clone(), random.split(), until))
        })
        .collect();
    let mut tally = Tally::default();
    for holder in holders {
        let one = holder.await.expect("a relay panicked");
        tally.moved += one.moved;
        tally.overtaken += one.overtaken;
        tally.elsewhere += one.elsewhere;
        tally.dropped += one.dropped;
    }
    scene.end().await;
    finish(&scene.stores[0], &receiver, clock).await;
    let total = scene.events().await;
    let taken = std::mem::take(&mut *receiver.received.lock().unwrap());
    let failures = receiver.failures.load(Ordering::SeqCst);
    println!(
        "relayed: {total} events, {} came again, {} out of order; {failures} failures; {tally:?}",
        taken.again, taken.out_of_order
    );
    assert_eq!(taken.ids.len() as u64, total);
    assert_eq!((taken.last, taken.out_of_order), (total, 0));
    assert!(tally.dropped > 0 && failures > 0);
    check_health(&crate::writers::service(&scene.stores[1])).await;
}
