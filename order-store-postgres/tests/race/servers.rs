//! Two servers on one schema.

use std::{sync::Arc, time::Duration};

use order_core::{NewProduct, OrderService, Orders, ports::SystemClock};
use order_store_postgres::PgOrderStore;
use order_testkit::sample::text;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Barrier,
    task::JoinHandle,
    time::sleep,
};
use uuid::Uuid;

use crate::{
    health::{self, admin},
    support::{Schema, url},
};

/// How often to look whether somebody waits, and how long to wait between two looks.
const LOOKS_MAX: u32 = 500;
const PAUSE: Duration = Duration::from_millis(10);

/// A store and its use cases, on threads of their own.
#[derive(Debug)]
pub(crate) struct Server {
    runtime: Option<Runtime>,
    pub(crate) store: PgOrderStore,
    pub(crate) orders: OrderService,
}

impl Server {
    pub(crate) fn over(store: PgOrderStore) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let orders = OrderService::new(store.clone(), SystemClock, Uuid::now_v7);
        Self { runtime: Some(runtime), store, orders }
    }

    /// Begins something on the server's own threads.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.as_ref().unwrap().spawn(work)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Two servers on one schema, which is dropped after them.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) servers: [Server; 2],
    pub(crate) schema: Schema,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        let schema = Schema::fresh();
        let servers = [Server::over(schema.store().await), Server::over(schema.store().await)];
        Self { servers, schema }
    }

    /// Does so many things at the same time, every second one on the second server, and gives what
    /// came of them in order.
    pub(crate) async fn race<T, W>(
        &self,
        count: usize,
        mut work: impl FnMut(usize, &Server) -> W,
    ) -> Vec<T>
    where
        T: Send + 'static,
        W: Future<Output = T> + Send + 'static,
    {
        let gate = Arc::new(Barrier::new(count));
        let begin = |n: usize| {
            let server = &self.servers[n % 2];
            let (gate, work) = (Arc::clone(&gate), work(n, server));
            server.spawn(async move {
                gate.wait().await;
                work.await
            })
        };
        let tasks: Vec<_> = (0..count).map(begin).collect();
        let mut done = Vec::with_capacity(count);
        for task in tasks {
            done.push(task.await.expect("a racer panicked"));
        }
        done
    }

    pub(crate) async fn sell(&self, product: NewProduct) {
        self.servers[0].orders.add_product(&admin(), product).await.unwrap();
    }

    pub(crate) async fn stock(&self, product: &str) -> i64 {
        let product = self.servers[1].orders.product(&admin(), &text(product)).await.unwrap();
        product.stock.unwrap()
    }

    /// Waits until so many sessions wait for a lock in this schema.
    pub(crate) async fn until_waiting(&self, sessions: i64) {
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE wait_event_type = 'Lock' AND query LIKE '%\"{}\".order_%'",
            self.schema.0
        );
        let mut connection = PgConnection::connect(&url()).await.unwrap();
        for _ in 0..LOOKS_MAX {
            let count = sqlx::query_scalar(AssertSqlSafe(waiting.clone()));
            let count: i64 = count.fetch_one(&mut connection).await.unwrap();
            if count == sessions {
                return;
            }
            sleep(PAUSE).await;
        }
        panic!("nobody waits for a lock");
    }

    /// Both servers find everything sound. Says how many orders there are.
    pub(crate) async fn check_health(&self) -> u64 {
        let [one, other] = &self.servers;
        let count = health::check_health(&one.orders).await;
        assert_eq!(health::check_health(&other.orders).await, count);
        count
    }
}
