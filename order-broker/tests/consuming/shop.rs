//! Who takes what other services tell, and is not always well; shared by the tests of all consumers.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use async_trait::async_trait;
use order_broker::{ConsumeError, Consumed};
use order_core::{
    Incoming, Intake, OrderService, ServiceError,
    memory::InMemoryStore,
    ports::{Catalog, Inbox, StoreError, SystemClock},
};
use order_testkit::{CountingIds, sample::text};
use tokio::time::{Instant, sleep};

/// How long a step waits for the first event.
pub(crate) const WAIT: Duration = Duration::from_secs(2);
/// Far longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// A product, as another service tells of it.
pub(crate) const MUG: &str = r#"{"id":"mug","name":"Mug","price":"9.50","stock":0}"#;
/// That there is one more of it.
pub(crate) const ONE_MORE: &str = r#"{"productId":"mug","quantity":1}"#;

/// An intake that is not always well.
#[derive(Debug)]
pub(crate) struct Shop {
    store: InMemoryStore,
    service: OrderService,
    /// How many calls fail from now on, before they have an effect.
    down: AtomicU32,
    /// How many calls from now on have an effect, and then nobody learns of it.
    silent: AtomicU32,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let store = InMemoryStore::default();
        let service = OrderService::new(store.clone(), SystemClock, CountingIds::default());
        Self { store, service, down: AtomicU32::new(0), silent: AtomicU32::new(0) }
    }

    /// So many calls fail from now on, before they have an effect.
    pub(crate) fn fail(&self, calls: u32) {
        self.down.store(calls, SeqCst);
    }

    /// So many calls from now on have an effect, and then nobody learns of it.
    pub(crate) fn fall_silent(&self, calls: u32) {
        self.silent.store(calls, SeqCst);
    }

    pub(crate) async fn stock(&self, id: &str) -> Option<i64> {
        self.store.products(&[text(id)]).await.unwrap().pop().and_then(|product| product.stock)
    }

    /// Nothing was told before its order was there.
    pub(crate) async fn check_settled(&self) {
        assert!(self.store.open_notices(1).await.unwrap().is_empty());
    }
}

fn is_next(count: &AtomicU32) -> bool {
    count.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl Intake for Shop {
    async fn take(&self, incoming: Incoming) -> Result<bool, ServiceError> {
        let unknown = || StoreError::Unavailable("not well".into()).into();
        if is_next(&self.down) {
            return Err(unknown());
        }
        let taken = self.service.take(incoming).await;
        if is_next(&self.silent) { Err(unknown()) } else { taken }
    }
}

/// Steps until so many events have been dealt with, however often that fails, and says how often it did.
pub(crate) async fn consume(
    step: impl AsyncFn() -> Result<Consumed, ConsumeError>,
    events: usize,
) -> (Consumed, u32) {
    let (mut all, mut failed, begin) = (Consumed::default(), 0, Instant::now());
    while all.count() < events {
        assert!(begin.elapsed() < PATIENCE, "{all:?}, {failed} steps failed");
        if let Ok(taken) = step().await {
            all.new += taken.new;
            all.known += taken.known;
            all.dead.extend(taken.dead);
        } else {
            failed += 1;
            sleep(Duration::from_millis(50)).await;
        }
    }
    (all, failed)
}
