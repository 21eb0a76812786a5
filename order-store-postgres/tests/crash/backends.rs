//! PostgreSQL is killed again and again while orders are placed.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use order_core::{
    ErrorKind, Meta, NewOrder, OrderId, OrderService, Orders, Recorded,
    ports::{Maintenance, SystemClock},
};
use order_store_postgres::PgOrderStore;
use order_testkit::{
    postgres::Postgres,
    sample::{full_order, keyed, product, text, units},
};
use tokio::{
    task::block_in_place,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{
    health::{admin, check_health},
    random::Random,
};

const KILLS: u32 = 40;
const CLIENTS: u32 = 16;
/// How long the server is left alone at most, in milliseconds.
const PEACE_MS: u64 = 250;
/// How long a client waits at most before it asks again, in milliseconds.
const PAUSE_MS: u64 = 100;
/// How soon orders are placed again once the server takes connections.
const RECOVERY: Duration = Duration::from_secs(5);
const STOCK: i64 = 1_000_000_000;

/// Orders that were acknowledged, and what was said of them.
type Acknowledged = HashMap<OrderId, Vec<Recorded>>;

#[derive(Debug, Default)]
struct Progress {
    acknowledged: AtomicU64,
    repeated: AtomicU64,
    ended: AtomicBool,
}

/// An order without an id or a number, so that whoever places it twice shows.
fn order(client: u32, n: u32) -> (NewOrder, Meta) {
    let mut order = NewOrder { id: None, number: None, ..full_order(n) };
    order.customer_id = Some(text(&format!("customer-{client}")));
    order.items.push(units("counted", 1));
    (order, keyed(&format!("key-{client}-{n}")))
}

/// Places one order after the other, each until it is acknowledged.
async fn place(
    orders: OrderService,
    client: u32,
    progress: Arc<Progress>,
    mut random: Random,
) -> Acknowledged {
    let mut acknowledged = HashMap::new();
    for n in 0.. {
        let receipt = loop {
            let (order, meta) = order(client, n);
            match orders.place(&admin(), order, meta).await {
                Ok(receipt) => break receipt,
                Err(error) => {
                    let kind = error.kind();
                    let is_passing =
                        [ErrorKind::Unavailable, ErrorKind::Overloaded].contains(&kind);
                    assert!(is_passing, "{error:?}");
                    progress.repeated.fetch_add(1, Ordering::SeqCst);
                    sleep(Duration::from_millis(random.below(PAUSE_MS))).await;
                }
            }
        };
        let before = acknowledged.insert(receipt.order.id().clone(), receipt.events);
        assert_eq!(before, None, "two keys have one order");
        progress.acknowledged.fetch_add(1, Ordering::SeqCst);
        if progress.ended.load(Ordering::SeqCst) {
            break;
        }
    }
    acknowledged
}

/// Waits until one more order is acknowledged.
async fn recovery(progress: &Progress) -> Duration {
    let (since, before) = (Instant::now(), progress.acknowledged.load(Ordering::SeqCst));
    let more = async {
        while progress.acknowledged.load(Ordering::SeqCst) == before {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(RECOVERY, more).await.expect("orders are placed again");
    since.elapsed()
}

/// All that was acknowledged is there as it was said, and nothing else.
async fn check(store: &PgOrderStore, mut acknowledged: Acknowledged) {
    let mut after = None;
    loop {
        let page = store.audit(after.as_ref(), 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for order in page {
            let said = acknowledged.remove(&order.id);
            assert_eq!(order.events.unwrap(), said.expect("a key has two orders"));
        }
    }
    assert!(acknowledged.is_empty(), "{} orders are lost", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_when_postgresql_is_killed() {
    let mut random = Random::seeded("killed");
    let mut server = block_in_place(Postgres::start).unwrap();
    let store = PgOrderStore::open(&server.url()).await.unwrap();
    let orders = OrderService::new(store.clone(), SystemClock, Uuid::now_v7);
    orders.add_product(&admin(), product("counted", Some(STOCK))).await.unwrap();
    let progress = Arc::new(Progress::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (orders, progress) = (orders.clone(), Arc::clone(&progress));
            tokio::spawn(place(orders, client, progress, random.split()))
        })
        .collect();
    recovery(&progress).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..KILLS {
        sleep(Duration::from_millis(random.below(PEACE_MS))).await;
        block_in_place(|| {
            server.kill();
            server.restart().unwrap();
        });
        slowest = slowest.max(recovery(&progress).await);
    }
    progress.ended.store(true, Ordering::SeqCst);
    let mut acknowledged = HashMap::new();
    for client in clients {
        acknowledged.extend(client.await.expect("a client panicked"));
    }
    let count = acknowledged.len();
    assert_eq!(count as u64, progress.acknowledged.load(Ordering::SeqCst));
    check(&store, acknowledged).await;
    assert_eq!(check_health(&orders).await, count as u64);
    let left = orders.product(&admin(), &text("counted")).await.unwrap().stock.unwrap();
    assert_eq!(left, STOCK - i64::try_from(count).unwrap());
    let repeated = progress.repeated.load(Ordering::SeqCst);
    println!(
        "killed: {count} acknowledged orders survived {KILLS} kills, {repeated} attempts were \
         repeated, orders were placed again within {slowest:?}"
    );
}
