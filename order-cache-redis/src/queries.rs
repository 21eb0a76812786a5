//! The cache as a source of reads.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::ports::{
    OrderPage, OrderQueries, OrderQuery, OrderView, Revalidated, Revalidation, StatsQuery,
    StatsRow, StoreError,
};

use crate::{
    document::Kept,
    error::{Misfit, SettingsError},
    metrics::Counters,
    process::Near,
    redis::Far,
    settings::{CacheSettings, RedisSettings},
};

/// No reference of an order has more bytes: 200 characters.
const REFERENCE_BYTES_MAX: usize = 800;

/// Reads of a store with a cache before them. Orders one by one are kept; lists and reports go to the
/// store as they are. Clones share what is kept.
#[derive(Debug, Clone)]
pub struct CachedQueries {
    queries: Arc<dyn OrderQueries>,
    source: Arc<dyn Revalidation>,
    near: Near,
    near_counters: Counters,
    far: Option<Far>,
    settings: CacheSettings,
}

/// Something that may still be right, and where it was.
struct Candidate<'a> {
    kept: Arc<Kept>,
    counters: &'a Counters,
    is_near: bool,
}

impl CachedQueries {
    /// The reads of this store, with what was read kept in the process.
    pub fn new(
        store: impl OrderQueries + Revalidation + 'static,
        settings: &CacheSettings,
    ) -> Self {
        let store = Arc::new(store);
        Self {
            queries: store.clone(),
            source: store,
            near: Near::new(settings),
            near_counters: Counters::of("process"),
            far: None,
            settings: *settings,
        }
    }

    /// The same with a layer in Redis behind the one in the process. Connects when it is first asked, in
    /// the runtime that this is called in, and anew whenever the connection was lost.
    ///
    /// # Errors
    /// [`SettingsError`]. That Redis is away is none.
    pub fn with_redis(self, redis: &RedisSettings) -> Result<Self, SettingsError> {
        let far = Far::new(redis, &self.settings)?;
        Ok(Self { far: Some(far), ..self })
    }

    /// Whether Redis answers in time; none where there is no layer in it.
    pub async fn ping(&self) -> Option<bool> {
        Some(self.far.as_ref()?.ping().await)
    }

    /// What may still be right.
    async fn candidate(&self, reference: &str) -> Option<Candidate<'_>> {
        if let Some(kept) = self.near.get(reference) {
            return Some(Candidate { kept, counters: &self.near_counters, is_near: true });
        }
        let far = self.far.as_ref()?;
        let kept = far.get(reference).await;
        // Counted here, for what the process has Redis is not asked for.
        self.near_counters.misses.increment(1);
        if kept.is_none() {
            far.counters().misses.increment(1);
        }
        Some(Candidate { kept: kept?, counters: far.counters(), is_near: false })
    }

    fn keep(&self, reference: &str, kept: Kept) {
        let kept = Arc::new(kept);
        if let Some(far) = &self.far {
            far.put(reference, Arc::clone(&kept));
        }
        self.near.put(reference, kept);
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl OrderQueries for CachedQueries {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        if reference.len() > REFERENCE_BYTES_MAX {
            return self.queries.find(reference).await;
        }
        let candidate = self.candidate(reference).await;
        let known = candidate.as_ref().map(|candidate| &candidate.kept.stamp);
        match (self.source.revalidate(reference, known).await?, candidate) {
            (Revalidated::Unchanged, Some(Candidate { kept, counters, is_near })) => {
                counters.hits.increment(1);
                if !is_near {
                    self.near.put(reference, Arc::clone(&kept));
                }
                Ok(Some(kept.view.clone()))
            }
            (Revalidated::Unchanged, None) => Err(StoreError::Unavailable(Misfit.into())),
            (Revalidated::Changed { stamp, view }, candidate) => {
                self.count_miss(candidate.as_ref());
                self.keep(reference, Kept { stamp, view: view.clone() });
                Ok(Some(view))
            }
            (Revalidated::Absent, candidate) => {
                self.count_miss(candidate.as_ref());
                if candidate.is_some() {
                    self.near.forget(reference);
                }
                Ok(None)
            }
        }
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        self.queries.list(query).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        self.queries.stats(query).await
    }
}

impl CachedQueries {
    /// Counts a read that the store had to give whole.
    fn count_miss(&self, candidate: Option<&Candidate<'_>>) {
        match candidate {
            Some(candidate) => candidate.counters.misses.increment(1),
            // With Redis it was counted when both layers were looked at.
            None if self.far.is_none() => self.near_counters.misses.increment(1),
            None => {}
        }
    }
}
