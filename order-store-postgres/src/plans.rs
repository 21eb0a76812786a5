//! Tests of the statements themselves: each fits the migrated schema, whatever its name.

use order_core::catalog::LOW_STOCK_MAX;
use sqlx::{Connection, Executor, PgConnection};

use crate::{
    PgOrderStore, accounts, agenda, audit_log, batch, books, catalog, confirmed, deliveries,
    doctor, feed, inbox, maintenance, outbox, queries, rollups,
    schema::{self, Schema},
    stats, store, subscriptions, sweep, write,
};

const STATEMENTS: &[&str] = &[
    agenda::PUT,
    agenda::REMOVE,
    agenda::CLAIM,
    agenda::PUT_OFF,
    agenda::PAGE,
    agenda::PAGE_OF_WAITING,
    audit_log::INSERT,
    audit_log::PAGE,
    audit_log::PAGE_OF_ACTOR,
    audit_log::PAGE_OF_ACT,
    audit_log::PAGE_OF_BOTH,
    accounts::BY_ID,
    accounts::BY_EMAIL,
    accounts::PAGE,
    accounts::PAGE_OF_EMAIL,
    accounts::LOOK_UP,
    accounts::INSERT,
    accounts::REPLACE,
    accounts::DEMOTE,
    accounts::REMOVE,
    batch::LOOK_UP,
    batch::PERSONS,
    books::CREDIT_NOTES,
    books::REFUSE,
    books::REFUSED,
    confirmed::MOMENT,
    catalog::PRODUCTS,
    catalog::INSERT,
    catalog::REPLACE,
    catalog::CHANGE_STOCK,
    catalog::PAGE,
    catalog::PAGE_OF_CATEGORY,
    catalog::PAGE_OF_WORDS,
    catalog::PAGE_OF_LOW,
    catalog::REMOVE,
    catalog::LOOK_UP,
    deliveries::DUE,
    deliveries::PAGE,
    deliveries::PAGE_OF_STATE,
    deliveries::FAN_OUT,
    deliveries::SETTLE,
    deliveries::REPLAY,
    deliveries::FORGET,
    deliveries::PENDING,
    doctor::SETTINGS,
    doctor::PRESENT,
    doctor::STRAY_ROWS,
    doctor::FEED,
    doctor::PENDING,
    doctor::COUNTS,
    feed::SEQUENCE,
    feed::AFTER,
    feed::END,
    feed::OF_ORDER,
    feed::ORDERS,
    feed::CLAIM,
    feed::ADVANCE,
    inbox::RECEIVE,
    inbox::CLAIM,
    inbox::SETTLE,
    inbox::OPEN,
    inbox::TAKE,
    inbox::FORGET_TAKEN,
    inbox::FORGET_NOTICES,
    maintenance::STATES,
    maintenance::EVENTS,
    maintenance::MISSING_PRODUCTS,
    maintenance::OTHER_WORDS,
    maintenance::PING,
    outbox::HELD,
    outbox::DUE,
    outbox::ADVANCE,
    outbox::SETTLE,
    outbox::RELAYS,
    outbox::STREAMS,
    outbox::RETRY,
    outbox::SKIP,
    queries::FIND,
    queries::REVALIDATE,
    rollups::COUNTED,
    rollups::HISTORIES,
    rollups::RESET,
    rollups::CLEAR,
    rollups::NOTES,
    rollups::ADD,
    rollups::COUNT,
    rollups::ISSUE,
    rollups::FIGURES,
    rollups::BY_SALES,
    rollups::BY_UNITS,
    rollups::BY_ORDERS,
    schema::SCHEMA_VERSION,
    stats::BY_MONTH,
    stats::BY_COUNTRY,
    stats::BY_STATUS,
    store::LOAD,
    store::ORIGIN,
    store::RECALL,
    store::TAKE_NUMBERS,
    subscriptions::ALL,
    subscriptions::BY_ID,
    subscriptions::CLAIM,
    subscriptions::INSERT,
    subscriptions::REPLACE,
    subscriptions::REMOVE,
    sweep::SAMPLE_WORDS,
    write::WRITE,
    write::DELETE_PRODUCTS,
    write::INSERT_REFUNDS,
];

const LISTS: &[[&str; 4]] = &[
    queries::LIST,
    queries::LIST_OF_CUSTOMER,
    queries::LIST_OF_STATUS,
    queries::LIST_OF_PAYMENT,
    queries::LIST_OF_FULFILLMENT,
    queries::LIST_OF_PRODUCT,
];

async fn every_statement_fits(name: &str) {
    let url = std::env::var("ORDER_TEST_POSTGRES").expect("ORDER_TEST_POSTGRES names a server");
    let schema = Schema::named(name).unwrap();
    let store = PgOrderStore::open_schema(&url, name).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for statement in STATEMENTS.iter().chain(LISTS.iter().flatten()) {
        let prepared = connection.prepare(schema.sql(statement)).await;
        assert!(prepared.is_ok(), "{statement}\n{prepared:?}");
    }
    store.close().await;
    let drop = sqlx::AssertSqlSafe(format!("DROP SCHEMA \"{name}\" CASCADE"));
    sqlx::query(drop).execute(&mut connection).await.unwrap();
}

#[test]
fn the_index_of_low_stock_ends_at_the_named_bound() {
    let migration = include_str!("../migrations/0004_backorder.sql");
    assert!(migration.contains(&format!("CASE WHEN stock < {LOW_STOCK_MAX} THEN stock END")));
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    every_statement_fits("order_store").await;
}

#[tokio::test]
async fn every_statement_fits_the_schema_of_a_tenant() {
    every_statement_fits("tenant_of_plans").await;
    // A word of the language.
    every_statement_fits("order").await;
}

/// A page of the audit log walks an index from its place; of a rare actor or act, an index of its own.
#[tokio::test]
async fn a_page_of_the_audit_log_walks_an_index() {
    const NAME: &str = "audit_of_plans";
    let url = std::env::var("ORDER_TEST_POSTGRES").expect("ORDER_TEST_POSTGRES names a server");
    let schema = Schema::named(NAME).unwrap();
    let store = PgOrderStore::open_schema(&url, NAME).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for statement in [
        "INSERT INTO order_store.order_audit (at, actor, role, act, outcome, count)
            SELECT n, 'actor ' || n % 2500, 'admin', 'act ' || n % 2499, 'done', 1
            FROM generate_series(1, 50000) n",
        "ANALYZE order_store.order_audit",
    ] {
        sqlx::query(schema.sql(statement)).execute(&mut connection).await.unwrap();
    }
    for (statement, arguments, index) in [
        (audit_log::PAGE, "25000, 51", "order_audit_pkey"),
        (audit_log::PAGE_OF_ACTOR, "25000, 51, 'actor 7'", "order_audit_by_actor"),
        (audit_log::PAGE_OF_ACT, "25000, 51, 'act 7'", "order_audit_by_act"),
        (audit_log::PAGE_OF_BOTH, "25000, 51, 'actor 7', 'act 7'", "order_audit_by_"),
    ] {
        let statement = schema.sql(statement);
        let prepare = format!("PREPARE page AS {}", statement.as_str());
        connection.execute(sqlx::AssertSqlSafe(prepare)).await.unwrap();
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN EXECUTE page({arguments})"));
        let plan: Vec<String> =
            sqlx::query_scalar(explain).fetch_all(&mut connection).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
        connection.execute("DEALLOCATE page").await.unwrap();
    }
    store.close().await;
    let drop = sqlx::AssertSqlSafe(format!("DROP SCHEMA \"{NAME}\" CASCADE"));
    sqlx::query(drop).execute(&mut connection).await.unwrap();
}
