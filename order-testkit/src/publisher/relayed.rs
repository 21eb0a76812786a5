//! Orders flow, relays are killed and the broker goes away for a while: every event arrives.

use std::{
    collections::HashSet,
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use order_core::{
    Command, Currency, Meta, NewOrder, OrderService, Orders, Principal, Relay, Step, Timestamp,
    memory::InMemoryStore,
    ports::{Clock, IdSource, Outbox, SystemClock},
};
use tokio::time::{sleep, timeout};

use super::{Broker, Received, Trouble, check_all, feed};
use crate::{
    CountingIds,
    sample::{order, text},
};

/// How long the broker is up before, and down after; `ORDER_TEST_DOWN_SECS` is another time for the second.
const UP: Duration = Duration::from_secs(3);
const DOWN_SECS: u64 = 4;
const WRITERS: u32 = 4;
/// Between two commands of one writer.
const WRITE_PAUSE: Duration = Duration::from_millis(20);
const RELAYS: u32 = 3;
/// The clock goes so much faster that a lease ends within a tenth of a second.
const HASTE: i64 = 300;
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug)]
struct World<B> {
    broker: B,
    store: InMemoryStore,
    begin: Timestamp,
    /// How long a relay lives at most, in milliseconds.
    life_ms: u64,
    holders: CountingIds,
    is_over: AtomicBool,
    orders: AtomicU32,
    killed: AtomicU32,
    failed: AtomicU32,
}

impl<B: Broker + 'static> World<B> {
    fn service(&self) -> OrderService {
        OrderService::new(self.store.clone(), SystemClock, CountingIds::default())
    }

    /// Places orders and goes on with them, as long as it lasts; none is refused.
    async fn write(self: Arc<Self>) {
        let (orders, admin) = (self.service(), Principal::admin(text("writer")));
        while !self.is_over.load(SeqCst) {
            let n = self.orders.fetch_add(1, SeqCst);
            let new = NewOrder { currency: Some(Currency::GBP), ..order(n) };
            orders.place(&admin, new, Meta::default()).await.unwrap();
            for command in [Command::Hold { reason: None }, Command::Release, Command::Process] {
                sleep(WRITE_PAUSE).await;
                let id = format!("order-{n}");
                orders.execute(&admin, &id, command, Meta::default()).await.unwrap();
            }
        }
    }

    /// A relay as a process of its own would make it, with a connection of its own.
    fn relay(&self) -> Relay {
        let begin = self.begin;
        let clock = move || {
            Timestamp::from_millis(begin.millis() + HASTE * SystemClock.now().millis_since(begin))
        };
        let (feed, publisher) = (Arc::new(self.store.clone()), self.broker.publisher());
        Relay::new(feed, publisher.into(), Arc::new(clock), text("broker"), self.holders.next_id())
    }

    /// Relays, each killed wherever it is by then.
    async fn relay_and_kill(self: Arc<Self>, mut seed: u64) {
        while !self.is_over.load(SeqCst) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            let relay = self.relay();
            let life = Duration::from_millis((seed >> 33) % self.life_ms);
            let _ = timeout(life, self.work(&relay)).await;
            self.killed.fetch_add(1, SeqCst);
        }
    }

    async fn work(&self, relay: &Relay) {
        loop {
            match relay.step().await {
                Ok(Step::Moved(1..)) => {}
                Ok(_) => sleep(Duration::from_millis(5)).await,
                Err(_) => {
                    self.failed.fetch_add(1, SeqCst);
                    sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    /// Brings what is left, and says how long that took.
    async fn finish(&self) -> Duration {
        let (relay, begin) = (self.relay(), Instant::now());
        while !matches!(relay.step().await, Ok(Step::Moved(0))) {
            assert!(begin.elapsed() < PATIENCE, "the relay comes to an end");
        }
        begin.elapsed()
    }
}

/// Places orders while relays are killed and the broker is [`Trouble::Down`] for a while, which it was made
/// for: every event arrives, in order per order, at the broker's own consumer and at another one, if one is
/// given by what it has received so far. A relay lives so long at most.
///
/// # Panics
/// If that is not so.
pub async fn survives_kills(
    broker: impl Broker + 'static,
    life: Duration,
    other: Option<&(dyn Fn() -> Vec<Received> + Sync)>,
) {
    let world = Arc::new(World {
        broker,
        store: InMemoryStore::default(),
        begin: SystemClock.now(),
        life_ms: u64::try_from(life.as_millis()).unwrap(),
        holders: CountingIds::default(),
        is_over: AtomicBool::default(),
        orders: AtomicU32::default(),
        killed: AtomicU32::default(),
        failed: AtomicU32::default(),
    });
    let writers = (0..WRITERS).map(|_| tokio::spawn(Arc::clone(&world).write()));
    let relays =
        (1..=RELAYS).map(|seed| tokio::spawn(Arc::clone(&world).relay_and_kill(seed.into())));
    let all: Vec<_> = writers.chain(relays).collect();
    sleep(UP).await;
    world.broker.inflict(Trouble::Down).await;
    let down = env::var("ORDER_TEST_DOWN_SECS").ok().and_then(|text| text.parse().ok());
    sleep(Duration::from_secs(down.unwrap_or(DOWN_SECS))).await;
    let behind = world.store.relays().await.unwrap()[0].backlog;
    world.broker.heal(Trouble::Down).await;
    sleep(UP).await;
    world.is_over.store(true, SeqCst);
    for task in all {
        task.await.unwrap();
    }
    let drained = world.finish().await;

    let given = feed(&world.store).await;
    let received = world.broker.received().await;
    check_all(&given, &received);
    if let Some(other) = other {
        let begin = Instant::now();
        let seen = || other().into_iter().collect::<HashSet<_>>().len();
        while seen() < given.len() && begin.elapsed() < PATIENCE {
            sleep(Duration::from_millis(100)).await;
        }
        check_all(&given, &other());
    }
    let (killed, failed) = (world.killed.load(SeqCst), world.failed.load(SeqCst));
    println!(
        "relayed: {} events, {} deliveries; {behind} waited while it was down; {killed} relays killed, {failed} steps failed; the rest in {drained:?}",
        given.len(),
        received.len()
    );
    assert!(killed >= 20 && behind > 0);
}
