//! A migration is whole or nothing, however many begin it and whenever they die.

use order_core::{Meta, OrderService, Orders, ports::SystemClock};
use order_store_postgres::{OpenError, PgOrderStore};
use order_testkit::sample::full_order;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

use crate::{
    health::{admin, check_health},
    proxy::{Proxy, SIDES},
    server::{fresh_schema, server},
};

const SERVERS: u32 = 5;
/// No migration has more statements.
const STATEMENTS_MAX: u64 = 200;

/// How many tables, indexes, sequences, functions and triggers a schema has.
const CENSUS: &str = "
    SELECT (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid),
        (SELECT count(*) FROM pg_proc p WHERE p.pronamespace = n.oid),
        (SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE c.relnamespace = n.oid)
    FROM pg_namespace n WHERE n.nspname = $1";

/// What a schema has; none if there is no such schema.
async fn census(schema: &str) -> Option<[i64; 3]> {
    let mut connection = PgConnection::connect(&server().url()).await.unwrap();
    let row = sqlx::query(CENSUS).bind(schema).fetch_optional(&mut connection).await.unwrap()?;
    Some([0, 1, 2].map(|column| row.get(column)))
}

/// The store takes orders, and everything is where it should be.
async fn check_works(store: &PgOrderStore, n: u32) {
    let orders = OrderService::new(store.clone(), SystemClock, Uuid::now_v7);
    orders.place(&admin(), full_order(n), Meta::default()).await.unwrap();
    check_health(&orders).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_servers_that_start_at_once_migrate_once() {
    for round in 0..5 {
        let schema = fresh_schema();
        let open = |_| {
            let schema = schema.clone();
            tokio::spawn(async move { PgOrderStore::open_schema(&server().url(), &schema).await })
        };
        let opening: Vec<_> = (0..SERVERS).map(open).collect();
        for (n, store) in (0..).zip(opening) {
            let store = store.await.unwrap().unwrap();
            check_works(&store, n).await;
            store.close().await;
        }
        let mut connection = PgConnection::connect(&server().url()).await.unwrap();
        let count = format!("SELECT count(*) FROM {schema}.order_schema_migrations");
        let count = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut connection);
        let count: i64 = count.await.unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let known = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(usize::try_from(count).unwrap(), known, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_dies_leaves_nothing_and_can_be_done_again() {
    let reference = fresh_schema();
    PgOrderStore::open_schema(&server().url(), &reference).await.unwrap().close().await;
    let whole = census(&reference).await;
    for side in SIDES {
        let (mut landed, mut has_died) = (0, true);
        let mut n = 0;
        while has_died {
            n += 1;
            assert!(n < STATEMENTS_MAX, "it comes to an end");
            let (schema, proxy) = (fresh_schema(), Proxy::to(server().port(), side));
            proxy.cut_at(n);
            let opened = PgOrderStore::open_schema(&proxy.url(), &schema).await;
            has_died = proxy.is_cut();
            let left = census(&schema).await;
            assert!(left.is_none() || left == whole, "{side:?} {n}: {left:?}");
            assert!(opened.is_err() || left == whole, "{side:?} {n}: it was acknowledged");
            landed += u32::from(has_died && left.is_some());
            let store = PgOrderStore::open_schema(&server().url(), &schema).await.unwrap();
            assert_eq!(census(&schema).await, whole, "{side:?} {n}");
            check_works(&store, 1).await;
            store.close().await;
        }
        println!("migration: died {side:?} each of {} statements, done {landed} times", n - 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused() {
    let schema = fresh_schema();
    PgOrderStore::open_schema(&server().url(), &schema).await.unwrap().close().await;
    let mut connection = PgConnection::connect(&server().url()).await.unwrap();
    let newer = format!(
        "INSERT INTO {schema}.order_schema_migrations
         SELECT (m).* FROM (SELECT jsonb_populate_record(m, '{{\"version\": 99}}') AS m
            FROM {schema}.order_schema_migrations m LIMIT 1) newer"
    );
    sqlx::query(AssertSqlSafe(newer)).execute(&mut connection).await.unwrap();
    let before = census(&schema).await;
    let refused = PgOrderStore::open_schema(&server().url(), &schema).await.unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 99, .. }), "{refused:?}");
    assert_eq!(census(&schema).await, before);
}
