//! Those who write at the same time: services over two stores, and hosts whose transactions last.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use order_core::{
    Command, Meta, NewOrder, OrderService, Orders, ServiceError,
    ports::{Commit, OrderStore, StoreError, SystemClock},
};
use order_store_postgres::PgOrderStore;
use order_testkit::{
    CapturingStore,
    sample::{full_order, order, text},
};
use sqlx::{PgPool, Postgres, Transaction, postgres::PgPoolOptions};
use tokio::{task::JoinHandle, time::sleep};
use uuid::Uuid;

use crate::{
    health::admin,
    random::Random,
    support::{Schema, url},
};

/// Orders that everybody writes to.
const HOT_ORDERS: u64 = 40;
/// How long a host's transaction lasts at most before its end, in milliseconds.
const DELAY_MS: u64 = 31;
/// How many in a hundred of them the host takes back.
const ROLLBACKS: u64 = 20;

/// A schema, two stores on it, and everybody who writes to them.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) stores: [PgOrderStore; 2],
    pool: PgPool,
    ended: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    writers: Vec<JoinHandle<()>>,
    pub(crate) schema: Schema,
}

pub(crate) fn service(store: &PgOrderStore) -> OrderService {
    OrderService::new(store.clone(), SystemClock, Uuid::now_v7)
}

fn hot(n: u64) -> String {
    format!("hot-{n}")
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let schema = Schema::fresh();
        let stores = [schema.store().await, schema.store().await];
        for n in 0..HOT_ORDERS {
            let order = NewOrder { id: Some(text(&hot(n))), ..order(0) };
            service(&stores[0]).place(&admin(), order, Meta::default()).await.unwrap();
        }
        let pool = PgPoolOptions::new().max_connections(8).connect(&url()).await.unwrap();
        let (ended, written) = Default::default();
        Self { stores, pool, ended, written, writers: Vec::new(), schema }
    }

    /// Lets a service write over one of the stores.
    pub(crate) fn add_service(&mut self, random: Random) {
        let store = &self.stores[self.writers.len() % 2];
        self.writers.push(tokio::spawn(serve(
            service(store),
            Arc::clone(&self.ended),
            Arc::clone(&self.written),
            random,
        )));
    }

    /// Lets a host write in transactions of its own, by either way in.
    pub(crate) fn add_host(&mut self, random: Random) {
        let host = Host {
            store: self.stores[self.writers.len() % 2].clone(),
            pool: self.pool.clone(),
            random,
        };
        let (ended, written) = (Arc::clone(&self.ended), Arc::clone(&self.written));
        self.writers.push(tokio::spawn(host.serve(ended, written)));
    }

    /// Lets everybody finish, and says how many commits they made.
    pub(crate) async fn end(&mut self) -> u64 {
        self.ended.store(true, Ordering::SeqCst);
        for writer in self.writers.drain(..) {
            writer.await.expect("a writer panicked");
        }
        self.written.load(Ordering::SeqCst)
    }

    /// How many events there are.
    pub(crate) async fn events(&self) -> u64 {
        let count = self.schema.sql("SELECT count(*) FROM order_store.order_event");
        let count: i64 = sqlx::query_scalar(count).fetch_one(&self.pool).await.unwrap();
        count.unsigned_abs()
    }
}

fn note() -> Command {
    Command::Note { id: text(&Uuid::now_v7().to_string()), text: "noted".to_owned() }
}

fn new_order(random: &mut Random) -> NewOrder {
    let n = u32::try_from(random.below(1_000)).unwrap();
    NewOrder { id: None, number: None, ..full_order(n) }
}

/// A new order, or a note on one that everybody writes to.
async fn write(orders: &OrderService, random: &mut Random) -> Result<(), ServiceError> {
    if random.below(3) == 0 {
        let order = new_order(random);
        return orders.place(&admin(), order, Meta::default()).await.map(|_| ());
    }
    let id = hot(random.below(HOT_ORDERS));
    orders.execute(&admin(), &id, note(), Meta::default()).await.map(|_| ())
}

async fn serve(
    orders: OrderService,
    ended: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    mut random: Random,
) {
    while !ended.load(Ordering::SeqCst) {
        write(&orders, &mut random).await.unwrap();
        written.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(random.below(5))).await;
    }
}

struct Host {
    store: PgOrderStore,
    pool: PgPool,
    random: Random,
}

impl Host {
    async fn serve(mut self, ended: Arc<AtomicBool>, written: Arc<AtomicU64>) {
        while !ended.load(Ordering::SeqCst) {
            let transaction = self.pool.begin().await.unwrap();
            let (transaction, commits) = match self.random.below(2) {
                0 => self.join(transaction).await,
                _ => self.commit_on(transaction).await,
            };
            sleep(Duration::from_millis(self.random.below(DELAY_MS))).await;
            if self.random.below(100) < ROLLBACKS {
                transaction.rollback().await.unwrap();
            } else {
                transaction.commit().await.unwrap();
                written.fetch_add(commits, Ordering::SeqCst);
            }
        }
    }

    /// One or two changes by a service within the transaction, the second perhaps of the same order.
    async fn join(
        &mut self,
        transaction: Transaction<'static, Postgres>,
    ) -> (Transaction<'static, Postgres>, u64) {
        let joined = self.store.join(transaction);
        let orders = service(&self.store).within(joined.clone());
        let mut ids = [self.random.below(HOT_ORDERS), self.random.below(HOT_ORDERS)];
        // In one order, so that hosts do not wait for each other in a circle.
        ids.sort_unstable_by_key(|n| hot(*n));
        let count = 1 + usize::try_from(self.random.below(2)).unwrap();
        for n in &ids[..count] {
            orders.execute(&admin(), &hot(*n), note(), Meta::default()).await.unwrap();
        }
        (joined.leave().await.unwrap(), count as u64)
    }

    /// A commit that was decided before the transaction, so that somebody may have been faster.
    async fn commit_on(
        &mut self,
        mut transaction: Transaction<'static, Postgres>,
    ) -> (Transaction<'static, Postgres>, u64) {
        let commit = self.decide().await;
        match self.store.commit_on(&mut transaction, &commit).await {
            Ok(()) => (transaction, 1),
            Err(StoreError::Conflict) => (transaction, 0),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A real commit that is not written yet.
    async fn decide(&mut self) -> Commit {
        let tap = Arc::new(CapturingStore::new(Arc::new(self.store.clone())));
        tap.withhold(true);
        let orders = service(&self.store).with_store(Arc::clone(&tap) as Arc<dyn OrderStore>);
        write(&orders, &mut self.random).await.unwrap();
        tap.take().remove(0)
    }
}
