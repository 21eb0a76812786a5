//! No acknowledged order is lost when the process is killed.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test speaks by panicking")]

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use order_core::{
    Currency, Meta, OrderService, Orders, Principal,
    ports::{Maintenance, OrderQueries, OrderStore, Severity, SystemClock},
};
use order_store_sqlite::SqliteStore;
use order_testkit::sample::{full_order, text};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

const ROUNDS: u32 = 10;
const CLIENTS: u32 = 16;
/// Tells a test process that it is to commit until it is killed.
const FILE: &str = "ORDER_DURABILITY_FILE";
const ROUND: &str = "ORDER_DURABILITY_ROUND";

/// Not a test of its own: the process that is killed.
#[tokio::test(flavor = "multi_thread")]
async fn commits_until_it_is_killed() {
    let (Ok(file), Ok(round)) = (env::var(FILE), env::var(ROUND)) else {
        return;
    };
    let store = SqliteStore::open(&file).await.unwrap();
    let service = OrderService::new(store, SystemClock, uuid::Uuid::now_v7);
    let clients = (0..CLIENTS).map(|client| {
        let (service, round) = (service.clone(), round.clone());
        tokio::spawn(async move {
            let admin = Principal::admin(text("tester"));
            for n in 0.. {
                let mut order = full_order(n);
                let id = format!("r{round}-c{client}-n{n}");
                order.id = Some(text(&id));
                order.number = None;
                order.currency = Some(Currency::GBP);
                service.place(&admin, order, Meta::default()).await.unwrap();
                // One write, so that a line is whole or not there.
                std::io::stdout().write_all(format!("placed {id}\n").as_bytes()).unwrap();
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}

/// Runs the process above and kills it after a while; says which orders it had acknowledged.
fn killed(file: &str, round: u32, after: Duration) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "commits_until_it_is_killed", "--nocapture"])
        .env(FILE, file)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (began, begins) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut placed = Vec::new();
        for line in stdout.lines().map_while(Result::ok) {
            // The harness may have written to the same line before.
            if let Some((_, id)) = line.split_once("placed ") {
                let _ = began.send(());
                placed.push(id.to_owned());
            }
        }
        placed
    });
    begins.recv_timeout(Duration::from_mins(1)).expect("the process begins to place orders");
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

async fn check(file: &str, placed: &[String]) {
    let store = SqliteStore::open(file).await.unwrap();
    for id in placed {
        let view = store.find(id).await.unwrap().unwrap_or_else(|| panic!("{id} is lost"));
        let stored = store.load(view.order.id()).await.unwrap();
        assert_eq!(stored.events.len(), 2, "{id} is placed and confirmed");
        assert_eq!(stored.person, *view.person);
    }
    let service = OrderService::new(store.clone(), SystemClock, uuid::Uuid::now_v7);
    let admin = Principal::admin(text("tester"));
    let mut after = None;
    let mut orders = 0;
    loop {
        let page = service.verify(&admin, after.as_ref(), 1_000).await.unwrap();
        assert_eq!(page.findings, []);
        orders += page.orders;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(orders >= placed.len() as u64);
    let findings = store.doctor().await.unwrap();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Info), "{findings:?}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let file = path.to_str().unwrap();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = u64::from(since.subsec_nanos()) | 1;
    println!("seed {seed}");
    let mut random = seed;
    let mut placed = Vec::new();
    for round in 0..ROUNDS {
        // xorshift: any spread of moments will do.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let after = Duration::from_millis(random % 250);
        placed.extend(killed(file, round, after));
        check(file, &placed).await;
    }
    println!("{} acknowledged orders survived {ROUNDS} kills", placed.len());
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let integrity: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(integrity, "ok");
}
