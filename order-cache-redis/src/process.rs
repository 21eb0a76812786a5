//! What is kept in the process.

use std::sync::Arc;

use moka::sync::Cache;

use crate::{document::Kept, settings::CacheSettings};

/// What an entry takes besides its document: keys, counts, places in tables.
const ENTRY_BYTES: usize = 256;
/// How many times as large as its document an order is in memory.
const BYTES_A_BYTE: usize = 2;

/// The layer in the process: orders by the reference that they were read by.
#[derive(Debug, Clone)]
pub(crate) struct Near(Cache<Arc<str>, Arc<Kept>>);

impl Near {
    pub(crate) fn new(settings: &CacheSettings) -> Self {
        let weigh = |reference: &Arc<str>, kept: &Arc<Kept>| {
            let bytes = ENTRY_BYTES + reference.len() + BYTES_A_BYTE * kept.document_bytes();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .max_capacity(settings.bytes_max)
            .weigher(weigh)
            .time_to_live(settings.ttl)
            .build();
        Self(cache)
    }

    pub(crate) fn get(&self, reference: &str) -> Option<Arc<Kept>> {
        self.0.get(reference)
    }

    /// Keeps an order, unless a newer version of it came in meanwhile.
    pub(crate) fn put(&self, reference: &str, kept: Arc<Kept>) {
        let is_old = |present: &Kept| {
            present.stamp.order_id == kept.stamp.order_id
                && present.stamp.version > kept.stamp.version
        };
        if self.0.get(reference).is_some_and(|present| is_old(&present)) {
            return;
        }
        self.0.insert(reference.into(), kept);
    }

    pub(crate) fn forget(&self, reference: &str) {
        self.0.invalidate(reference);
    }
}
