//! What the schema refuses, whoever writes.

use std::collections::BTreeSet;

use order_core::ports::OrderQueries;
use sqlx::error::ErrorKind;

use crate::Kept;

/// What a table refuses to have set, and the constraint that says so.
const CHECKS: &[(&str, &str, &str)] = &[
    ("order_state", "id = ''", "order_state_id_check"),
    ("order_state", "id = repeat('x', 201)", "order_state_id_check"),
    ("order_state", "version = 0", "order_state_version_check"),
    ("order_state", "version = -1", "order_state_version_check"),
    ("order_state", "total = -1", "order_state_total_check"),
    ("order_state", "number = ''", "order_state_number_check"),
    ("order_state", "number = repeat('x', 201)", "order_state_number_check"),
    ("order_state", "customer_id = ''", "order_state_customer_id_check"),
    ("order_state", "customer_id = repeat('x', 201)", "order_state_customer_id_check"),
    ("order_state", "status = 'lost'", "order_state_status_check"),
    ("order_state", "status = 'Draft'", "order_state_status_check"),
    ("order_state", "payment_status = 'free'", "order_state_payment_status_check"),
    ("order_state", "fulfillment_status = ''", "order_state_fulfillment_status_check"),
    ("order_state", "return_status = 'no'", "order_state_return_status_check"),
    ("order_state", "currency = 'POUND'", "order_state_currency_check"),
    ("order_state", "country = ''", "order_state_country_check"),
    ("order_state", "country = repeat('x', 101)", "order_state_country_check"),
    ("order_refund", "amount = -1", "order_refund_amount_check"),
    ("order_refund", "version = 0", "order_refund_version_check"),
    ("order_refund", "ordinal = -1", "order_refund_ordinal_check"),
    ("order_request", "owner = ''", "order_request_owner_check"),
    ("order_request", "owner = repeat('x', 201)", "order_request_owner_check"),
    ("order_request", "key = ''", "order_request_key_check"),
    ("order_request", "key = repeat('x', 201)", "order_request_key_check"),
    ("order_request", "version = 0", "order_request_version_check"),
    ("order_product", "id = ''", "order_product_id_check"),
    ("order_product", "id = repeat('x', 201)", "order_product_id_check"),
    ("order_product", "name = ''", "order_product_name_check"),
    ("order_product", "name = repeat('x', 501)", "order_product_name_check"),
    ("order_product", "price = -1", "order_product_price_check"),
    ("order_product", "currency = ''", "order_product_currency_check"),
    ("order_product", "stock = stock - 2", "stock_is_below_zero_only_on_backorder"),
    ("order_product", "stock = -1, backorder = false", "stock_is_below_zero_only_on_backorder"),
    ("order_product", "category = ''", "order_product_category_check"),
    ("order_product", "category = repeat('x', 101)", "order_product_category_check"),
    ("order_product", "version = 0", "order_product_version_check"),
    ("order_credit_note", "id = ''", "order_credit_note_id_check"),
    ("order_credit_note", "id = repeat('x', 201)", "order_credit_note_id_check"),
    ("order_credit_note", "currency = 'GB'", "order_credit_note_currency_check"),
    ("order_credit_note", "country = ''", "order_credit_note_country_check"),
    ("order_credit_note", "country = repeat('x', 101)", "order_credit_note_country_check"),
    ("order_credit_note", "total = 1", "order_credit_note_total_check"),
    ("order_feed", "first = 0", "order_feed_first_check"),
    ("order_feed", "events = 0", "order_feed_events_check"),
    ("order_relay", "name = ''", "order_relay_name_check"),
    ("order_relay", "name = repeat('x', 201)", "order_relay_name_check"),
    ("order_relay", "position = -1", "order_relay_position_check"),
    ("order_relay_stream", "tries = -1", "order_relay_stream_tries_check"),
    ("order_relay_stream", "code = ''", "order_relay_stream_code_check"),
    ("order_relay_stream", "code = repeat('x', 201)", "order_relay_stream_code_check"),
    ("order_relay_left", "position = 0", "order_relay_left_position_check"),
    ("order_relay_left", "version = 0", "order_relay_left_version_check"),
    ("order_relay_left", "ordinal = -1", "order_relay_left_ordinal_check"),
    ("order_process", "version = 0", "order_process_version_check"),
    ("order_process", "tries = -1", "order_process_tries_check"),
    ("order_process", "next_at = NULL, attention = NULL", "order_process_check"),
    ("order_notice", "state = 'lost'", "order_notice_state_check"),
    ("order_notice", "tries = -1", "order_notice_tries_check"),
    ("order_user", "id = ''", "order_user_id_check"),
    ("order_user", "id = repeat('x', 201)", "order_user_id_check"),
    ("order_user", "email = ''", "order_user_email_check"),
    ("order_user", "email = repeat('x', 255)", "order_user_email_check"),
    ("order_user", "email_key = ''", "order_user_email_key_check"),
    ("order_user", "role = 'root'", "order_user_role_check"),
    ("order_user", "role = 'Admin'", "order_user_role_check"),
    ("order_user", "password = ''", "order_user_password_check"),
    ("order_user", "version = 0", "order_user_version_check"),
    ("order_webhook", "id = ''", "order_webhook_id_check"),
    ("order_webhook", "id = repeat('x', 201)", "order_webhook_id_check"),
    ("order_webhook", "url = ''", "order_webhook_url_check"),
    ("order_webhook", "url = repeat('x', 2001)", "order_webhook_url_check"),
    ("order_webhook", "version = 0", "order_webhook_version_check"),
    ("order_webhook", "disabled_since = 1", "disabled_for_a_reason"),
    ("order_webhook_delivery", "position = 0", "order_webhook_delivery_position_check"),
    ("order_webhook_delivery", "version = 0", "order_webhook_delivery_version_check"),
    ("order_webhook_delivery", "ordinal = -1", "order_webhook_delivery_ordinal_check"),
    (
        "order_webhook_delivery",
        "state = 'lost', next_at = NULL",
        "order_webhook_delivery_state_check",
    ),
    ("order_webhook_delivery", "tries = -1", "order_webhook_delivery_tries_check"),
    ("order_webhook_delivery", "state = 'failed'", "only_what_is_pending_is_due"),
    ("order_figure", "dimension = 'planet'", "order_figure_dimension_check"),
    ("order_figure", "grain = 'week'", "order_figure_grain_check"),
    ("order_figure", "currency = 'POUND'", "order_figure_currency_check"),
    ("order_figure", "sales_low = -1", "order_figure_sales_low_check"),
    ("order_figure", "cancelled_low = 1000000000", "order_figure_cancelled_low_check"),
    ("order_figure", "refunds_low = -1", "order_figure_refunds_low_check"),
    ("order_figure", "credits_low = 1000000000", "order_figure_credits_low_check"),
    ("order_figure_place", "id = 2", "order_figure_place_id_check"),
    ("order_figure_place", "position = -1", "order_figure_place_position_check"),
    ("order_process", "version = 0", "order_process_version_check"),
    ("order_process", "tries = -1", "order_process_tries_check"),
    ("order_process", "next_at = NULL", "order_process_check"),
    ("order_notice", "state = 'lost'", "order_notice_state_check"),
    ("order_notice", "tries = -1", "order_notice_tries_check"),
];

/// Events that are refused: order, version, ordinal, time, author, type and document.
const EVENT_CHECKS: &[(&str, &str)] = &[
    ("'new', 0, 0, 0, 'x', 'y', '{}'", "order_event_version_check"),
    ("'new', 1, -1, 0, 'x', 'y', '{}'", "order_event_ordinal_check"),
    ("'new', 1, 0, 0, '', 'y', '{}'", "order_event_actor_check"),
    ("'new', 1, 0, 0, repeat('x', 201), 'y', '{}'", "order_event_actor_check"),
    ("'new', 1, 0, 0, 'x', '', '{}'", "order_event_type_check"),
];

/// Entries of the audit log that are refused: actor, role, act, subject, outcome and count.
const AUDIT_CHECKS: &[(&str, &str)] = &[
    ("'', 'admin', 'a', 'u', 'done', 1", "order_audit_actor_check"),
    ("repeat('x', 201), 'admin', 'a', 'u', 'done', 1", "order_audit_actor_check"),
    ("'x', 'root', 'a', 'u', 'done', 1", "order_audit_role_check"),
    ("'x', 'admin', '', 'u', 'done', 1", "order_audit_act_check"),
    ("'x', 'admin', 'a', '', 'done', 1", "order_audit_subject_check"),
    ("'x', 'admin', 'a', 'u', '', 1", "order_audit_outcome_check"),
    ("'x', 'admin', 'a', 'u', 'done', -1", "order_audit_count_check"),
];

const PRESENT: &str = "SELECT c.conname::text FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
    WHERE c.contype = 'c' AND n.nspname = $1";

/// A row for every table in which an order leaves none; of the product one is left.
const ROWS: &[&str] = &[
    "INSERT INTO order_store.order_audit (at, actor, role, act, subject, outcome, count)
        VALUES (0, 'root', 'admin', 'user.created', 'u', 'done', 1)",
    "INSERT INTO order_store.order_refund VALUES ('order-1', 1, 0, 0, 0)",
    "INSERT INTO order_store.order_product VALUES
        ('p', 'p', NULL, 0, 'GBP', 1, NULL, 1, 0, 0, ' p')",
    "INSERT INTO order_store.order_credit_note VALUES ('n', 0, 'GBP', NULL, 0, '{}')",
    "INSERT INTO order_store.order_refused_row VALUES ('file', 1, '{}')",
    "INSERT INTO order_store.order_relay VALUES ('r', 0, '', 0)",
    "INSERT INTO order_store.order_relay_stream VALUES ('r', 'order-1', 1, 0, 'code', 0)",
    "INSERT INTO order_store.order_relay_left VALUES ('r', 'order-1', 1, 1, 0, 0)",
    "INSERT INTO order_store.order_process (order_id, version, next_at) VALUES ('other', 1, 0)",
    "INSERT INTO order_store.order_notice (provider, id, received_at, state, notice)
        VALUES ('p', 'n', 0, 'applied', '{}')",
    "INSERT INTO order_store.order_user VALUES
        ('u', 'u@x.example', 'u@x.example', '{}', 'customer', 'hash', 1, 0, 0)",
    "INSERT INTO order_store.order_webhook VALUES
        ('w', 'https://x.example/', '[]', NULL, '{}', NULL, NULL, NULL, 0, 1, 0, 0)",
    "INSERT INTO order_store.order_webhook_delivery VALUES
        ('w', 1, 'order-1', 1, 0, 'order.placed', 'pending', 0, 0, '[]', 0)",
    "INSERT INTO order_store.order_figure VALUES
        ('all', 'day', 0, 'GBP', '', 1, 0, 1, 0, 0, 100, 0, 0, 0, 0, 0, 0)",
];

impl Kept {
    async fn with_every_row() -> Self {
        let mut kept = Self::with_an_order().await;
        for row in ROWS {
            kept.run(row).await;
        }
        kept
    }

    /// Checks that a statement is refused: why, and by which constraint.
    async fn refuses(&mut self, statement: &str, kind: ErrorKind, constraint: &str) {
        let error = self.try_run(statement).await.expect_err(statement);
        let error = error.into_database_error().expect(statement);
        assert_eq!(error.constraint(), Some(constraint), "{statement}: {error}");
        assert_eq!(error.kind(), kind, "{statement}: {error}");
    }
}

#[tokio::test]
async fn the_schema_refuses_what_may_never_be() {
    let mut kept = Kept::with_every_row().await;
    for (table, change, constraint) in CHECKS {
        let statement = format!("UPDATE order_store.{table} SET {change}");
        kept.refuses(&statement, ErrorKind::CheckViolation, constraint).await;
    }
    for (values, constraint) in EVENT_CHECKS {
        let statement = format!("INSERT INTO order_store.order_event VALUES ({values})");
        kept.refuses(&statement, ErrorKind::CheckViolation, constraint).await;
    }
    for (values, constraint) in AUDIT_CHECKS {
        let statement = format!(
            "INSERT INTO order_store.order_audit (at, actor, role, act, subject, outcome, count)
             VALUES (0, {values})"
        );
        kept.refuses(&statement, ErrorKind::CheckViolation, constraint).await;
    }
    for good in [
        "UPDATE order_store.order_product SET stock = stock - 1",
        "UPDATE order_store.order_product SET stock = -5, backorder = true",
        "UPDATE order_store.order_product SET stock = NULL, backorder = false",
        "UPDATE order_store.order_state SET total = 0, customer_id = NULL, country = NULL",
        "UPDATE order_store.order_credit_note SET total = -1, country = repeat('x', 100)",
        "INSERT INTO order_store.order_event VALUES ('new', 1, 0, 0, 'x', 'y', '{}')",
    ] {
        kept.run(good).await;
    }
}

/// Whoever adds a CHECK adds a line above.
#[tokio::test]
async fn no_check_is_left_untried() {
    let mut kept = Kept::empty().await;
    let present: BTreeSet<String> = kept.texts(PRESENT).await.into_iter().collect();
    let tried = CHECKS.iter().map(|(.., name)| *name);
    let tried = tried.chain(EVENT_CHECKS.iter().chain(AUDIT_CHECKS).map(|(_, name)| *name));
    assert_eq!(present, tried.map(str::to_owned).collect());
}

#[tokio::test]
async fn events_are_only_ever_added() {
    let mut kept = Kept::with_an_order().await;
    for statement in [
        "UPDATE order_store.order_event SET at = at",
        "UPDATE order_store.order_event SET event = '{}' WHERE version = 1",
        "DELETE FROM order_store.order_event",
        "DELETE FROM order_store.order_event WHERE order_id = 'order-1'",
        "TRUNCATE order_store.order_event",
        "TRUNCATE order_store.order_state, order_store.order_event CASCADE",
        "INSERT INTO order_store.order_event SELECT * FROM order_store.order_event
            ON CONFLICT (order_id, version, ordinal) DO UPDATE SET event = '{}'",
    ] {
        let error = kept.try_run(statement).await.expect_err(statement);
        assert!(error.to_string().contains("order_event is append-only"), "{statement}: {error}");
    }
    assert!(kept.store.find("order-1").await.unwrap().is_some());
}

#[tokio::test]
async fn entries_of_the_audit_log_are_only_ever_added() {
    let mut kept = Kept::with_every_row().await;
    for statement in [
        "UPDATE order_store.order_audit SET at = at",
        "DELETE FROM order_store.order_audit",
        "TRUNCATE order_store.order_audit",
    ] {
        let error = kept.try_run(statement).await.expect_err(statement);
        assert!(error.to_string().contains("order_audit is append-only"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn what_is_unique_is_not_kept_twice() {
    let mut kept = Kept::with_every_row().await;
    kept.run("UPDATE order_store.order_feed SET first = 1").await;
    for (table, columns, constraint) in [
        ("order_state", "*", "order_state_pkey"),
        ("order_event", "*", "order_event_pkey"),
        ("order_event", "order_id, version, ordinal, 9, 'x', 'y', '{}'", "order_event_pkey"),
        ("order_number", "*", "order_number_pkey"),
        ("order_number", "number, 'order-2'", "order_number_pkey"),
        ("order_person", "*", "order_person_pkey"),
        ("order_product_index", "*", "order_product_index_pkey"),
        ("order_refund", "*", "order_refund_pkey"),
        ("order_request", "*", "order_request_pkey"),
        ("order_request", "owner, key, 0, 'order-2', 1, 0", "order_request_pkey"),
        (
            "order_product",
            "id, name, description, price, currency, stock, category, version, created_at, \
             updated_at, words",
            "order_product_pkey",
        ),
        ("order_credit_note", "*", "order_credit_note_pkey"),
        ("order_refused_row", "*", "order_refused_row_pkey"),
        ("order_relay", "*", "order_relay_pkey"),
        ("order_relay_stream", "*", "order_relay_stream_pkey"),
        ("order_relay_left", "*", "order_relay_left_pkey"),
        ("order_webhook", "*", "order_webhook_pkey"),
        ("order_webhook_delivery", "*", "order_webhook_delivery_pkey"),
        ("order_figure", "*", "order_figure_pkey"),
        ("order_figure_place", "*", "order_figure_place_pkey"),
        ("order_schema_migrations", "*", "order_schema_migrations_pkey"),
    ] {
        let statement = format!(
            "INSERT INTO order_store.{table} SELECT {columns} FROM order_store.{table} LIMIT 1"
        );
        kept.refuses(&statement, ErrorKind::UniqueViolation, constraint).await;
    }
    let position = "INSERT INTO order_store.order_feed (first, events, order_ids, versions, counts)
        SELECT first, 1, order_ids, versions, counts FROM order_store.order_feed";
    kept.refuses(position, ErrorKind::UniqueViolation, "order_feed_by_position").await;
    kept.run(&position.replace("first, 1", "NULL, 1")).await;
}
