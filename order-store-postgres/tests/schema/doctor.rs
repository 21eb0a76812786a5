//! What the doctor sees.

use order_core::{
    Meta,
    ports::{EventFeed, Finding, Maintenance, OrderStore, Severity},
};
use order_testkit::{
    contract::{Author, Fixture, World},
    sample::{full_order, order},
};

use crate::Kept;

impl Kept {
    async fn findings(&self, code: &str) -> Vec<Finding> {
        let findings = self.store.doctor().await.unwrap();
        findings.into_iter().filter(|finding| finding.code == code).collect()
    }

    /// What is bad about the schema, as code and subject; the server's settings are another matter.
    async fn complaints(&self) -> Vec<(String, String)> {
        let settings = ["fsync", "full_page_writes", "synchronous_commit", "autovacuum"];
        let findings = self.store.doctor().await.unwrap();
        let bad = findings.into_iter().filter(|finding| finding.severity > Severity::Info);
        let bad = bad.filter(|finding| !settings.contains(&finding.subject.as_str()));
        bad.map(|finding| (finding.code, finding.subject)).collect()
    }
}

#[tokio::test]
async fn a_new_schema_is_healthy() {
    let kept = Kept::empty().await;
    assert_eq!(kept.complaints().await, []);
    assert_eq!(kept.findings("store.schema").await.len(), 1);
    assert_eq!(kept.findings("postgres.release").await.len(), 1);
    let size = kept.findings("store.size").await;
    assert!(size[0].detail.starts_with("0 orders, 0 products"), "{size:?}");
    kept.store.ping().await.unwrap();
}

#[tokio::test]
async fn a_schema_that_is_used_is_healthy() {
    let kept = Kept::with_an_order().await;
    assert_eq!(kept.complaints().await, [], "before the feed is sequenced");
    kept.store.sequence().await.unwrap();
    kept.store.commit(&Author::default().place(order(2), Meta::default()).await).await.unwrap();
    assert_eq!(kept.complaints().await, [], "between");
    kept.store.sequence().await.unwrap();
    assert_eq!(kept.complaints().await, [], "after");
    let size = kept.findings("store.size").await;
    assert!(size[0].detail.starts_with("2 orders, 0 products"), "{size:?}");
}

#[tokio::test]
async fn the_doctor_misses_every_index_that_is_lost() {
    let mut kept = Kept::with_an_order().await;
    let indexes = kept
        .texts(
            "SELECT c.relname::text FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relkind = 'i'
                AND c.relname NOT IN ('order_schema_migrations_pkey', 'order_product_by_words')
             ORDER BY c.relname",
        )
        .await;
    for index in &indexes {
        kept.run(&match index.strip_suffix("_pkey") {
            Some(table) => format!("ALTER TABLE order_store.{table} DROP CONSTRAINT {index}"),
            None => format!("DROP INDEX order_store.{index}"),
        })
        .await;
    }
    assert!(indexes.len() > 20, "{indexes:?}");
    let missing = |index| ("postgres.index_missing".to_owned(), index);
    assert_eq!(kept.complaints().await, indexes.into_iter().map(missing).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_doctor_sees_an_index_that_is_not_valid() {
    let mut kept = Kept::empty().await;
    kept.run(
        "UPDATE pg_catalog.pg_index SET indisvalid = FALSE
         WHERE indexrelid = 'order_store.order_state_by_time'::regclass",
    )
    .await;
    let missing = ("postgres.index_missing".to_owned(), "order_state_by_time".to_owned());
    assert_eq!(kept.complaints().await, [missing]);
}

#[tokio::test]
async fn the_doctor_warns_of_a_slow_search_for_products() {
    let mut kept = Kept::empty().await;
    kept.run("DROP INDEX order_store.order_product_by_words").await;
    let finding = kept.findings("postgres.no_trigrams").await.remove(0);
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(kept.complaints().await.len(), 1);
}

#[tokio::test]
async fn the_doctor_sees_that_events_could_be_changed() {
    let mut kept = Kept::empty().await;
    let missing = |trigger: &str| {
        ("postgres.trigger_missing".to_owned(), format!("order_event_is_never_{trigger}"))
    };
    kept.run("ALTER TABLE order_store.order_event DISABLE TRIGGER order_event_is_never_changed")
        .await;
    assert_eq!(kept.complaints().await, [missing("changed")]);
    kept.run("DROP TRIGGER order_event_is_never_emptied ON order_store.order_event").await;
    assert_eq!(kept.complaints().await, [missing("changed"), missing("emptied")]);
    kept.run("ALTER TABLE order_store.order_event ENABLE TRIGGER USER").await;
    assert_eq!(kept.complaints().await, [missing("emptied")]);
}

#[tokio::test]
async fn the_doctor_sees_rows_of_no_order() {
    for (table, row) in [
        ("order_person", "('nobody', NULL, NULL)"),
        ("order_refund", "('nobody', 1, 0, 0, 1)"),
        ("order_number", "('no. 9', 'nobody')"),
        ("order_number", "('no. 9', 'order-1')"),
        ("order_product_index", "('thing', 0, 'nobody')"),
        ("order_product_index", "('thing', 0, 'order-1')"),
    ] {
        let mut kept = Kept::with_an_order().await;
        kept.run(&format!("INSERT INTO order_store.{table} VALUES {row}")).await;
        let stray = ("store.stray_row".to_owned(), table.to_owned());
        assert_eq!(kept.complaints().await, [stray], "{row}");
    }
}

#[tokio::test]
async fn the_doctor_sees_gaps_in_the_feed() {
    let gap = |subject: &str| ("store.feed_gap".to_owned(), subject.to_owned());
    let mut kept = Kept::with_an_order().await;
    kept.store.sequence().await.unwrap();
    // An event that the feed does not know.
    kept.run(
        "INSERT INTO order_store.order_event SELECT order_id, 9, 0, at, actor, type, event
         FROM order_store.order_event LIMIT 1",
    )
    .await;
    assert_eq!(kept.complaints().await, [gap("order_feed")]);
    let mut kept = Kept::with_an_order().await;
    kept.store.sequence().await.unwrap();
    // A position that no event has.
    kept.run("UPDATE order_store.order_feed SET first = first + 1").await;
    assert_eq!(kept.complaints().await, [gap("order_feed")]);
    // A row that is gone.
    kept.run("DELETE FROM order_store.order_feed").await;
    assert_eq!(kept.complaints().await, [gap("order_feed")]);
}

#[tokio::test]
async fn the_doctor_sees_orders_that_nobody_takes_up() {
    let kept = Kept::empty().await;
    let world = World::over(Fixture::new(kept.store.clone())).confirming_by_hand();
    let stuck = |id: &str| ("store.orders_stuck".to_owned(), id.to_owned());
    // The test's clock stands in the past, the doctor's does not.
    world.place(full_order(1)).await;
    assert_eq!(kept.complaints().await, [stuck("order-1")]);
    let finding = kept.findings("store.orders_stuck").await.remove(0);
    assert_eq!(finding.severity, Severity::Warning);
    world.run(&order_testkit::sample::text("order-1"), order_core::Command::Confirm).await;
    assert_eq!(kept.complaints().await, []);
}
