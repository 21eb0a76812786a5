//! The file itself: its release, its schema, and what it refuses by itself.

#![expect(clippy::unwrap_used, reason = "a test speaks by panicking")]

#[path = "schema/sweep.rs"]
mod sweep;

use std::fs;

use order_core::{
    Meta, NewProduct, Orders, Timestamp,
    ports::{
        Catalog, EventFeed, Maintenance, OrderQueries, OrderStore, Passage, ProductQuery, Severity,
    },
    search::words,
};
use order_store_sqlite::{OpenError, SqliteStore};
use order_testkit::{
    contract::{Author, Fixture, World},
    sample::{full_order, product_in, product_on_backorder, text},
};
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

fn file_in(folder: &TempDir) -> String {
    folder.path().join("orders.db").to_str().unwrap().to_owned()
}

async fn connect(file: &str) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

/// A file with one order and one product's worth of rows, and a connection past the store.
async fn with_an_order() -> (SqliteStore, SqliteConnection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&file_in(&folder)).await.unwrap();
    let commit = Author::default().place(full_order(1), Meta::default()).await;
    store.commit(&commit).await.unwrap();
    let connection = connect(&file_in(&folder)).await;
    (store, connection, folder)
}

#[tokio::test]
async fn the_bundled_sqlite_has_no_known_way_to_lose_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = SqliteConnectOptions::new()
        .filename(file_in(&folder))
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    let release: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut connection).await.unwrap();
    let parts: Vec<u32> = release.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3], "SQLite {release}");
}

#[tokio::test]
async fn a_new_file_is_durable_and_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&format!("sqlite://{}", file_in(&folder))).await.unwrap();
    let findings = store.doctor().await.unwrap();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Info), "{findings:?}");
    store.ping().await.unwrap();
}

#[tokio::test]
async fn the_doctor_says_that_memory_keeps_nothing() {
    let store = SqliteStore::open("sqlite::memory:").await.unwrap();
    let findings = store.doctor().await.unwrap();
    let warned = findings.iter().find(|finding| finding.severity == Severity::Warning).unwrap();
    assert_eq!(warned.code, "sqlite.not_durable");
}

#[tokio::test]
async fn the_doctor_sees_stray_rows_and_gaps_in_the_feed() {
    let (store, mut connection, _folder) = with_an_order().await;
    let stray =
        "INSERT INTO order_event (position, order_id, version, ordinal, at, actor, type, event)
                 VALUES (9, 'nobody', 1, 0, 0, 'x', 'y', '{}')";
    sqlx::query(stray).execute(&mut connection).await.unwrap();
    let findings = store.doctor().await.unwrap();
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let codes: Vec<_> = errors.map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["store.stray_row", "store.feed_gap"]);
}

/// The migrations, oldest first.
fn migrations() -> Vec<String> {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    paths.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// The newest version of the schema.
fn newest() -> i64 {
    *versions().iter().max().unwrap()
}

/// What the names of the migrations begin with.
fn versions() -> Vec<i64> {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.split('_').next().unwrap().parse().unwrap()).collect()
}

/// The tables that the first schema did not have.
fn newer_tables() -> Vec<String> {
    let name = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
    let later = migrations().split_off(1).concat();
    later.split("CREATE TABLE ").skip(1).map(name).collect()
}

#[tokio::test]
async fn a_newer_schema_is_refused_clearly() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::open(&file_in(&folder)).await.unwrap().close().await;
    let mut connection = connect(&file_in(&folder)).await;
    let newer = "INSERT INTO order_schema_migrations
                 SELECT 99, 'later', installed_on, TRUE, checksum, 0 FROM order_schema_migrations LIMIT 1";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    let refused = SqliteStore::open(&file_in(&folder)).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::NewerSchema { found: 99, known } if known == newest()),
        "{refused:?}"
    );
    assert_eq!(refused.code(), "store.schema_newer");
}

#[tokio::test]
async fn what_is_no_database_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        file_in(&folder),
        "just a text that is long enough to be no database".repeat(99),
    )
    .unwrap();
    let refused = SqliteStore::open(&file_in(&folder)).await.unwrap_err();
    assert_eq!(refused.code(), "store.cannot_open");
    let nowhere = folder.path().join("no/such/folder/orders.db");
    let refused = SqliteStore::open(nowhere.to_str().unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), "store.cannot_open");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let opening = (0..8).map(|_| {
        let file = file_in(&folder);
        tokio::spawn(async move { SqliteStore::open(&file).await })
    });
    for opened in opening.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
    let mut connection = connect(&file_in(&folder)).await;
    let count = "SELECT count(*) FROM order_schema_migrations";
    let applied: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
    assert_eq!(usize::try_from(applied).unwrap(), versions().len());
}

/// Gives the products the table that they had before backorder.
async fn make_products_old(connection: &mut SqliteConnection) {
    let first = include_str!("../migrations/0001_init.sql");
    let create = first.split_once("CREATE TABLE order_product (").unwrap().1;
    let columns = create.split_once(") STRICT;").unwrap().0;
    for statement in [
        "DROP INDEX order_product_by_category",
        "ALTER TABLE order_product RENAME TO newer",
        &format!("CREATE TABLE order_product ({columns}) STRICT"),
        "INSERT INTO order_product SELECT seq, id, name, description, price, currency, stock, category,
            version, created_at, updated_at FROM newer",
        "DROP TABLE newer",
        "CREATE INDEX order_product_by_category ON order_product (category, id)
            WHERE category IS NOT NULL",
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await.unwrap();
    }
}

#[tokio::test]
async fn products_outlive_the_table_that_is_made_anew() {
    let (store, mut connection, folder) = with_an_order().await;
    let world = World::over(Fixture::new(store.clone()));
    for id in ["gone", "a", "b"] {
        let new = product_in("tea", id);
        world.sell(NewProduct { stock: Some(7), name: text(&format!("Word {id}")), ..new }).await;
    }
    world.orders.remove_product(&world.admin, &text("gone"), None).await.unwrap();
    let query = |q: &str| ProductQuery { words: words(q), limit: 9, ..ProductQuery::default() };
    let before = store.list_products(&query("")).await.unwrap();
    store.close().await;
    make_products_old(&mut connection).await;
    let undo = "DELETE FROM order_schema_migrations WHERE version = 5";
    sqlx::query(undo).execute(&mut connection).await.unwrap();

    let store = SqliteStore::open(&file_in(&folder)).await.unwrap();
    let world = World::over(Fixture::new(store.clone()));
    assert_eq!(store.list_products(&query("")).await.unwrap(), before);
    world.sell(product_on_backorder("c", -1)).await;
    let tea = ProductQuery { category: Some(text("tea")), ..query("") };
    let low = ProductQuery { stock_below: Some(8), ..query("") };
    for (query, ids) in [
        (query("word"), &["a", "b"][..]),
        (query("word b"), &["b"]),
        (query("c"), &["c"]),
        (tea, &["a", "b"]),
        (low, &["c", "a", "b"]),
    ] {
        let page = store.list_products(&query).await.unwrap();
        let found: Vec<_> = page.products.iter().map(|product| product.id.as_str()).collect();
        assert_eq!(found, ids, "{query:?}");
    }
    let findings = store.doctor().await.unwrap();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Info), "{findings:?}");
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_brought_up_to_date() {
    let (store, mut connection, folder) = with_an_order().await;
    store.close().await;
    make_products_old(&mut connection).await;
    let forget = "DELETE FROM order_schema_migrations WHERE version > 1".to_owned();
    let drop = |table: String| format!("DROP TABLE IF EXISTS {table}");
    for undo in newer_tables().into_iter().map(drop).chain([forget]) {
        sqlx::query(AssertSqlSafe(undo)).execute(&mut connection).await.unwrap();
    }
    let store = SqliteStore::open(&file_in(&folder)).await.unwrap();
    assert_eq!(store.after(0, 10).await.unwrap().len(), 2);
    let (now, holder) = (Timestamp::from_millis(0), uuid::Uuid::from_u128(1));
    let held = store.claim(&text("relay"), holder, now, now.plus_millis(1)).await.unwrap();
    assert_eq!(held, Some(0));
    assert!(store.advance(&text("relay"), holder, &Passage::over(0, 2)).await.unwrap());
    store.close().await;
    let store = SqliteStore::open(&file_in(&folder)).await.unwrap();
    let held = store.claim(&text("relay"), holder, now, now).await.unwrap();
    assert_eq!(held, Some(2), "a place outlives the process");
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let (store, _connection, folder) = with_an_order().await;
    store.close().await;
    let store = SqliteStore::open(&file_in(&folder)).await.unwrap();
    assert!(store.find("No. 1/2025").await.unwrap().is_some());
}

#[tokio::test]
async fn the_file_itself_refuses_what_may_never_be() {
    let (_store, mut connection, _folder) = with_an_order().await;
    let product =
        "INSERT INTO order_product (id, name, price, currency, stock, version, created_at,
                   updated_at) VALUES ('p', 'p', 1, 'GBP', 1, 1, 0, 0)";
    sqlx::query(product).execute(&mut connection).await.unwrap();
    let user = "INSERT INTO order_user VALUES
        ('u', 'u@x.example', 'u@x.example', '{}', 'customer', 'hash', 1, 0, 0)";
    sqlx::query(user).execute(&mut connection).await.unwrap();
    for webhook in [
        "INSERT INTO order_webhook VALUES
            ('w', 'https://x.example/', '[]', NULL, '{}', NULL, NULL, NULL, 0, 1, 0, 0)",
        "INSERT INTO order_webhook_delivery VALUES
            ('w', 1, 'order-1', 1, 0, 'order.placed', 'pending', 0, 0, '[]', 0)",
    ] {
        sqlx::query(webhook).execute(&mut connection).await.unwrap();
    }
    for (statement, refusal) in [
        ("UPDATE order_event SET at = 0", "append-only"),
        ("DELETE FROM order_event", "append-only"),
        ("UPDATE order_product SET stock = stock - 2", "stock_is_below_zero_only_on_backorder"),
        ("UPDATE order_product SET backorder = 2", "CHECK"),
        ("UPDATE order_product SET backorder = NULL", "NOT NULL"),
        ("UPDATE order_product SET price = -1", "CHECK"),
        ("UPDATE order_state SET total = -1", "CHECK"),
        ("UPDATE order_state SET version = 0", "CHECK"),
        ("UPDATE order_state SET status = 'lost'", "CHECK"),
        ("UPDATE order_state SET currency = 'POUND'", "CHECK"),
        ("UPDATE order_state SET total = 'much'", "cannot store TEXT"),
        ("UPDATE order_counter SET value = -1", "CHECK"),
        ("INSERT INTO order_relay VALUES ('', 0, printf('%036d', 1), 0)", "CHECK"),
        ("INSERT INTO order_relay VALUES ('r', -1, printf('%036d', 1), 0)", "CHECK"),
        ("INSERT INTO order_relay VALUES ('r', 0, '', 0)", "CHECK"),
        ("INSERT INTO order_relay_stream VALUES ('r', 'o', -1, 0, 'c', 0)", "CHECK"),
        ("INSERT INTO order_relay_stream VALUES ('r', 'o', 1, 0, '', 0)", "CHECK"),
        ("INSERT INTO order_relay_left VALUES ('r', 'o', 0, 1, 0, 0)", "CHECK"),
        ("INSERT INTO order_relay_left VALUES ('r', 'o', 1, 0, 0, 0)", "CHECK"),
        ("INSERT INTO order_relay_left VALUES ('r', 'o', 1, 1, -1, 0)", "CHECK"),
        ("UPDATE order_user SET id = ''", "CHECK"),
        ("UPDATE order_user SET email = ''", "CHECK"),
        ("UPDATE order_user SET email_key = ''", "CHECK"),
        ("UPDATE order_user SET role = 'root'", "CHECK"),
        ("UPDATE order_user SET password = ''", "CHECK"),
        ("UPDATE order_user SET version = 0", "CHECK"),
        ("UPDATE order_webhook SET id = ''", "CHECK"),
        ("UPDATE order_webhook SET url = ''", "CHECK"),
        ("UPDATE order_webhook SET version = 0", "CHECK"),
        ("UPDATE order_webhook SET disabled_since = 1", "CHECK"),
        ("UPDATE order_webhook_delivery SET position = 0", "CHECK"),
        ("UPDATE order_webhook_delivery SET state = 'lost'", "CHECK"),
        ("UPDATE order_webhook_delivery SET state = 'failed'", "CHECK"),
        ("UPDATE order_webhook_delivery SET tries = -1", "CHECK"),
        (
            "INSERT INTO order_user SELECT 'v', email, email_key, profile, role, password, 1, 0, 0
            FROM order_user",
            "UNIQUE",
        ),
    ] {
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
        let error = refused.expect_err(statement).to_string();
        assert!(error.contains(refusal), "{statement}: {error}");
    }
    for good in [
        "UPDATE order_product SET stock = stock - 1",
        "UPDATE order_product SET stock = stock - 1, backorder = 1",
        "UPDATE order_product SET stock = NULL, backorder = 0",
    ] {
        sqlx::query(good).execute(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn entries_of_the_audit_log_are_only_ever_added() {
    let (_store, mut connection, _folder) = with_an_order().await;
    let act =
        "INSERT INTO order_audit VALUES (1, 0, 'root', 'admin', 'user.created', 'u', 'done', 1)";
    sqlx::query(act).execute(&mut connection).await.unwrap();
    for (statement, refusal) in [
        ("UPDATE order_audit SET at = 0", "append-only"),
        ("DELETE FROM order_audit", "append-only"),
        ("INSERT INTO order_audit VALUES (2, 0, '', 'admin', 'a', 'u', 'done', 1)", "CHECK"),
        ("INSERT INTO order_audit VALUES (2, 0, 'x', 'root', 'a', 'u', 'done', 1)", "CHECK"),
        ("INSERT INTO order_audit VALUES (2, 0, 'x', 'admin', '', 'u', 'done', 1)", "CHECK"),
        ("INSERT INTO order_audit VALUES (2, 0, 'x', 'admin', 'a', '', 'done', 1)", "CHECK"),
        ("INSERT INTO order_audit VALUES (2, 0, 'x', 'admin', 'a', 'u', '', 1)", "CHECK"),
        ("INSERT INTO order_audit VALUES (2, 0, 'x', 'admin', 'a', 'u', 'done', -1)", "CHECK"),
    ] {
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
        let error = refused.expect_err(statement).to_string();
        assert!(error.contains(refusal), "{statement}: {error}");
    }
}

#[tokio::test]
async fn the_file_itself_refuses_figures_that_may_never_be() {
    let (_store, mut connection, _folder) = with_an_order().await;
    let figure = "INSERT INTO order_figure VALUES
        ('all', 'day', 0, 'GBP', '', 1, 0, 1, 0, 0, 100, 0, 0, 0, 0, 0, 0)";
    sqlx::query(figure).execute(&mut connection).await.unwrap();
    for (statement, refusal) in [
        ("UPDATE order_figure SET dimension = 'planet'", "CHECK"),
        ("UPDATE order_figure SET grain = 'week'", "CHECK"),
        ("UPDATE order_figure SET currency = 'POUND'", "CHECK"),
        ("UPDATE order_figure SET sales_low = -1", "CHECK"),
        ("UPDATE order_figure SET cancelled_low = 1000000000", "CHECK"),
        ("UPDATE order_figure SET refunds_low = -1", "CHECK"),
        ("UPDATE order_figure SET credits_low = 1000000000", "CHECK"),
        ("UPDATE order_figure_place SET position = -1", "CHECK"),
        ("INSERT INTO order_figure_place VALUES (2, 0)", "CHECK"),
    ] {
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
        let error = refused.expect_err(statement).to_string();
        assert!(error.contains(refusal), "{statement}: {error}");
    }
}
