//! Tests of the statements themselves: each fits the migrated schema, whatever its name.

use order_core::catalog::LOW_STOCK_MAX;
use sqlx::{Connection, Executor, PgConnection};

use crate::{
    PgOrderStore, accounts, agenda, batch, books, catalog, confirmed, deliveries, doctor, feed,
    inbox, maintenance, outbox, queries, rollups,
    schema::{self, Schema},
    stats, store, subscriptions, write,
};

const STATEMENTS: &[&str] = &[
    agenda::PUT,
    agenda::REMOVE,
    agenda::CLAIM,
    agenda::PUT_OFF,
    agenda::PAGE,
    agenda::PAGE_OF_WAITING,
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
    write::INSERT_STATES,
    write::UPDATE_STATES,
    write::INSERT_HISTORY,
    write::INSERT_FINDS,
    write::PUT_PERSONS,
    write::DELETE_PRODUCTS,
    write::INSERT_REFUNDS,
    write::MOVE_STOCKS,
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
