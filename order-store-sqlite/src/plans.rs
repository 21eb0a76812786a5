//! Tests of the statements themselves: each fits the migrated schema, and each list walks an index.

use order_core::catalog::LOW_STOCK_MAX;
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};

use crate::{
    SqliteStore, accounts, agenda, audit_log, batch, books, bulk::Bulk, catalog, deliveries,
    doctor, feed, inbox, maintenance, outbox, queries, rollups, schema, stats, store,
    subscriptions, sweep, write,
};

const STATEMENTS: &[&str] = &[
    agenda::REMOVE,
    audit_log::INSERT,
    audit_log::PAGE,
    audit_log::PAGE_OF_ACTOR,
    audit_log::PAGE_OF_ACT,
    audit_log::PAGE_OF_BOTH,
    agenda::ANY_DUE,
    agenda::CLAIM,
    agenda::DROP,
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
    accounts::REMOVE,
    batch::LOOK_UP,
    books::ISSUE,
    books::CREDIT_NOTES,
    books::REFUSE,
    books::REFUSED,
    catalog::PRODUCTS,
    catalog::INSERT,
    catalog::REPLACE,
    catalog::FORGET_WORDS,
    catalog::WRITE_WORDS,
    catalog::SET_STOCK,
    catalog::PAGE,
    catalog::PAGE_OF_CATEGORY,
    catalog::PAGE_OF_WORDS,
    catalog::PAGE_OF_LOW,
    catalog::REMOVE,
    catalog::LOOK_UP,
    deliveries::ALIGN,
    deliveries::DUE,
    deliveries::PAGE,
    deliveries::PAGE_OF_STATE,
    deliveries::SETTLE,
    deliveries::HASTEN,
    deliveries::REPLAY_ONE,
    deliveries::REPLAY_FAILED,
    deliveries::FORGET,
    deliveries::PENDING,
    doctor::SETTINGS,
    doctor::SQLITE_VERSION,
    doctor::QUICK_CHECK,
    doctor::STRAY_ROWS,
    doctor::PAGES,
    doctor::FEED,
    doctor::COUNTS,
    feed::AFTER,
    feed::END,
    feed::OF_ORDER,
    feed::ORDERS,
    feed::CLAIM,
    feed::ADVANCE,
    inbox::RECEIVE,
    inbox::ANY_DUE,
    inbox::CLAIM,
    inbox::SETTLE,
    inbox::OPEN,
    inbox::TAKEN,
    inbox::TAKE,
    inbox::ANY_OLD,
    inbox::FORGET_TAKEN,
    inbox::FORGET_NOTICES,
    maintenance::STATES,
    maintenance::EVENTS,
    maintenance::MISSING_PRODUCTS,
    maintenance::PING,
    outbox::HELD,
    outbox::DUE,
    outbox::IS_HOLDER,
    outbox::BRING,
    outbox::FREE,
    outbox::HOLD_ON,
    outbox::RELAYS,
    outbox::STREAMS,
    outbox::RETRY,
    outbox::SKIP,
    queries::FIND,
    queries::REVALIDATE,
    rollups::COUNTED,
    rollups::HISTORIES,
    rollups::MOVE,
    rollups::RESET,
    rollups::CLEAR,
    rollups::NOTES,
    rollups::FIGURES,
    rollups::BY_SALES,
    rollups::BY_UNITS,
    rollups::BY_ORDERS,
    schema::SCHEMA_VERSION,
    stats::BY_MONTH,
    stats::BY_COUNTRY,
    stats::BY_STATUS,
    store::LOAD,
    store::RECALL,
    store::TAKE_NUMBERS,
    store::LOCK,
    subscriptions::ALL,
    subscriptions::BY_ID,
    subscriptions::READY,
    subscriptions::INSERT,
    subscriptions::REPLACE,
    subscriptions::IS_DISABLED,
    subscriptions::REMOVE,
    subscriptions::LEASE,
    subscriptions::RELEASE,
    sweep::MERGE_WORDS,
    sweep::COPY_IN_FILE,
    sweep::COPY_IN_MEMORY,
    sweep::REWRITE,
    sweep::EMPTY_LOG,
    write::DELETE_WORDS,
    write::DELETE_PRODUCTS,
];

static BULKS: &[&Bulk] = &[
    &agenda::PUT,
    &outbox::HOLD,
    &outbox::LEAVE,
    &deliveries::INSERT,
    &rollups::ADD,
    &write::INSERT_STATE,
    &write::UPDATE_STATE,
    &write::MOVE_STATE,
    &write::INSERT_EVENT,
    &write::PUT_PERSON,
    &write::INSERT_PRODUCT,
    &write::INSERT_REFUND,
    &write::INSERT_REQUEST,
    &write::INSERT_WORDS,
    &write::SET_STOCK,
];

const LISTS: &[[&str; 2]] = &[
    queries::LIST,
    queries::LIST_OF_CUSTOMER,
    queries::LIST_OF_STATUS,
    queries::LIST_OF_PAYMENT,
    queries::LIST_OF_FULFILLMENT,
    queries::LIST_OF_PRODUCT,
];

async fn plan(store: &SqliteStore, statement: &'static str) -> String {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = sqlx::query(explain).fetch_all(store.reads()).await.unwrap();
    let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    steps.join("\n")
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let store = SqliteStore::in_memory().await.unwrap();
    let mut connection = store.reads().acquire().await.unwrap();
    let lists = LISTS.iter().chain([&queries::LIST_OF_WORDS]).flatten();
    for statement in STATEMENTS.iter().chain(lists) {
        let prepared = connection.prepare((*statement).into_sql_str()).await;
        assert!(prepared.is_ok(), "{statement}\n{prepared:?}");
    }
    for bulk in BULKS {
        for text in bulk.texts() {
            let prepared = connection.prepare(text.as_str().into_sql_str()).await;
            assert!(prepared.is_ok(), "{text}\n{prepared:?}");
        }
    }
}

#[tokio::test]
async fn every_list_walks_an_index_and_sorts_nothing() {
    let store = SqliteStore::in_memory().await.unwrap();
    for statement in LISTS.iter().flatten() {
        let plan = plan(&store, statement).await;
        assert!(!plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
        assert!(!plan.contains("SCAN"), "{statement}\n{plan}");
    }
}

#[tokio::test]
async fn a_list_begins_at_its_place_and_ends_at_its_bound() {
    let store = SqliteStore::in_memory().await.unwrap();
    for (statement, filter) in [
        (queries::LIST[0], ""),
        (queries::LIST_OF_CUSTOMER[1], "customer_id=? AND "),
        (queries::LIST_OF_PRODUCT[1], "product_id=? AND "),
    ] {
        let plan = plan(&store, statement).await;
        let search = plan.lines().next().unwrap();
        let bounds = search.contains(&format!("({filter}(listed_at,"));
        assert!(bounds && search.contains(">(?,?)") && search.contains("<(?,?)"), "{plan}");
    }
}

#[tokio::test]
async fn of_figures_only_the_buckets_are_read_that_are_asked_for() {
    let store = SqliteStore::in_memory().await.unwrap();
    for statement in [rollups::FIGURES, rollups::BY_SALES, rollups::BY_UNITS, rollups::BY_ORDERS] {
        let plan = plan(&store, statement).await;
        let bounds = "(dimension=? AND grain=? AND bucket>? AND bucket<?)";
        assert!(plan.contains(&format!("SEARCH f USING PRIMARY KEY {bounds}")), "{plan}");
        assert!(!plan.contains("SCAN f"), "{plan}");
    }
}

#[tokio::test]
async fn a_list_of_low_stock_walks_its_partial_index() {
    let store = SqliteStore::in_memory().await.unwrap();
    let plan = plan(&store, catalog::PAGE_OF_LOW).await;
    let first = plan.lines().next().unwrap();
    assert!(
        first.contains("USING INDEX order_product_low ((stock,id)>(?,?) AND stock<?)"),
        "{plan}"
    );
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    assert!(catalog::PAGE_OF_LOW.contains(&format!("stock < {LOW_STOCK_MAX}")));
}

#[tokio::test]
async fn single_orders_are_found_by_key() {
    let store = SqliteStore::in_memory().await.unwrap();
    for statement in [
        accounts::BY_ID,
        accounts::BY_EMAIL,
        accounts::PAGE,
        audit_log::PAGE,
        audit_log::PAGE_OF_ACTOR,
        audit_log::PAGE_OF_ACT,
        audit_log::PAGE_OF_BOTH,
        queries::FIND,
        queries::REVALIDATE,
        store::LOAD,
        store::RECALL,
        maintenance::EVENTS,
        feed::AFTER,
        feed::OF_ORDER,
        feed::ORDERS,
        feed::ADVANCE,
        outbox::DUE,
        outbox::BRING,
        outbox::FREE,
        outbox::HOLD_ON,
        outbox::SKIP,
        outbox::STREAMS,
        deliveries::ALIGN,
        deliveries::DUE,
        deliveries::PAGE,
        deliveries::PAGE_OF_STATE,
        deliveries::SETTLE,
        deliveries::HASTEN,
        deliveries::REPLAY_FAILED,
    ] {
        let plan = plan(&store, statement).await;
        assert!(!plan.contains("SCAN order"), "{statement}\n{plan}");
        assert!(!plan.contains("SCAN s"), "{statement}\n{plan}");
        assert!(!plan.contains("SCAN d"), "{statement}\n{plan}");
    }
}
