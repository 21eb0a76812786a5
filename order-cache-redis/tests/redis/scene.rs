//! A store whose reads can be held up, and servers with caches of their own over it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test speaks by panicking")]

use std::{
    collections::hash_map::RandomState,
    env,
    hash::BuildHasher,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use order_cache_redis::CachedQueries;
use order_core::{
    Command, Meta, OrderId, OrderService, Orders, Principal,
    memory::InMemoryStore,
    ports::{
        OrderPage, OrderQueries, OrderQuery, OrderView, Revalidated, Revalidation, Stamp,
        StatsQuery, StatsRow, StoreError,
    },
};
use order_testkit::{CountingIds, FixedClock, SharedStore, sample};
use tokio::sync::{Notify, oneshot};

/// A store that counts what it gives whole, gives way around every look, and holds up one look on demand:
/// after it was taken, before it is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gated {
    pub(crate) store: InMemoryStore,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    documents: AtomicU64,
    looks: AtomicU64,
    gate: Mutex<Option<Gate>>,
    /// Whether there is nothing any more.
    is_gone: AtomicBool,
}

#[derive(Debug)]
struct Gate {
    looked: oneshot::Sender<()>,
    told: Arc<Notify>,
}

/// A look that is held up.
#[derive(Debug)]
pub(crate) struct HeldUp {
    looked: oneshot::Receiver<()>,
    told: Arc<Notify>,
}

impl HeldUp {
    /// Waits until the look was taken.
    pub(crate) async fn looked(&mut self) {
        let looked = tokio::time::timeout(Duration::from_secs(10), &mut self.looked).await;
        looked.expect("somebody looks in time").expect("somebody looks");
    }

    /// Lets it be told.
    pub(crate) fn tell(self) {
        self.told.notify_one();
    }
}

impl Gated {
    /// Holds up the next look.
    pub(crate) fn hold_up(&self) -> HeldUp {
        let (sender, looked) = oneshot::channel();
        let told = Arc::new(Notify::new());
        *self.state.gate.lock().unwrap() = Some(Gate { looked: sender, told: Arc::clone(&told) });
        HeldUp { looked, told }
    }

    /// From now on nothing is there, or everything again.
    pub(crate) fn lose(&self, is_gone: bool) {
        self.state.is_gone.store(is_gone, Ordering::SeqCst);
    }

    /// How many orders were given whole.
    pub(crate) fn documents(&self) -> u64 {
        self.state.documents.load(Ordering::SeqCst)
    }

    /// How many looks were taken.
    pub(crate) fn looks(&self) -> u64 {
        self.state.looks.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Revalidation for Gated {
    async fn revalidate(
        &self,
        reference: &str,
        known: Option<&Stamp>,
    ) -> Result<Revalidated, StoreError> {
        tokio::task::yield_now().await;
        let found = if self.state.is_gone.load(Ordering::SeqCst) {
            Ok(Revalidated::Absent)
        } else {
            self.store.revalidate(reference, known).await
        };
        self.state.looks.fetch_add(1, Ordering::SeqCst);
        if let Ok(Revalidated::Changed { .. }) = &found {
            self.state.documents.fetch_add(1, Ordering::SeqCst);
        }
        let gate = self.state.gate.lock().unwrap().take();
        if let Some(Gate { looked, told }) = gate {
            let _ = looked.send(());
            told.notified().await;
        }
        tokio::task::yield_now().await;
        found
    }
}

#[async_trait]
impl OrderQueries for Gated {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        self.store.find(reference).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        self.store.list(query).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        self.store.stats(query).await
    }
}

/// A server: the use cases over the store that servers share, with a cache of its own.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) orders: OrderService,
    pub(crate) cache: CachedQueries,
    pub(crate) admin: Principal,
}

impl Server {
    pub(crate) fn over(gated: &Gated, cache: CachedQueries) -> Self {
        let store = SharedStore::new(Arc::new(gated.store.clone()));
        let orders = OrderService::new(store, FixedClock::default(), CountingIds::default())
            .with_queries(Arc::new(cache.clone()));
        Self { orders, cache, admin: Principal::admin(sample::text("tester")) }
    }

    /// Places `order-n`.
    pub(crate) async fn place(&self, n: u32) -> OrderId {
        let placed = self.orders.place(&self.admin, sample::order(n), Meta::default()).await;
        placed.unwrap().order.id().clone()
    }

    /// Writes a note, which changes personal data and makes a version; which one.
    pub(crate) async fn note(&self, id: &OrderId, n: u64) -> u64 {
        let note = Command::Note { id: sample::text(&format!("n{n}")), text: format!("text {n}") };
        let done = self.orders.execute(&self.admin, id.as_str(), note, Meta::default()).await;
        done.unwrap().order.version()
    }

    pub(crate) async fn read(&self, reference: &str) -> OrderView {
        self.orders.order(&self.admin, reference, None).await.unwrap()
    }
}

/// A read is whole: each version after the first brought a note.
pub(crate) fn assert_whole(view: &OrderView) {
    let notes = u64::try_from(view.person.notes.len()).unwrap();
    assert_eq!(view.order.version(), notes + 1, "state and personal data are of one version");
}

/// A seed, printed so that a run that failed can be had again: `ORDER_TEST_SEED`.
pub(crate) fn seed() -> u64 {
    let told = env::var("ORDER_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = told.unwrap_or_else(|| RandomState::new().hash_one(0) >> 16);
    println!("ORDER_TEST_SEED={seed}");
    seed
}
