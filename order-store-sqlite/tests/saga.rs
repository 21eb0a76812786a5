//! The process keeps its promises over a SQLite file.

#![expect(clippy::expect_used, reason = "a test speaks by panicking")]

use order_store_sqlite::SqliteStore;
use order_testkit::contract::Fixture;

async fn fresh() -> Fixture {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("orders.db");
    let url = format!("sqlite://{}", file.display());
    Fixture::new(SqliteStore::open(&url).await.expect("a new file opens")).keeping(folder)
}

order_testkit::saga_tests!(fresh);
