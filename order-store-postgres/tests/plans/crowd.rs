//! A million orders, made by the server itself.

use order_core::{Meta, OrderService, Orders, Principal, Timestamp, ports::EventFeed};
use order_testkit::{
    CountingIds, FixedClock,
    sample::{order_of, priced, text},
};
use sqlx::{Connection, Executor, PgConnection, Row};

use crate::support::{Schema, url};

/// How many orders there are, and a tenth of it products.
pub(crate) const ORDERS: i64 = 1_000_000;
/// When the first ones were placed, in milliseconds; two each second.
const BEGINNING: i64 = 1_740_000_000_000;

/// When order `n` was placed.
pub(crate) fn at(n: i64) -> Timestamp {
    Timestamp::from_millis(BEGINNING + n / 2 * 1_000)
}

const TABLES: [&str; 8] = [
    "order_state",
    "order_number",
    "order_event",
    "order_person",
    "order_product_index",
    "order_request",
    "order_product",
    "order_feed",
];

/// Each number with the texts that are made of it.
macro_rules! numbers {
    () => {
        "(SELECT n, 'order-' || to_char(n, 'FM0000000') AS id,
            'no-' || to_char(n, 'FM0000000') AS number,
            CASE WHEN n % 10 = 0 THEN 'customer-big' ELSE 'customer-' || n % 20000 END AS customer,
            1740000000000 + n / 2 * 1000 AS at
        FROM generate_series(1::bigint, 1000000) n) v"
    };
}

/// Most orders are completed, the newest are not yet, and a few ended otherwise.
macro_rules! one_of {
    ($newest:literal, $few:literal, $some:literal, $most:literal) => {
        concat!(
            "CASE WHEN n > 980000 THEN '",
            $newest,
            "' WHEN n % 10000 = 0 THEN '",
            $few,
            "' WHEN n % 20 = 1 THEN '",
            $some,
            "' ELSE '",
            $most,
            "' END"
        )
    };
}

/// The states are those of one real order under other names.
const STATES: &str = concat!(
    "INSERT INTO order_store.order_state
    SELECT v.id, t.version, v.at, v.at, t.total, v.number, v.customer, ",
    one_of!("pending", "returned", "cancelled", "completed"),
    ", ",
    one_of!("unpaid", "refunded", "voided", "paid"),
    ", ",
    one_of!("unfulfilled", "shipped", "partially_shipped", "delivered"),
    ", t.return_status, t.currency, t.country, replace(replace(replace(t.state,
        'order-0000000', v.id), 'no-0000000', v.number), 'customer-none', v.customer)
    FROM ",
    numbers!(),
    ", order_store.order_state t WHERE t.id = 'order-0000000'"
);

/// All that is beside the states. A word `w…` is in ten orders, `name…` in one of 150; `vintage` is
/// in the oldest third only.
const OTHERS: [&str; 7] = [
    concat!("INSERT INTO order_store.order_number SELECT number, id FROM ", numbers!()),
    concat!(
        "INSERT INTO order_store.order_person
        SELECT id, '{\"email\":\"person' || n || '@example.org\"}', array_to_tsvector(ARRAY['order',
            'no', 'customer', to_char(n, 'FM0000000'), 'w' || to_char(n % 100000, 'FM00000'),
            'name' || n % 150, 'town' || n % 200,
            CASE WHEN n < 300000 THEN 'vintage' ELSE 'modern' END]) FROM ",
        numbers!()
    ),
    concat!(
        "INSERT INTO order_store.order_event
        SELECT v.id, 1, 0, v.at, t.actor, t.type, t.event, v.n + 10000000 FROM ",
        numbers!(),
        ", order_store.order_event t WHERE t.order_id = 'order-0000000' AND t.ordinal = 1"
    ),
    concat!(
        "INSERT INTO order_store.order_product_index
        SELECT product, at, id FROM (
            SELECT 'thing-' || n % 1000 AS product, at, id FROM ",
        numbers!(),
        " UNION ALL SELECT 'bestseller', at, id FROM ",
        numbers!(),
        " WHERE n % 4 = 0) i ORDER BY product, at, id"
    ),
    concat!(
        "INSERT INTO order_store.order_request SELECT 'tester', 'key-' || id, n, id, 1, at FROM ",
        numbers!()
    ),
    concat!(
        "INSERT INTO order_store.order_feed (seq, first, events, order_ids, versions, counts)
        OVERRIDING SYSTEM VALUE SELECT n + 10000000, n + 2, 1, ARRAY[id], ARRAY[1], ARRAY[1] FROM ",
        numbers!(),
        " ORDER BY n"
    ),
    "INSERT INTO order_store.order_product
    SELECT 'thing-' || n, 'Thing', NULL, 100, 'GBP',
        CASE WHEN n % 10 = 0 THEN n % 100 ELSE 1000 END, 'category-' || n % 10, 1, 0, 0,
        ' thing ' || n || ' w' || to_char(n, 'FM000000') FROM generate_series(1, 100000) n",
];

/// Indexes that no constraint is made of: they are quicker made of what is there.
const INDEXES: &str = "
    SELECT tablename::text, indexname::text, indexdef FROM pg_catalog.pg_indexes
    WHERE schemaname = $1 AND indexname NOT LIKE '%\\_pkey'";

/// Makes the orders, in a new schema.
pub(crate) async fn gather() -> Schema {
    let schema = Schema::fresh();
    place_the_order(&schema).await;
    let mut one = PgConnection::connect(&url()).await.unwrap();
    for table in TABLES {
        // A crash of the server may lose this: that makes it quick.
        let unlogged = format!("ALTER TABLE order_store.{table} SET UNLOGGED");
        one.execute(schema.sql(&unlogged)).await.unwrap();
    }
    let rows = sqlx::query(INDEXES).bind(&schema.0).fetch_all(&mut one).await.unwrap();
    let indexes = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2)));
    let indexes: Vec<(String, String, String)> = indexes.collect();
    for (_, index, _) in &indexes {
        let drop = format!("DROP INDEX order_store.{index}");
        one.execute(schema.sql(&drop)).await.unwrap();
    }
    let (of_states, of_others): (Vec<_>, Vec<_>) =
        indexes.into_iter().partition(|(table, ..)| table == "order_state");
    let mut other = PgConnection::connect(&url()).await.unwrap();
    tokio::join!(
        fill(&mut one, &schema, &[STATES], &of_states),
        fill(&mut other, &schema, &OTHERS, &of_others)
    );
    for table in TABLES {
        let vacuum = format!("VACUUM (ANALYZE) order_store.{table}");
        one.execute(schema.sql(&vacuum)).await.unwrap();
    }
    schema
}

/// The order that the others are copies of.
async fn place_the_order(schema: &Schema) {
    let store = schema.store().await;
    let orders = OrderService::new(store.clone(), FixedClock::default(), CountingIds::default());
    let mut order = order_of("order-0000000", vec![priced("thing-none", 2, "10.00")]);
    order.number = Some(text("no-0000000"));
    order.customer_id = Some(text("customer-none"));
    let me = Principal::admin(text("tester"));
    orders.place(&me, order, Meta::default()).await.unwrap();
    assert_eq!(store.sequence().await.unwrap(), 2);
    store.close().await;
}

async fn fill(
    connection: &mut PgConnection,
    schema: &Schema,
    inserts: &[&str],
    indexes: &[(String, String, String)],
) {
    connection.execute("SET maintenance_work_mem = '256MB'").await.unwrap();
    for insert in inserts {
        connection.execute(schema.sql(insert)).await.unwrap();
    }
    for (.., create) in indexes {
        connection.execute(sqlx::AssertSqlSafe(create.clone())).await.unwrap();
    }
}
