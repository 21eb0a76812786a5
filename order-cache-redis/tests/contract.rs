//! Behind a cache, a store keeps every clause that stores keep.

use std::sync::Arc;

use order_cache_redis::{CacheSettings, CachedQueries};
use order_core::memory::InMemoryStore;
use order_testkit::{SharedStore, contract::Fixture};

async fn fresh() -> Fixture {
    let store = InMemoryStore::default();
    let cached = CachedQueries::new(store.clone(), &CacheSettings::default());
    Fixture::new(SharedStore::new(Arc::new(store)).with_queries(Arc::new(cached)))
}

order_testkit::store_contract_tests!(fresh);
