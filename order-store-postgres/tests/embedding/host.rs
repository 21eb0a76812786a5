//! A host: an application with a pool, a table and a schema of its own.

use order_core::{Confirmation, Currency, OrderService, Policy, Principal};
use order_store_postgres::PgOrderStore;
use order_testkit::{CountingIds, FixedClock, sample::text};
use sqlx::{
    AssertSqlSafe, Executor, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::support::{Schema, url};

pub(crate) const PUT_BASKET: &str = "INSERT INTO basket (name) VALUES ('mine')";

/// The tables that an order leaves rows in.
const TABLES: [&str; 8] = [
    "order_state",
    "order_number",
    "order_event",
    "order_person",
    "order_product_index",
    "order_refund",
    "order_request",
    "order_feed",
];

/// A host and our store over its pool. Whatever a failing test leaves open must not keep its schemas
/// from being dropped.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) store: PgOrderStore,
    pub(crate) pool: PgPool,
    pub(crate) schema: Schema,
    _home: Schema,
}

impl Host {
    pub(crate) async fn new() -> Self {
        let (schema, home) = (Schema::fresh(), Schema::fresh());
        let pool = pool_in(&home, &url()).await;
        pool.execute("CREATE TABLE basket (name text)").await.unwrap();
        let store = PgOrderStore::in_schema(pool.clone(), &schema.0).unwrap();
        store.migrate().await.unwrap();
        Self { store, pool, schema, _home: home }
    }

    pub(crate) async fn baskets(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM basket").fetch_one(&self.pool).await.unwrap()
    }

    /// Refuses events. They are written after the state: half of a commit is there by then.
    pub(crate) async fn veto_events(&self) {
        for part in [
            "CREATE FUNCTION order_store.veto() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'not today'; END $$",
            "CREATE TRIGGER veto BEFORE INSERT ON order_store.order_event \
             FOR EACH STATEMENT EXECUTE FUNCTION order_store.veto()",
        ] {
            sqlx::query(self.schema.sql(part)).execute(&self.pool).await.unwrap();
        }
    }

    /// Checks that no table has a row of any order.
    pub(crate) async fn holds_no_order(&self) {
        for table in TABLES {
            let count = self.schema.sql(&format!("SELECT count(*) FROM order_store.{table}"));
            let rows: i64 = sqlx::query_scalar(count).fetch_one(&self.pool).await.unwrap();
            assert_eq!(rows, 0, "{table}");
        }
    }
}

/// A pool whose tables are in a schema that is made for it.
pub(crate) async fn pool_in(home: &Schema, url: &str) -> PgPool {
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.options([
        ("search_path", home.0.as_str()),
        ("idle_in_transaction_session_timeout", "10s"),
        ("lock_timeout", "10s"),
    ]);
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    pool.execute(AssertSqlSafe(format!("CREATE SCHEMA {}", home.0))).await.unwrap();
    pool
}

/// The use cases over a store, for somebody who may do everything.
pub(crate) fn service(store: &PgOrderStore) -> (OrderService, Principal) {
    let policy =
        Policy { confirm: Confirmation::WhenHeld, currency: Currency::GBP, ..Policy::default() };
    let orders = OrderService::new(store.clone(), FixedClock::default(), CountingIds::default());
    (orders.with_policy(policy), Principal::admin(text("host")))
}
