//! A SQLite file keeps every clause that stores keep, and reports rows that do not fit.

#![expect(clippy::expect_used, reason = "a test speaks by panicking")]

use async_trait::async_trait;
use order_store_sqlite::SqliteStore;
use order_testkit::contract::{
    Fixture,
    damage::{Damage, Damageable, Damager},
};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tempfile::TempDir;

async fn open(folder: &TempDir) -> SqliteStore {
    let file = folder.path().join("orders.db");
    SqliteStore::open(&format!("sqlite://{}", file.display())).await.expect("a new file opens")
}

async fn fresh() -> Fixture {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    Fixture::new(open(&folder).await).keeping(folder)
}

/// A connection past the store, as a stray hand would use.
#[derive(Debug)]
struct StrayHand(SqlitePool);

#[async_trait]
impl Damager for StrayHand {
    async fn damage(&self, what: Damage) {
        let statement = match &what {
            Damage::Event(_) => {
                "DROP TRIGGER order_event_is_never_changed; \
                 UPDATE order_event SET event = '{' WHERE order_id = ? AND version = 1"
            }
            Damage::State(_) => "UPDATE order_state SET state = '{}' WHERE id = ?",
            Damage::Person(_) => {
                r#"UPDATE order_person SET data = '{"email":7}' WHERE order_id = ?"#
            }
            Damage::Product(_) => "UPDATE order_product SET currency = 'ZZZ' WHERE id = ?",
            Damage::CreditNote(_) => "UPDATE order_credit_note SET data = '{}' WHERE id = ?",
            Damage::RefusedRow(..) => {
                "UPDATE order_refused_row SET data = '' WHERE source = ? AND line = ?"
            }
            Damage::Account(_) => r#"UPDATE order_user SET profile = '{"phone":7}' WHERE id = ?"#,
            Damage::Request(_) => {
                "UPDATE order_request SET order_id = '' WHERE owner = ? AND key = ?"
            }
        };
        let (first, second) = match &what {
            Damage::Event(id) | Damage::State(id) | Damage::Person(id) => (id.to_string(), None),
            Damage::Product(id) => (id.to_string(), None),
            Damage::Account(id) => (id.to_string(), None),
            Damage::CreditNote(id) => (id.to_string(), None),
            Damage::RefusedRow(source, line) => (source.clone(), Some(line.to_string())),
            Damage::Request(key) => (key.owner.to_string(), Some(key.key.to_string())),
        };
        let parts: Vec<&'static str> = statement.split("; ").collect();
        let (last, before) = parts.split_last().expect("there is a statement");
        for part in before {
            sqlx::query(*part).execute(&self.0).await.expect("it can be damaged");
        }
        let mut query = sqlx::query(*last).bind(first);
        if let Some(second) = second {
            query = query.bind(second);
        }
        let done = query.execute(&self.0).await.expect("it can be damaged");
        assert!(done.rows_affected() > 0, "{what:?} is there to be damaged");
    }
}

async fn damageable() -> Damageable {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let store = open(&folder).await;
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("orders.db"))
        .pragma("ignore_check_constraints", "ON");
    let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
    (Fixture::new(store).keeping(folder), Box::new(StrayHand(pool)))
}

order_testkit::store_contract_tests!(fresh);
order_testkit::corrupt_rows_contract!(damageable);
