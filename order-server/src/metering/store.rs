//! How long the store takes, its queue included.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use metrics::Histogram;
use order_core::{
    OrderId,
    ports::{
        Commit, OrderPage, OrderQueries, OrderQuery, OrderStore, OrderView, Remembered, RequestKey,
        StatsQuery, StatsRow, StoreError, Stored,
    },
};
use tracing::Instrument as _;

use crate::traces;

/// How long it took.
const DURATION: &str = "order_store_duration_seconds";
/// What failed.
const ERRORS: &str = "order_store_errors_total";

pub(super) fn describe() {
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "From when the store was asked to its answer, waiting for a batch included, by operation"
    );
    metrics::describe_counter!(ERRORS, "What the store could not do, by operation and code");
}

/// Something that the store is asked to do.
#[derive(Debug)]
struct Operation {
    name: &'static str,
    duration: Histogram,
}

impl Operation {
    fn new(name: &'static str) -> Self {
        Self { name, duration: metrics::histogram!(DURATION, "operation" => name) }
    }

    /// Does it, as a span of its own, with a look at the clock before and after.
    async fn measure<T>(
        &self,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let answered = asked.instrument(traces::of_store(self.name)).await;
        self.duration.record(begun.elapsed().as_secs_f64());
        answered.inspect_err(|error| failed(self.name, error))
    }
}

/// A store that is measured.
#[derive(Debug)]
pub(crate) struct MeasuredStore {
    store: Arc<dyn OrderStore>,
    load: Operation,
    commit: Operation,
}

impl MeasuredStore {
    pub(crate) fn new(store: Arc<dyn OrderStore>) -> Self {
        Self { store, load: Operation::new("load"), commit: Operation::new("commit") }
    }
}

/// Reads that are measured, a cache before them included.
#[derive(Debug)]
pub(crate) struct MeasuredQueries {
    queries: Arc<dyn OrderQueries>,
    find: Operation,
    list: Operation,
    stats: Operation,
}

impl MeasuredQueries {
    pub(crate) fn new(queries: Arc<dyn OrderQueries>) -> Self {
        let [find, list, stats] = ["find", "list", "stats"].map(Operation::new);
        Self { queries, find, list, stats }
    }
}

/// Counts a failure; that somebody was faster or asked for too much is none.
fn failed(operation: &'static str, error: &StoreError) {
    if !matches!(
        error,
        StoreError::Conflict
            | StoreError::KeyTaken
            | StoreError::NumberTaken
            | StoreError::InsufficientStock { .. }
    ) {
        let labels = [("operation", operation), ("code", error.code())];
        metrics::counter!(ERRORS, &labels).increment(1);
    }
}

#[async_trait]
impl OrderStore for MeasuredStore {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        self.load.measure(self.store.load(id)).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.commit.measure(self.store.commit(commit)).await
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        self.store.recall(key).await
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        self.store.next_number().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl OrderQueries for MeasuredQueries {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        self.find.measure(self.queries.find(reference)).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        self.list.measure(self.queries.list(query)).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        self.stats.measure(self.queries.stats(query)).await
    }
}
