//! Many commits share a transaction, and none of them suffers from another.

#![expect(clippy::unwrap_used, reason = "a test speaks by panicking")]

use std::time::Duration;

use order_core::{
    Command, Meta, Reason,
    ports::{Commit, Maintenance, OrderQueries, OrderQuery, OrderStore, StoreError},
};
use order_store_sqlite::SqliteStore;
use order_testkit::{
    contract::Author,
    sample::{draft, full_order, order, text},
};
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

async fn open() -> (SqliteStore, SqliteConnection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let store = SqliteStore::open(path.to_str().unwrap()).await.unwrap();
    let connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    (store, connection, folder)
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) {
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

/// All at once, so that they gather while the writer is busy.
async fn commit_all(store: &SqliteStore, commits: &[Commit]) -> Vec<Result<(), StoreError>> {
    let waiting = commits.iter().map(|commit| {
        let (store, commit) = (store.clone(), commit.clone());
        tokio::spawn(async move { store.commit(&commit).await })
    });
    let mut done = Vec::new();
    for answer in waiting.collect::<Vec<_>>() {
        done.push(answer.await.unwrap());
    }
    done
}

async fn is_sound(store: &SqliteStore) {
    for audited in store.audit(None, 1_000).await.unwrap() {
        let (state, events) = (audited.state.unwrap(), audited.events.unwrap());
        assert_eq!(order_core::replay(&events, None).unwrap(), Some(state), "{}", audited.id);
        assert!(audited.amiss.is_empty(), "{}: {:?}", audited.id, audited.amiss);
    }
}

#[tokio::test]
async fn commits_of_one_order_may_share_a_transaction() {
    let (store, _connection, _folder) = open().await;
    let author = Author::default();
    let reason = |reason: &str| Command::Hold { reason: Some(text::<Reason>(reason)) };
    let note = |id: &str, words: &str| Command::Note { id: text(id), text: words.to_owned() };
    let mut commits = vec![author.place(draft(1), Meta::default()).await];
    let place = Command::Place { content: None, person: None };
    for command in [
        place,
        note("n1", "please ring the bell"),
        reason("stock-taking"),
        Command::Release,
        Command::Ship(order_core::Shipping {
            tracking_number: Some(text("TRACK4711")),
            ..order_core::Shipping::default()
        }),
    ] {
        commits.push(author.run("order-1", command, Meta::default()).await);
    }
    // In the order they were made, but without waiting for one another.
    let (first, rest) = commits.split_at(2);
    for done in commit_all(&store, first).await.into_iter().chain(commit_all(&store, rest).await) {
        done.unwrap();
    }
    is_sound(&store).await;
    for words in ["bell", "track4711", "please ring"] {
        let words = order_core::search::words(words);
        let query = OrderQuery { words, limit: 10, ..OrderQuery::default() };
        assert_eq!(store.list(&query).await.unwrap().orders.len(), 1);
    }
    let view = store.find("order-1").await.unwrap().unwrap();
    assert_eq!(view.order, *commits.last().unwrap().order());
    assert_eq!(view.person.notes.len(), 1);
}

#[tokio::test]
async fn one_bad_commit_fails_alone() {
    let (store, mut connection, _folder) = open().await;
    run(
        &mut connection,
        "CREATE TRIGGER veto BEFORE INSERT ON order_event WHEN NEW.order_id = 'order-7'
         BEGIN SELECT raise(ABORT, 'not today'); END",
    )
    .await;
    let author = Author::default();
    let mut commits = Vec::new();
    for n in 0..50 {
        commits.push(author.place(full_order(n), Meta::default()).await);
    }
    for (n, done) in commit_all(&store, &commits).await.into_iter().enumerate() {
        if n == 7 {
            assert!(matches!(done, Err(StoreError::Corrupt { .. })), "{done:?}");
        } else {
            done.unwrap();
        }
    }
    assert_eq!(store.find("order-7").await.unwrap(), None);
    is_sound(&store).await;
    run(&mut connection, "DROP TRIGGER veto").await;
    store.commit(&commits[7]).await.unwrap();
}

#[tokio::test]
async fn a_failing_file_fails_everyone_and_is_used_again_once_it_works() {
    let (store, mut connection, _folder) = open().await;
    let author = Author::default();
    let mut commits = Vec::new();
    for n in 0..20 {
        commits.push(author.place(order(n), Meta::default()).await);
    }
    run(&mut connection, "ALTER TABLE order_event RENAME TO order_event_away").await;
    for done in commit_all(&store, &commits).await {
        assert!(matches!(done, Err(StoreError::Unavailable(_))), "{done:?}");
    }
    run(&mut connection, "ALTER TABLE order_event_away RENAME TO order_event").await;
    for done in commit_all(&store, &commits).await {
        done.unwrap();
    }
    is_sound(&store).await;
}

#[tokio::test]
async fn whoever_goes_away_leaves_the_commit_whole() {
    let (store, _connection, _folder) = open().await;
    let author = Author::default();
    for n in 0..60 {
        let commit = author.place(full_order(n), Meta::default()).await;
        let task = {
            let (store, commit) = (store.clone(), commit.clone());
            tokio::spawn(async move { store.commit(&commit).await })
        };
        tokio::time::sleep(Duration::from_micros(u64::from(n) * 50)).await;
        task.abort();
    }
    is_sound(&store).await;
    let last = author.place(order(99), Meta::default()).await;
    store.commit(&last).await.unwrap();
}

#[tokio::test]
async fn a_commit_waits_for_another_process() {
    let (store, mut connection, _folder) = open().await;
    let commit = Author::default().place(order(1), Meta::default()).await;
    run(&mut connection, "BEGIN IMMEDIATE").await;
    let waiting = {
        let store = store.clone();
        tokio::spawn(async move { store.commit(&commit).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    assert_eq!(store.find("order-1").await.unwrap(), None, "reads do not wait");
    run(&mut connection, "COMMIT").await;
    waiting.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_file_never_give_the_same_number() {
    let (one, _connection, folder) = open().await;
    let other = SqliteStore::open(folder.path().join("orders.db").to_str().unwrap()).await.unwrap();
    let asking = (0..400).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move { store.next_number().await.unwrap() })
    });
    let mut numbers = Vec::new();
    for number in asking.collect::<Vec<_>>() {
        numbers.push(number.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers[0], 1);
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}

#[tokio::test]
async fn a_process_that_needs_one_number_takes_one() {
    let (store, _connection, folder) = open().await;
    assert_eq!(store.next_number().await.unwrap(), 1);
    let next = SqliteStore::open(folder.path().join("orders.db").to_str().unwrap()).await.unwrap();
    assert_eq!(next.next_number().await.unwrap(), 2);
}

#[tokio::test]
async fn closing_writes_what_waits_and_refuses_what_comes_later() {
    let (store, mut connection, _folder) = open().await;
    let author = Author::default();
    let mut commits = Vec::new();
    for n in 0..40 {
        commits.push(author.place(order(n), Meta::default()).await);
    }
    let waiting = commits.iter().take(39).map(|commit| {
        let (store, commit) = (store.clone(), commit.clone());
        tokio::spawn(async move { store.commit(&commit).await })
    });
    let waiting: Vec<_> = waiting.collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut written = 0;
    for answer in waiting {
        written += i64::from(answer.await.unwrap().is_ok());
    }
    let count = "SELECT count(*) FROM order_state";
    let there: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
    assert_eq!(there, written);
    assert!(written > 0);
    let late = store.commit(&commits[39]).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
}

#[test]
fn a_store_outlives_the_runtime_that_it_was_opened_in() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let author = Author::default();
    let (store, commits, _folder) = {
        let first = runtime();
        first.block_on(async {
            let (store, _connection, folder) = open().await;
            let commits = [
                author.place(order(1), Meta::default()).await,
                author.place(order(2), Meta::default()).await,
            ];
            store.commit(&commits[0]).await.unwrap();
            (store, commits, folder)
        })
    };
    runtime().block_on(async {
        store.commit(&commits[1]).await.unwrap();
        assert!(store.find("order-1").await.unwrap().is_some());
    });
}
