//! Whoever comes while another transaction is under way waits for it and decides on what it leaves.

use order_core::{
    Command, Meta,
    ports::{Commit, OrderQueries, OrderStore, StoreError},
};
use order_testkit::{
    contract::Author,
    sample::{order, order_of, product, text, units},
};
use sqlx::{PgPool, Postgres, Transaction, postgres::PgPoolOptions};
use tokio::task::JoinHandle;

use crate::{
    servers::{Pair, Server},
    support::url,
};

type Task = JoinHandle<Result<(), StoreError>>;

/// Commits through the server, or in a transaction of the host.
fn begin(server: &Server, host: Option<&PgPool>, commit: &Commit) -> Task {
    let (store, commit, host) = (server.store.clone(), commit.clone(), host.cloned());
    server.spawn(async move {
        let Some(host) = host else {
            return store.commit(&commit).await;
        };
        let mut transaction = host.begin().await.unwrap();
        let written = store.commit_on(&mut transaction, &commit).await;
        transaction.commit().await.unwrap();
        written
    })
}

/// Ends a transaction that another commit waits for, and says what becomes of that.
async fn end(
    transaction: Transaction<'_, Postgres>,
    commits: bool,
    waiting: Task,
) -> Result<(), StoreError> {
    assert!(!waiting.is_finished());
    if commits {
        transaction.commit().await.unwrap();
    } else {
        transaction.rollback().await.unwrap();
    }
    waiting.await.unwrap()
}

async fn host() -> PgPool {
    PgPoolOptions::new().max_connections(4).connect(&url()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_for_the_last_unit_waits_and_is_told_so() {
    let (pair, author, host) = (Pair::start().await, Author::default(), host().await);
    let [one, other] = &pair.servers;
    for (n, is_host, commits) in
        [(0, false, true), (1, false, false), (2, true, true), (3, true, false)]
    {
        let id = format!("last-{n}");
        author.sell(product(&id, Some(1_000))).await;
        pair.sell(product(&id, Some(1))).await;
        let wants = |who| order_of(&format!("{who}-{n}"), vec![units(&id, 1)]);
        let first = author.place(wants("first"), Meta::default()).await;
        let second = author.place(wants("second"), Meta::default()).await;
        let mut transaction = host.begin().await.unwrap();
        one.store.commit_on(&mut transaction, &first).await.unwrap();
        let waiting = begin(other, is_host.then_some(&host), &second);
        pair.until_waiting(1).await;
        let done = end(transaction, commits, waiting).await;
        if commits {
            let is_told = matches!(done, Err(StoreError::InsufficientStock { available: 0, .. }));
            assert!(is_told, "{n}: {done:?}");
        } else {
            done.unwrap();
        }
        assert_eq!(pair.stock(&id).await, 0);
    }
    assert_eq!(pair.check_health().await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_follows_on_one_under_way_waits_for_it() {
    let (pair, author, host) = (Pair::start().await, Author::default(), host().await);
    let [one, other] = &pair.servers;
    for (n, is_host, commits) in
        [(0, false, true), (1, false, false), (2, true, true), (3, true, false)]
    {
        let placed = author.place(order(n), Meta::default()).await;
        let id = placed.order_id().to_string();
        let note = |text_: &str| Command::Note { id: text(text_), text: text_.to_owned() };
        let first = author.run(&id, note("first"), Meta::default()).await;
        let second = author.run(&id, note("second"), Meta::default()).await;
        one.store.commit(&placed).await.unwrap();
        let mut transaction = host.begin().await.unwrap();
        one.store.commit_on(&mut transaction, &first).await.unwrap();
        let waiting = begin(other, is_host.then_some(&host), &second);
        pair.until_waiting(1).await;
        let done = end(transaction, commits, waiting).await;
        let left = if commits {
            done.unwrap();
            second
        } else {
            assert!(matches!(done, Err(StoreError::Conflict)), "{n}: {done:?}");
            placed
        };
        assert_eq!(other.store.find(&id).await.unwrap().unwrap().order, *left.order());
    }
    assert_eq!(pair.check_health().await, 4);
}
