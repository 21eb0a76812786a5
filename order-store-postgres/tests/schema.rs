//! The schema itself: what it refuses by itself, how it comes about, and what the doctor sees.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test speaks by panicking")]

#[path = "schema/doctor.rs"]
mod doctor;
#[path = "schema/rules.rs"]
mod rules;
#[path = "support.rs"]
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use order_core::{
    Meta, OrderId,
    catalog::LOW_STOCK_MAX,
    ports::{EventFeed, OrderQueries, OrderStore},
};
use order_store_postgres::{OpenError, PgOrderStore};
use order_testkit::{
    contract::Author,
    sample::{full_order, keyed, order, text},
};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use support::{Schema, url};
use tokio::time::sleep;

/// A store in a schema of its own, and a connection past it.
struct Kept {
    store: PgOrderStore,
    connection: PgConnection,
    schema: Schema,
}

impl Kept {
    async fn empty() -> Self {
        let schema = Schema::fresh();
        let store = schema.store().await;
        let connection = PgConnection::connect(&url()).await.unwrap();
        Self { store, connection, schema }
    }

    async fn with_an_order() -> Self {
        let kept = Self::empty().await;
        let commit = Author::default().place(full_order(1), keyed("first")).await;
        kept.store.commit(&commit).await.unwrap();
        kept
    }

    async fn try_run(&mut self, statement: &str) -> Result<(), sqlx::Error> {
        let query = sqlx::query(self.schema.sql(statement));
        query.execute(&mut self.connection).await.map(|_| ())
    }

    async fn run(&mut self, statement: &str) {
        self.try_run(statement).await.expect(statement);
    }

    async fn cheap_updates(&mut self) -> i64 {
        let query = sqlx::query_scalar(CHEAP_UPDATES).bind(&self.schema.0);
        query.fetch_one(&mut self.connection).await.unwrap()
    }

    /// The texts that a query gives; `$1` is the schema's name.
    async fn texts(&mut self, query: &str) -> Vec<String> {
        let query = sqlx::query_scalar(self.schema.sql(query)).bind(&self.schema.0);
        query.fetch_all(&mut self.connection).await.unwrap()
    }
}

/// The tables of an order's own rows, and the column with its id.
const OF_AN_ORDER: [(&str, &str); 6] = [
    ("order_event", "order_id"),
    ("order_person", "order_id"),
    ("order_process", "order_id"),
    ("order_product_index", "order_id"),
    ("order_refund", "order_id"),
    ("order_state", "id"),
];

/// The tables that belong to no order.
const GLOBAL: &[&str] = &[
    "order_audit",
    "order_credit_note",
    "order_feed",
    "order_figure",
    "order_figure_place",
    "order_notice",
    "order_number",
    "order_product",
    "order_refused_row",
    "order_relay",
    "order_relay_left",
    "order_relay_stream",
    "order_request",
    "order_schema_migrations",
    "order_taken",
    "order_user",
    "order_webhook",
    "order_webhook_delivery",
];

/// The columns of every unique index, as `table index column`.
const UNIQUE_COLUMNS: &str = "
    SELECT t.relname || ' ' || x.relname || ' ' || a.attname
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indexrelid
    WHERE i.indisunique AND n.nspname = $1";

const TABLES: &str = "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = $1";

/// A database that is spread by the order's id can keep a unique index only if it holds the id.
#[tokio::test]
async fn orders_can_be_spread_over_machines_by_their_id() {
    let mut kept = Kept::empty().await;
    let tables: BTreeSet<String> = kept.texts(TABLES).await.into_iter().collect();
    let known = OF_AN_ORDER.iter().map(|(table, _)| *table).chain(GLOBAL.iter().copied());
    assert_eq!(tables, known.map(str::to_owned).collect());
    let rows = kept.texts(UNIQUE_COLUMNS).await;
    let mut indexes: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        let [table, index, column] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{row} is no column of an index");
        };
        indexes.entry((table, index)).or_default().insert(column);
    }
    for (table, id) in OF_AN_ORDER {
        let mut of_table = indexes.iter().filter(|((it, _), _)| *it == table).peekable();
        assert!(of_table.peek().is_some(), "{table} has no key");
        for ((_, index), columns) in of_table {
            assert!(columns.contains(id), "{index} of {table} does not hold {id}: {columns:?}");
        }
    }
}

/// What migrations leave behind, in every detail that a second run could change.
async fn shape(kept: &mut Kept) -> Vec<String> {
    let mut shape = kept
        .texts(
            "SELECT c.oid || ' ' || c.relname || ' ' || c.relfilenode FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1
             ORDER BY c.oid",
        )
        .await;
    let applied = "SELECT m::text FROM order_store.order_schema_migrations m WHERE $1 <> ''";
    shape.extend(kept.texts(applied).await);
    shape
}

/// How many updates of products, of this connection and not long ago, wrote no index.
const CHEAP_UPDATES: &str = "SELECT n_tup_hot_upd FROM pg_catalog.pg_stat_xact_user_tables
    WHERE schemaname = $1 AND relname = 'order_product'";

/// Only what is low is in the index of low stock, so that other sales need write none.
#[tokio::test]
async fn a_well_filled_stock_moves_without_an_index() {
    let mut kept = Kept::empty().await;
    for (id, stock) in [("full", LOW_STOCK_MAX + 9), ("low", 9)] {
        let insert = format!(
            "INSERT INTO order_store.order_product
             VALUES ('{id}', 'p', NULL, 0, 'GBP', {stock}, NULL, 1, 0, 0, ' p')"
        );
        kept.run(&insert).await;
    }
    for (id, cheap) in [("full", 1), ("low", 0)] {
        kept.run("BEGIN").await;
        let before = kept.cheap_updates().await;
        let sale = format!(
            "UPDATE order_store.order_product SET stock = stock - 1, updated_at = 1 WHERE id = '{id}'"
        );
        kept.run(&sale).await;
        assert_eq!(kept.cheap_updates().await - before, cheap, "{id}");
        kept.run("ROLLBACK").await;
    }
}

/// The list of words that wait, where a whole batch waits for them, and the documents that are compressed.
#[tokio::test]
async fn long_work_of_the_database_is_cut_short() {
    let mut kept = Kept::empty().await;
    let options = "SELECT o FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, unnest(c.reloptions) o
        WHERE n.nspname = $1 AND c.relname = 'order_person_by_words'";
    assert_eq!(kept.texts(options).await, ["gin_pending_list_limit=512"]);
    // What the server can compress with decides.
    let can = "SELECT 'lz4' FROM pg_catalog.pg_settings
        WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals) AND $1 <> ''";
    let columns = "SELECT c.relname || '.' || a.attname FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND to_jsonb(a) ->> 'attcompression' = 'l' ORDER BY 1";
    let wanted: &[&str] = match kept.texts(can).await[..] {
        [] => &[],
        _ => &["order_event.event", "order_state.state"],
    };
    assert_eq!(kept.texts(columns).await, wanted);
}

#[tokio::test]
async fn migrating_again_does_nothing() {
    let mut kept = Kept::with_an_order().await;
    let before = shape(&mut kept).await;
    assert!(before.len() > 30, "{before:?}");
    kept.store.migrate().await.unwrap();
    PgOrderStore::open_schema(&url(), &kept.schema.0).await.unwrap().close().await;
    assert_eq!(shape(&mut kept).await, before);
    assert!(kept.store.find("order-1").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_migrate_at_once() {
    let schema = Schema::fresh();
    let opening = (0..5).map(|_| {
        let name = schema.0.clone();
        tokio::spawn(async move { PgOrderStore::open_schema(&url(), &name).await })
    });
    let mut stores = Vec::new();
    for opened in opening.collect::<Vec<_>>() {
        stores.push(opened.await.unwrap().unwrap());
    }
    let author = Author::default();
    for (n, store) in (0..).zip(&stores) {
        store.commit(&author.place(order(n), Meta::default()).await).await.unwrap();
    }
    let connection = PgConnection::connect(&url()).await.unwrap();
    let mut kept = Kept { store: stores.remove(0), connection, schema };
    let applied = "SELECT version::text FROM order_store.order_schema_migrations WHERE $1 <> ''";
    let all: Vec<_> = versions().iter().map(ToString::to_string).collect();
    assert_eq!(kept.texts(applied).await, all);
}

/// The limits of a pool are for requests: a migration may take longer, and so may waiting for another's.
#[tokio::test]
async fn a_migration_may_take_longer_than_a_statement() {
    let schema = Schema::fresh();
    let mut first = PgConnection::connect(&url()).await.unwrap();
    let lock = "SELECT pg_catalog.pg_advisory_lock(7236827480197)";
    sqlx::query(lock).execute(&mut first).await.unwrap();
    let hasty: PgConnectOptions = url().parse().unwrap();
    let hasty = hasty.options([("statement_timeout", "300ms"), ("lock_timeout", "200ms")]);
    let store = PgOrderStore::in_schema(PgPool::connect_lazy_with(hasty), &schema.0).unwrap();
    let ends = async {
        sleep(Duration::from_secs(1)).await;
        first.close().await.unwrap();
    };
    let (migrated, ()) = tokio::join!(store.migrate(), ends);
    migrated.unwrap();
}

/// The newest version of the schema.
fn newest() -> i64 {
    *versions().last().unwrap()
}

/// What the names of the migrations begin with.
fn versions() -> BTreeSet<i64> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.split('_').next().unwrap().parse().unwrap()).collect()
}

/// What was there before an event knew its row of the feed has its positions all the same, and its history
/// is guarded again.
#[tokio::test]
async fn events_of_before_have_their_positions() {
    let mut kept = Kept::empty().await;
    let author = Author::default();
    for n in 0..4 {
        let commit = author.place(full_order(n), Meta::default()).await;
        kept.store.commit(&commit).await.unwrap();
    }
    kept.store.sequence().await.unwrap();
    let whole = kept.store.after(0, 100).await.unwrap();
    kept.run("ALTER TABLE order_store.order_event DROP COLUMN feed").await;
    kept.run("DELETE FROM order_store.order_schema_migrations WHERE version = 5").await;
    kept.store.close().await;
    kept.store = PgOrderStore::open_schema(&url(), &kept.schema.0).await.unwrap();
    for n in 0..4 {
        let id = text::<OrderId>(&format!("order-{n}"));
        let own = whole.iter().filter(|event| event.recorded.id.order_id == id);
        let found = kept.store.of_order(&id, 0, 100).await.unwrap();
        assert!(!found.is_empty() && own.eq(&found), "{found:?}");
    }
    assert!(kept.try_run("UPDATE order_store.order_event SET feed = 1").await.is_err());
}

#[tokio::test]
async fn a_newer_schema_is_refused_clearly() {
    let mut kept = Kept::empty().await;
    kept.run(
        "INSERT INTO order_store.order_schema_migrations
            (version, description, installed_on, success, checksum, execution_time)
         SELECT 99, 'later', installed_on, TRUE, checksum, 0
         FROM order_store.order_schema_migrations LIMIT 1",
    )
    .await;
    let before = shape(&mut kept).await;
    let refused = PgOrderStore::open_schema(&url(), &kept.schema.0).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::NewerSchema { found: 99, known } if known == newest()),
        "{refused:?}"
    );
    assert_eq!(refused.code(), "store.schema_newer");
    assert_eq!(shape(&mut kept).await, before);
}

#[tokio::test]
async fn a_migration_that_was_changed_afterwards_is_refused() {
    let mut kept = Kept::empty().await;
    kept.run("UPDATE order_store.order_schema_migrations SET checksum = '\\x00'").await;
    let refused = PgOrderStore::open_schema(&url(), &kept.schema.0).await.unwrap_err();
    assert_eq!(refused.code(), "store.cannot_migrate");
}

/// What is in the way of the last statement undoes the first ones too.
#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    let schema = Schema::fresh();
    let connection = PgConnection::connect(&url()).await.unwrap();
    let pool = PgPool::connect_lazy(&url()).unwrap();
    let store = PgOrderStore::in_schema(pool, &schema.0).unwrap();
    let mut kept = Kept { store, connection, schema };
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {}", kept.schema.0));
    sqlx::query(create).execute(&mut kept.connection).await.unwrap();
    kept.run("CREATE TABLE order_store.order_relay (mine text)").await;
    let failed = kept.store.migrate().await.unwrap_err();
    assert_eq!(failed.code(), "store.cannot_migrate");
    assert_eq!(kept.texts(TABLES).await, ["order_relay"]);
    kept.run("DROP TABLE order_store.order_relay").await;
    kept.store.migrate().await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_when_the_schema_is_opened_again() {
    let kept = Kept::with_an_order().await;
    kept.store.close().await;
    assert!(kept.store.find("order-1").await.is_err(), "it is closed");
    let store = kept.schema.store().await;
    assert!(store.find("No. 1/2025").await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_no_server_is_not_opened() {
    for address in ["", "orders.db", "mysql://localhost/postgres", "postgres://localhost:port/x"] {
        let refused = PgOrderStore::open(address).await.unwrap_err();
        assert_eq!(refused.code(), "store.address_invalid", "{address}");
    }
    let elsewhere = "postgres://postgres@127.0.0.1:1/postgres";
    let refused = PgOrderStore::open(elsewhere).await.unwrap_err();
    assert_eq!(refused.code(), "store.cannot_open", "{refused:?}");
}
