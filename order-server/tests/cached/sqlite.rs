//! A file.

use std::sync::Arc;

use order_cache_redis::{CacheSettings, CachedQueries};
use order_store_sqlite::SqliteStore;
use order_testkit::{SharedStore, contract::Fixture};
use tempfile::TempDir;

use crate::servers::{Server, never_read_what_is_older_than_what_was_acknowledged};

async fn open(folder: &TempDir) -> SqliteStore {
    let file = folder.path().join("orders.db");
    SqliteStore::open(&format!("sqlite://{}", file.display())).await.unwrap()
}

async fn fresh() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let cached = CachedQueries::new(store.clone(), &CacheSettings::default());
    let store = SharedStore::new(Arc::new(store)).with_queries(Arc::new(cached));
    Fixture::new(store).keeping(folder)
}

order_testkit::store_contract_tests!(fresh);

/// As a command line beside a server.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_programs_on_one_file_read_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(&folder).await, open(&folder).await);
    let servers = [one, other].map(|store| {
        let cached = CachedQueries::new(store.clone(), &CacheSettings::default());
        Server::over(store, cached)
    });
    never_read_what_is_older_than_what_was_acknowledged(servers).await;
}
