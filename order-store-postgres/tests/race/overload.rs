//! What cannot be done soon is refused at once, and what was taken is done.

use std::time::{Duration, Instant};

use order_core::{
    ErrorKind, Meta,
    ports::{Commit, OrderQueries, OrderStore, StoreError},
};
use order_testkit::{
    contract::Author,
    sample::{order, order_of, product, units},
};
use sqlx::{Connection, Executor, PgConnection};
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    servers::{Pair, Server},
    support::url,
};

/// As in `src/crew.rs`.
const QUEUE_MAX: usize = 8_192;
/// Each stops at the lock with what it has taken.
const COMMITTERS: usize = 2;
const REFUSED: usize = 500;
/// More batches than can each wait for the lock before the last of them is late.
const QUEUED: usize = 6_000;
/// `ANSWER_TIMEOUT` of `src/settings.rs`, and what else takes time while two cores are at work.
const HEARD_WITHIN: Duration = Duration::from_secs(6);
/// How long a batch waits for a lock, as in `src/settings.rs`, less what it takes to notice.
const LOCK_TIMEOUT: Duration = Duration::from_millis(700);
/// How long a refusal may take while two cores are at work.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Orders of one unit of the product that is locked.
async fn commits(count: usize) -> Vec<Commit> {
    let author = Author::default();
    author.sell(product("locked", Some(1_000_000))).await;
    let mut commits = Vec::new();
    for n in 0..count {
        let order = order_of(&format!("order-{n:05}"), vec![units("locked", 1)]);
        commits.push(author.place(order, Meta::default()).await);
    }
    commits
}

/// A foreign transaction that holds the product.
async fn lock(pair: &Pair) -> PgConnection {
    let mut holder = PgConnection::connect(&url()).await.unwrap();
    holder.execute("BEGIN").await.unwrap();
    let lock = "SELECT 1 FROM order_store.order_product WHERE id = 'locked' FOR UPDATE";
    sqlx::query(pair.schema.sql(lock)).execute(&mut holder).await.unwrap();
    holder
}

type Task = JoinHandle<Result<(), StoreError>>;
type Asked = (Commit, Task);

fn spawn(server: &Server, commit: &Commit) -> Task {
    let (store, commit) = (server.store.clone(), commit.clone());
    server.spawn(async move { store.commit(&commit).await })
}

fn ask(server: &Server, commit: Commit) -> Asked {
    let task = spawn(server, &commit);
    (commit, task)
}

/// Waits until so many as do not fit were refused; gives the commit of one of them, and the others.
async fn until_refused(asked: Vec<Asked>) -> (Commit, Vec<Task>) {
    for _ in 0..1_000 {
        if asked.iter().filter(|(_, task)| task.is_finished()).count() >= REFUSED {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    let (refused, waiting): (Vec<Asked>, Vec<Asked>) =
        asked.into_iter().partition(|(_, task)| task.is_finished());
    let mut commits = Vec::new();
    for (commit, task) in refused {
        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error, StoreError::Overloaded), "{error:?}");
        commits.push(commit);
    }
    (commits.remove(0), waiting.into_iter().map(|(_, task)| task).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_soon_is_refused_at_once() {
    for _ in 0..20 {
        if crowd().await {
            return;
        }
        println!("overload: the queue was not full before the first gave up, once more");
    }
    panic!("the machine has too much else to do");
}

/// Fills the queue behind a lock. False if that took so long that the first gave up before it was full.
async fn crowd() -> bool {
    let pair = Pair::start().await;
    let [server, other] = &pair.servers;
    pair.sell(product("locked", Some(1_000_000))).await;
    let mut commits = commits(COMMITTERS + QUEUE_MAX + REFUSED).await.into_iter();
    let mut holder = lock(&pair).await;
    let locked_at = Instant::now();
    let mut asked = Vec::new();
    for n in (1..).take(COMMITTERS) {
        asked.push(ask(server, commits.next().unwrap()));
        pair.until_waiting(n).await;
    }
    asked.extend(commits.map(|commit| ask(server, commit)));
    let (refused, waiting) = until_refused(asked).await;
    let refused_after = locked_at.elapsed();
    if refused_after > LOCK_TIMEOUT {
        return false;
    }
    assert_eq!(waiting.len(), COMMITTERS + QUEUE_MAX, "the lock lasts longer than they wait");
    // The queue is full, so this is how long the next one waits for a refusal.
    let asked_at = Instant::now();
    let error = spawn(server, &refused).await.unwrap().unwrap_err();
    let refused_within = asked_at.elapsed();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert!(refused_within < AT_ONCE, "{refused_within:?}");
    // Whoever reads, or has to do with another server, does not wait.
    assert_eq!(server.store.find("order-00000").await.unwrap(), None);
    let elsewhere = Author::default().place(order(1), Meta::default()).await;
    spawn(other, &elsewhere).await.unwrap().unwrap();
    holder.execute("ROLLBACK").await.unwrap();
    let held_for = locked_at.elapsed();
    // Who waited too long, for the lock or behind others, was refused too, and nothing of it was written.
    let mut accepted = 0_i64;
    for task in waiting {
        match task.await.unwrap() {
            Ok(()) => accepted += 1,
            Err(error) => assert!(matches!(error, StoreError::Overloaded), "{error:?}"),
        }
    }
    let done_after = locked_at.elapsed();
    assert_eq!(pair.check_health().await, u64::try_from(accepted + 1).unwrap());
    assert_eq!(pair.stock("locked").await, 1_000_000 - accepted);
    println!(
        "overload: {REFUSED} refused after {refused_after:?}, one more in {refused_within:?}; \
         {accepted} got what they waited for the lock for until {held_for:?} and were done after {done_after:?}"
    );
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_lock_that_stays_nobody_waits_for_long() {
    let pair = Pair::start().await;
    pair.sell(product("locked", Some(1_000_000))).await;
    let commits = commits(QUEUED).await;
    let mut holder = lock(&pair).await;
    let locked_at = Instant::now();
    let tasks: Vec<_> = commits.iter().map(|commit| spawn(&pair.servers[0], commit)).collect();
    for task in tasks {
        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error, StoreError::Overloaded), "{error:?}");
    }
    let heard_within = locked_at.elapsed();
    assert!(heard_within < HEARD_WITHIN, "{heard_within:?}");
    holder.execute("ROLLBACK").await.unwrap();
    assert_eq!(pair.check_health().await, 0, "nothing was written");
    println!("overload: {QUEUED} behind a lock that stays heard so within {heard_within:?}");
}
