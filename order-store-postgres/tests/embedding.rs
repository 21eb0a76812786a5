//! An embedder's rows and ours land together or not at all.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test speaks by panicking")]

#[path = "embedding/host.rs"]
mod host;
#[path = "embedding/pool.rs"]
mod pool;
#[path = "support.rs"]
mod support;
#[path = "embedding/within.rs"]
mod within;

use host::{Host, PUT_BASKET};
use order_core::{
    Command, ErrorKind, Meta, Shipping,
    ports::{OrderQueries, OrderStore, StoreError},
};
use order_testkit::{
    contract::Author,
    sample::{full_order, keyed, order},
};
use sqlx::{Connection, Executor};

#[tokio::test]
async fn the_hosts_row_and_the_order_land_together() {
    let host = Host::new().await;
    let commit = Author::default().place(full_order(1), keyed("first")).await;
    let mut transaction = host.pool.begin().await.unwrap();
    transaction.execute(PUT_BASKET).await.unwrap();
    host.store.commit_on(&mut transaction, &commit).await.unwrap();
    assert_eq!(host.store.find("order-1").await.unwrap(), None, "nobody sees it before");
    transaction.commit().await.unwrap();
    assert_eq!(host.baskets().await, 1);
    let view = host.store.find("order-1").await.unwrap().unwrap();
    assert_eq!(view.order, *commit.order());
    let stored = host.store.load(commit.order_id()).await.unwrap();
    assert_eq!(stored.events, commit.events());
    assert_eq!(stored.person, **commit.person().unwrap());
    assert!(host.store.recall(&commit.request().unwrap().key).await.unwrap().is_some());
}

#[tokio::test]
async fn the_hosts_row_and_the_order_vanish_together() {
    let host = Host::new().await;
    let commit = Author::default().place(full_order(1), keyed("first")).await;
    let mut transaction = host.pool.begin().await.unwrap();
    transaction.execute(PUT_BASKET).await.unwrap();
    host.store.commit_on(&mut transaction, &commit).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(host.baskets().await, 0);
    host.holds_no_order().await;
    assert!(host.store.recall(&commit.request().unwrap().key).await.unwrap().is_none());
    host.store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn several_commits_of_one_order_may_share_a_transaction() {
    let host = Host::new().await;
    let author = Author::default();
    let placed = author.place(order(1), Meta::default()).await;
    let shipped = author.run("order-1", Command::Ship(Shipping::default()), Meta::default()).await;
    let mut transaction = host.pool.begin().await.unwrap();
    host.store.commit_on(&mut transaction, &placed).await.unwrap();
    host.store.commit_on(&mut transaction, &shipped).await.unwrap();
    transaction.commit().await.unwrap();
    let view = host.store.find("order-1").await.unwrap().unwrap();
    assert_eq!(view.order, *shipped.order());
    let stored = host.store.load(placed.order_id()).await.unwrap();
    assert_eq!(stored.events, [placed.events(), shipped.events()].concat());
}

#[tokio::test]
async fn a_refused_order_leaves_the_hosts_transaction_usable() {
    let host = Host::new().await;
    let author = Author::default();
    let first = author.place(order(1), Meta::default()).await;
    let second = author.place(order(2), Meta::default()).await;
    host.store.commit(&first).await.unwrap();
    let mut transaction = host.pool.begin().await.unwrap();
    transaction.execute(PUT_BASKET).await.unwrap();
    let refused = host.store.commit_on(&mut transaction, &first).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    host.store.commit_on(&mut transaction, &second).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(host.baskets().await, 1);
    assert!(host.store.find("order-2").await.unwrap().is_some());
}

/// The driver does not know of this transaction; the server does.
#[tokio::test]
async fn a_transaction_that_the_host_began_by_hand_is_joined_too() {
    let host = Host::new().await;
    let author = Author::default();
    let first = author.place(order(1), Meta::default()).await;
    let second = author.place(order(2), Meta::default()).await;
    let third = author.place(order(3), Meta::default()).await;
    host.store.commit(&first).await.unwrap();
    let mut connection = host.pool.acquire().await.unwrap();
    connection.execute("BEGIN").await.unwrap();
    connection.execute(PUT_BASKET).await.unwrap();
    let refused = host.store.commit_on(&mut connection, &first).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    host.store.commit_on(&mut connection, &second).await.unwrap();
    assert_eq!(host.store.find("order-2").await.unwrap(), None, "it is not lasting yet");
    connection.execute("COMMIT").await.unwrap();
    assert_eq!(host.baskets().await, 1);
    assert!(host.store.find("order-2").await.unwrap().is_some());
    connection.execute("BEGIN").await.unwrap();
    host.store.commit_on(&mut connection, &third).await.unwrap();
    connection.execute("ROLLBACK").await.unwrap();
    assert_eq!(host.store.find("order-3").await.unwrap(), None);
}

#[tokio::test]
async fn a_savepoint_of_the_host_takes_the_order_back() {
    let host = Host::new().await;
    let author = Author::default();
    let first = author.place(order(1), Meta::default()).await;
    let second = author.place(order(2), Meta::default()).await;
    let mut transaction = host.pool.begin().await.unwrap();
    let mut inner = transaction.begin().await.unwrap();
    host.store.commit_on(&mut inner, &first).await.unwrap();
    inner.rollback().await.unwrap();
    let mut inner = transaction.begin().await.unwrap();
    host.store.commit_on(&mut inner, &second).await.unwrap();
    inner.commit().await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(host.store.find("order-1").await.unwrap(), None);
    assert!(host.store.find("order-2").await.unwrap().is_some());
}

#[tokio::test]
async fn an_order_that_fails_half_way_leaves_nothing_in_the_hosts_transaction() {
    let host = Host::new().await;
    host.veto_events().await;
    let commit = Author::default().place(full_order(1), keyed("first")).await;
    let mut transaction = host.pool.begin().await.unwrap();
    transaction.execute(PUT_BASKET).await.unwrap();
    assert!(host.store.commit_on(&mut transaction, &commit).await.is_err());
    transaction.execute(PUT_BASKET).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(host.baskets().await, 2);
    host.holds_no_order().await;
}

#[tokio::test]
async fn in_a_transaction_that_has_failed_nothing_lands() {
    let host = Host::new().await;
    let commit = Author::default().place(order(1), Meta::default()).await;
    let mut transaction = host.pool.begin().await.unwrap();
    transaction.execute(PUT_BASKET).await.unwrap();
    assert!(transaction.execute("SELECT 1 / 0").await.is_err());
    let refused = host.store.commit_on(&mut transaction, &commit).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused:?}");
    // What is left of it is only its end.
    transaction.commit().await.unwrap();
    assert_eq!(host.baskets().await, 0);
    host.holds_no_order().await;
}

#[tokio::test]
async fn a_task_of_the_host_may_do_it() {
    let host = Host::new().await;
    let commit = Author::default().place(order(1), Meta::default()).await;
    let (pool, store) = (host.pool.clone(), host.store.clone());
    let task = tokio::spawn(async move {
        let mut transaction = pool.begin().await.unwrap();
        store.commit_on(&mut transaction, &commit).await.unwrap();
        transaction.commit().await.unwrap();
    });
    task.await.unwrap();
    assert!(host.store.find("order-1").await.unwrap().is_some());
}

#[tokio::test]
async fn without_a_transaction_the_order_lands_at_once_or_not_at_all() {
    let host = Host::new().await;
    let author = Author::default();
    let first = author.place(order(1), Meta::default()).await;
    let second = author.place(order(2), Meta::default()).await;
    let mut connection = host.pool.acquire().await.unwrap();
    host.store.commit_on(&mut connection, &first).await.unwrap();
    assert!(host.store.find("order-1").await.unwrap().is_some());
    let refused = host.store.commit_on(&mut connection, &first).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    host.veto_events().await;
    assert!(host.store.commit_on(&mut connection, &second).await.is_err());
    // The connection is in no transaction: this is lasting by itself.
    connection.execute(PUT_BASKET).await.unwrap();
    assert_eq!(host.baskets().await, 1);
    assert_eq!(host.store.find("order-2").await.unwrap(), None);
}
