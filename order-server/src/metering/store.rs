//! How long the store takes, its queue included.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use metrics::Histogram;
use order_core::{
    OrderId,
    ports::{Commit, OrderStore, Remembered, RequestKey, StoreError, Stored},
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

/// A store that is measured.
#[derive(Debug)]
pub(crate) struct MeasuredStore {
    store: Arc<dyn OrderStore>,
    load: Histogram,
    commit: Histogram,
}

impl MeasuredStore {
    pub(crate) fn new(store: Arc<dyn OrderStore>) -> Self {
        let of = |operation: &'static str| metrics::histogram!(DURATION, "operation" => operation);
        Self { store, load: of("load"), commit: of("commit") }
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
        let begun = Instant::now();
        let loaded = self.store.load(id).instrument(traces::of_store("load")).await;
        self.load.record(begun.elapsed().as_secs_f64());
        loaded.inspect_err(|error| failed("load", error))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let begun = Instant::now();
        let committed = self.store.commit(commit).instrument(traces::of_store("commit")).await;
        self.commit.record(begun.elapsed().as_secs_f64());
        committed.inspect_err(|error| failed("commit", error))
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        self.store.recall(key).await
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        self.store.next_number().await
    }
}
