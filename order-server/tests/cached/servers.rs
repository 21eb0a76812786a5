//! Several servers over one database, each with a cache of its own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use order_cache_redis::CachedQueries;
use order_core::{
    Command, Meta, OrderService, Orders, Principal,
    ports::{Store, SystemClock},
};
use order_testkit::{Random, SharedStore, sample};

const ORDERS: usize = 3;
const TASKS: u64 = 6;
const STEPS: u64 = 40;

/// A server over a store of its own, and what it reads through.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    orders: OrderService,
    admin: Principal,
}

impl Server {
    pub(crate) fn over(store: impl Store + 'static, cached: CachedQueries) -> Self {
        let store = SharedStore::new(Arc::new(store));
        let orders = OrderService::new(store, SystemClock, uuid::Uuid::now_v7)
            .with_queries(Arc::new(cached));
        Self { orders, admin: Principal::admin(sample::text("tester")) }
    }

    async fn note(&self, reference: &str, n: u64) -> u64 {
        let note = Command::Note { id: sample::text(&format!("n{n}")), text: format!("text {n}") };
        let done = self.orders.execute(&self.admin, reference, note, Meta::default()).await;
        done.unwrap().order.version()
    }

    async fn work(self, task: u64, mut random: Random, acknowledged: Arc<[AtomicU64; ORDERS]>) {
        for step in 0..STEPS {
            let at = usize::try_from(random.below(ORDERS as u64)).unwrap();
            let reference = format!("order-{}", at + 1);
            if random.once_in(3) {
                let version = self.note(&reference, task * STEPS + step).await;
                acknowledged[at].fetch_max(version, Ordering::SeqCst);
            }
            let least = acknowledged[at].load(Ordering::SeqCst);
            let view = self.orders.order(&self.admin, &reference, None).await.unwrap();
            assert!(view.order.version() >= least, "{reference} was {least} already");
            let notes = u64::try_from(view.person.notes.len()).unwrap();
            assert_eq!(view.order.version(), notes + 1, "it is of one moment");
        }
    }
}

/// All write and read at once.
pub(crate) async fn never_read_what_is_older_than_what_was_acknowledged(servers: [Server; 2]) {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    for n in 1..=ORDERS {
        let order = sample::order(u32::try_from(n).unwrap());
        servers[0].orders.place(&servers[0].admin, order, Meta::default()).await.unwrap();
    }
    let acknowledged: Arc<[AtomicU64; ORDERS]> = Arc::new(std::array::from_fn(|_| 1.into()));
    let tasks = (0..TASKS).map(|task| {
        let server = servers[usize::from(task % 2 == 1)].clone();
        tokio::spawn(server.work(task, Random::seeded(seed + task), Arc::clone(&acknowledged)))
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("a read was stale");
    }
}
