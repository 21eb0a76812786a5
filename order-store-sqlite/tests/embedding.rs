//! An embedder's rows and ours land together or not at all.

#![expect(clippy::unwrap_used, reason = "a test speaks by panicking")]

use order_core::{
    Meta,
    ports::{OrderQueries, OrderStore, StoreError},
};
use order_store_sqlite::{SqliteStore, commit_on};
use order_testkit::{
    contract::Author,
    sample::{full_order, keyed, order},
};
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tempfile::TempDir;

/// A host with a pool and a table of its own.
async fn host() -> (SqliteStore, SqlitePool, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("host.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE basket (name TEXT)").execute(&pool).await.unwrap();
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    (store, pool, folder)
}

const PUT_BASKET: &str = "INSERT INTO basket (name) VALUES ('mine')";

async fn baskets(pool: &SqlitePool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM basket").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn the_hosts_row_and_the_order_land_together() {
    let (store, pool, _folder) = host().await;
    let commit = Author::default().place(full_order(1), keyed("first")).await;
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query(PUT_BASKET).execute(&mut *transaction).await.unwrap();
    commit_on(&mut transaction, &commit).await.unwrap();
    assert_eq!(store.find("order-1").await.unwrap(), None, "nobody sees it before");
    transaction.commit().await.unwrap();
    assert_eq!(baskets(&pool).await, 1);
    let view = store.find("order-1").await.unwrap().unwrap();
    assert_eq!(view.order, *commit.order());
    let stored = store.load(commit.order_id()).await.unwrap();
    assert_eq!(stored.events, commit.events());
    assert_eq!(stored.person, **commit.person().unwrap());
    assert!(store.recall(&commit.request().unwrap().key).await.unwrap().is_some());
}

#[tokio::test]
async fn the_hosts_row_and_the_order_vanish_together() {
    let (store, pool, _folder) = host().await;
    let commit = Author::default().place(full_order(1), keyed("first")).await;
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query(PUT_BASKET).execute(&mut *transaction).await.unwrap();
    commit_on(&mut transaction, &commit).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(baskets(&pool).await, 0);
    assert_eq!(store.find("order-1").await.unwrap(), None);
    assert!(store.load(commit.order_id()).await.unwrap().events.is_empty());
    assert!(store.recall(&commit.request().unwrap().key).await.unwrap().is_none());
    store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn a_refused_order_leaves_the_hosts_transaction_usable() {
    let (store, pool, _folder) = host().await;
    let author = Author::default();
    let first = author.place(order(1), Meta::default()).await;
    let second = author.place(order(2), Meta::default()).await;
    store.commit(&first).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query(PUT_BASKET).execute(&mut *transaction).await.unwrap();
    let refused = commit_on(&mut transaction, &first).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    commit_on(&mut transaction, &second).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(baskets(&pool).await, 1);
    assert!(store.find("order-2").await.unwrap().is_some());
}

#[tokio::test]
async fn an_order_that_fails_half_way_leaves_nothing_in_the_hosts_transaction() {
    let (store, pool, _folder) = host().await;
    // Events are written after the state: half of the commit is there when this refuses.
    let veto = "CREATE TRIGGER veto BEFORE INSERT ON order_event \
                BEGIN SELECT raise(ABORT, 'not today'); END";
    sqlx::query(veto).execute(&pool).await.unwrap();
    let commit = Author::default().place(full_order(1), Meta::default()).await;
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query(PUT_BASKET).execute(&mut *transaction).await.unwrap();
    assert!(commit_on(&mut transaction, &commit).await.is_err());
    transaction.commit().await.unwrap();
    assert_eq!(baskets(&pool).await, 1);
    assert_eq!(store.find("order-1").await.unwrap(), None);
    for table in ["order_state", "order_person", "order_product_index", "order_search"] {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let rows: i64 = sqlx::query_scalar(count).fetch_one(&pool).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn a_task_of_the_host_may_do_it() {
    let (store, pool, _folder) = host().await;
    let commit = Author::default().place(order(1), Meta::default()).await;
    let task = tokio::spawn(async move {
        let mut transaction = pool.begin().await.unwrap();
        commit_on(&mut transaction, &commit).await.unwrap();
        transaction.commit().await.unwrap();
    });
    task.await.unwrap();
    assert!(store.find("order-1").await.unwrap().is_some());
}

#[tokio::test]
async fn without_a_transaction_the_order_lands_at_once() {
    let (store, pool, _folder) = host().await;
    let commit = Author::default().place(order(1), Meta::default()).await;
    let mut connection = pool.acquire().await.unwrap();
    commit_on(&mut connection, &commit).await.unwrap();
    assert!(store.find("order-1").await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_over_the_hosts_pool_runs_nothing_before_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        SqliteConnectOptions::new().filename(folder.path().join("host.db")).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let tables = async |pool: &SqlitePool| {
        let rows = sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'table'");
        let rows = rows.fetch_all(pool).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>()
    };
    let store = SqliteStore::new(pool.clone());
    assert!(tables(&pool).await.is_empty());
    store.migrate().await.unwrap();
    let tables = tables(&pool).await;
    assert!(tables.contains(&"order_state".to_owned()));
    let strange = |name: &&String| !name.starts_with("order_") && !name.starts_with("sqlite_");
    assert_eq!(tables.iter().find(strange), None, "every table of ours has our prefix");
}
