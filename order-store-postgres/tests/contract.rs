//! PostgreSQL keeps every clause that stores keep, and reports rows that do not fit.

#![expect(clippy::expect_used, reason = "a test speaks by panicking")]

#[path = "support.rs"]
mod support;

use async_trait::async_trait;
use order_core::{PersonalData, ports::Revalidated};
use order_testkit::{
    contract::{
        Fixture, World,
        damage::{Damage, Damageable, Damager},
    },
    sample,
};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use support::{Schema, url};

async fn fresh() -> Fixture {
    let schema = Schema::fresh();
    Fixture::new(schema.store().await).keeping(schema)
}

/// A connection past the store, as a stray hand would use.
#[derive(Debug)]
struct StrayHand {
    pool: PgPool,
    schema: String,
}

#[async_trait]
impl Damager for StrayHand {
    async fn damage(&self, what: Damage) {
        let statement = match &what {
            Damage::Event(_) => {
                "ALTER TABLE order_store.order_event DISABLE TRIGGER USER; \
                 UPDATE order_store.order_event SET event = '{' WHERE order_id = $1 AND version = 1"
            }
            Damage::State(_) => "UPDATE order_store.order_state SET state = '{}' WHERE id = $1",
            Damage::Person(_) => {
                r#"UPDATE order_store.order_person SET data = '{"email":7}' WHERE order_id = $1"#
            }
            Damage::Product(_) => {
                "UPDATE order_store.order_product SET currency = 'ZZZ' WHERE id = $1"
            }
            Damage::CreditNote(_) => {
                "UPDATE order_store.order_credit_note SET data = '{}' WHERE id = $1"
            }
            Damage::RefusedRow(..) => {
                "UPDATE order_store.order_refused_row SET data = '' \
                 WHERE source = $1 AND line = $2::bigint"
            }
            Damage::Account(_) => {
                r#"UPDATE order_store.order_user SET profile = '{"phone":7}' WHERE id = $1"#
            }
            Damage::Request(_) => {
                "UPDATE order_store.order_request SET order_id = '' WHERE owner = $1 AND key = $2"
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
        let schema = Schema(self.schema.clone());
        let parts: Vec<&str> = statement.split("; ").collect();
        let (last, before) = parts.split_last().expect("there is a statement");
        for part in before {
            sqlx::query(schema.sql(part)).execute(&self.pool).await.expect("it can be damaged");
        }
        let mut query = sqlx::query(schema.sql(last)).bind(first);
        if let Some(second) = second {
            query = query.bind(second);
        }
        let done = query.execute(&self.pool).await.expect("it can be damaged");
        assert!(done.rows_affected() > 0, "{what:?} is there to be damaged");
        // The name only: the fixture drops the schema.
        std::mem::forget(schema);
    }
}

async fn damageable() -> Damageable {
    let schema = Schema::fresh();
    let store = schema.store().await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy(&url())
        .expect("the address is one of PostgreSQL");
    let hand = StrayHand { pool, schema: schema.0.clone() };
    (Fixture::new(store).keeping(schema), Box::new(hand))
}

order_testkit::store_contract_tests!(fresh);

#[tokio::test]
async fn what_was_changed_by_hand_is_not_called_unchanged() {
    let schema = Schema::fresh();
    let world = World::over(Fixture::new(schema.store().await));
    world.place(sample::full_order(1)).await;
    let mut known = None;
    for statement in [
        "UPDATE order_store.order_state SET state = state",
        "UPDATE order_store.order_person SET data = replace(data, 'n', 'n')",
        "DELETE FROM order_store.order_person",
    ] {
        let found = world.store.revalidate("order-1", known.as_ref()).await.expect("it is read");
        let Revalidated::Changed { stamp, .. } = found else { panic!("{statement}: {found:?}") };
        let again = world.store.revalidate("order-1", Some(&stamp)).await.expect("it is read");
        assert_eq!(again, Revalidated::Unchanged);
        let mut connection = PgConnection::connect(&url()).await.expect("the server is there");
        sqlx::query(schema.sql(statement)).execute(&mut connection).await.expect("it is changed");
        known = Some(stamp);
    }
    let found = world.store.revalidate("order-1", known.as_ref()).await.expect("it is read");
    let Revalidated::Changed { view, .. } = found else { panic!("{found:?}") };
    assert_eq!(*view.person, PersonalData::default());
}
order_testkit::corrupt_rows_contract!(damageable);
