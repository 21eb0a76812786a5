//! What an operator should know.

use order_core::ports::{Finding, Severity, StoreError};
use sqlx::{Row, postgres::PgRow};

use crate::{
    PgOrderStore,
    error::from_sqlx,
    schema::{SCHEMA_VERSION, VERSION},
};

/// Before this release PostgreSQL lacks what the statements use.
const RELEASE_MIN: i32 = 130_000;
/// What the schema has; a lost one makes reads slow or lets doubles in.
const INDEXES: &[&str] = &[
    "order_audit_by_act",
    "order_audit_by_actor",
    "order_audit_pkey",
    "order_credit_note_pkey",
    "order_event_pkey",
    "order_feed_by_position",
    "order_feed_pkey",
    "order_feed_waiting",
    "order_figure_pkey",
    "order_figure_place_pkey",
    "order_notice_applied",
    "order_notice_due",
    "order_notice_open",
    "order_notice_pkey",
    "order_number_pkey",
    "order_person_by_words",
    "order_person_pkey",
    "order_process_due",
    "order_process_pkey",
    "order_process_waiting",
    "order_product_by_category",
    "order_product_index_pkey",
    "order_product_low",
    "order_product_pkey",
    "order_refund_pkey",
    "order_refused_row_pkey",
    "order_relay_left_pkey",
    "order_relay_pkey",
    "order_relay_stream_due",
    "order_relay_stream_pkey",
    "order_request_pkey",
    "order_state_by_customer",
    "order_state_by_fulfillment",
    "order_state_by_payment",
    "order_state_by_status",
    "order_state_by_time",
    "order_state_pkey",
    "order_taken_by_time",
    "order_taken_pkey",
    "order_user_admins",
    "order_user_by_email",
    "order_user_pkey",
    "order_webhook_delivery_by_age",
    "order_webhook_delivery_by_state",
    "order_webhook_delivery_due",
    "order_webhook_delivery_line",
    "order_webhook_delivery_pkey",
    "order_webhook_pkey",
];
/// Without it the search for products reads all of them.
const TRIGRAMS: &str = "order_product_by_words";
const TRIGGERS: [&str; 4] = [
    "order_audit_is_never_changed",
    "order_audit_is_never_emptied",
    "order_event_is_never_changed",
    "order_event_is_never_emptied",
];
/// An order that has been pending for so many hours waits for somebody.
const PENDING_HOURS: i64 = 24;

pub(crate) const SETTINGS: &str = "
    SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('fsync', 'full_page_writes',
        'synchronous_commit', 'autovacuum', 'server_version_num', 'server_version',
        'data_checksums', 'transaction_read_only')";
pub(crate) const PRESENT: &str = "
    SELECT c.relname::text, i.indisvalid FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1
    UNION ALL
    SELECT t.tgname::text, t.tgenabled <> 'D' FROM pg_catalog.pg_trigger t
        JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1";
/// Rows that belong to an order that does not exist.
pub(crate) const STRAY_ROWS: &str = "
    SELECT 'order_event', order_id FROM order_store.order_event x
        WHERE NOT EXISTS (SELECT 1 FROM order_store.order_state s WHERE s.id = x.order_id)
    UNION
    SELECT 'order_person', order_id FROM order_store.order_person x
        WHERE NOT EXISTS (SELECT 1 FROM order_store.order_state s WHERE s.id = x.order_id)
    UNION
    SELECT 'order_refund', order_id FROM order_store.order_refund x
        WHERE NOT EXISTS (SELECT 1 FROM order_store.order_state s WHERE s.id = x.order_id)
    UNION
    SELECT 'order_number', order_id FROM order_store.order_number x
        WHERE NOT EXISTS (SELECT 1 FROM order_store.order_state s WHERE s.id = x.order_id
            AND s.number = x.number)
    UNION
    SELECT 'order_product_index', order_id FROM order_store.order_product_index x
        WHERE NOT EXISTS (SELECT 1 FROM order_store.order_state s WHERE s.id = x.order_id
            AND s.listed_at = x.listed_at)
    LIMIT 20";
/// Events there are, events that the feed knows, those with a position, and the last one.
pub(crate) const FEED: &str = "
    SELECT (SELECT count(*) FROM order_store.order_event),
        coalesce(sum(events), 0)::bigint,
        coalesce(sum(events) FILTER (WHERE first IS NOT NULL), 0)::bigint,
        coalesce(max(first + events - 1), 0)
    FROM order_store.order_feed";
pub(crate) const PENDING: &str = "
    SELECT count(*), min(id) FROM (
        SELECT id FROM order_store.order_state
        WHERE status = 'pending' AND listed_at < (extract(epoch FROM now()) * 1000)::bigint - $1
        LIMIT 1000) waiting";
pub(crate) const COUNTS: &str = "
    SELECT (SELECT count(*) FROM order_store.order_state),
        (SELECT count(*) FROM order_store.order_product),
        (SELECT count(*) FROM order_store.order_credit_note),
        (SELECT count(*) FROM order_store.order_refused_row),
        (SELECT coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::bigint
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relkind IN ('r', 'p'))";

fn finding(severity: Severity, code: &str, subject: &str, detail: impl Into<String>) -> Finding {
    let (code, subject) = (code.to_owned(), subject.to_owned());
    Finding { severity, code, subject, detail: detail.into() }
}

impl PgOrderStore {
    /// Settings that endanger durability, damage, what waits, and figures.
    pub(crate) async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        let mut findings = self.on_settings().await.map_err(from_sqlx)?;
        findings.extend(self.on_schema().await.map_err(from_sqlx)?);
        findings.extend(self.on_rows().await.map_err(from_sqlx)?);
        findings.extend(self.on_size().await.map_err(from_sqlx)?);
        Ok(findings)
    }

    async fn on_settings(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let rows = sqlx::query(SETTINGS).fetch_all(self.pool()).await?;
        let read = |row: &PgRow| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?));
        let settings: Vec<(String, String)> = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(judge(&settings))
    }

    async fn on_schema(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let mut findings = Vec::new();
        let query = sqlx::query_scalar(self.schema().sql(SCHEMA_VERSION));
        let version: Option<i64> = query.fetch_one(self.pool()).await?;
        let version = version.unwrap_or_default();
        let (severity, code) = if version == VERSION {
            (Severity::Info, "store.schema")
        } else {
            (Severity::Error, "store.schema_unknown")
        };
        let detail = format!("schema version {version}, this release knows {VERSION}");
        findings.push(finding(severity, code, self.schema_name(), detail));
        let query = sqlx::query(PRESENT).bind(self.schema_name());
        let mut present: Vec<String> = Vec::new();
        for row in query.fetch_all(self.pool()).await? {
            if row.try_get(1)? {
                present.push(row.try_get(0)?);
            }
        }
        let is_missing = |name: &&&str| !present.iter().any(|it| it == **name);
        for name in INDEXES.iter().filter(is_missing) {
            let detail = "the index is missing or not valid";
            findings.push(finding(Severity::Error, "postgres.index_missing", name, detail));
        }
        for name in TRIGGERS.iter().filter(is_missing) {
            let detail = "the trigger is missing or disabled: events could be changed";
            findings.push(finding(Severity::Error, "postgres.trigger_missing", name, detail));
        }
        if is_missing(&&TRIGRAMS) {
            let detail = "the search for products reads all of them; it needs pg_trgm";
            findings.push(finding(Severity::Warning, "postgres.no_trigrams", TRIGRAMS, detail));
        }
        Ok(findings)
    }

    async fn on_rows(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let mut findings = Vec::new();
        for row in sqlx::query(self.schema().sql(STRAY_ROWS)).fetch_all(self.pool()).await? {
            let (table, id): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            let detail = format!("a row belongs to order {id}, which does not exist or fit");
            findings.push(finding(Severity::Error, "store.stray_row", table, detail));
        }
        let row = sqlx::query(self.schema().sql(FEED)).fetch_one(self.pool()).await?;
        let (events, known, placed, last): (i64, i64, i64, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        if events != known || placed != last {
            let detail = format!(
                "{events} events, of which the feed knows {known}; {placed} have positions up to {last}"
            );
            findings.push(finding(Severity::Error, "store.feed_gap", "order_feed", detail));
        }
        let query = sqlx::query(self.schema().sql(PENDING)).bind(PENDING_HOURS * 3_600_000);
        let row = query.fetch_one(self.pool()).await?;
        let (stuck, first): (i64, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
        if let Some(first) = first {
            let detail =
                format!("{stuck} or more orders are pending for over {PENDING_HOURS} hours");
            findings.push(finding(Severity::Warning, "store.orders_stuck", &first, detail));
        }
        Ok(findings)
    }

    async fn on_size(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let query = sqlx::query(self.schema().sql(COUNTS)).bind(self.schema_name());
        let row = query.fetch_one(self.pool()).await?;
        let count = |index: usize| row.try_get::<i64, _>(index);
        let detail = format!(
            "{} orders, {} products, {} credit notes, {} refused rows in {} bytes",
            count(0)?,
            count(1)?,
            count(2)?,
            count(3)?,
            count(4)?
        );
        Ok(vec![finding(Severity::Info, "store.size", self.schema_name(), detail)])
    }
}

/// What the server's settings mean for the orders.
fn judge(settings: &[(String, String)]) -> Vec<Finding> {
    let value = |name: &str| {
        let found = settings.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let mut findings = Vec::new();
    let mut must = |name: &str, wanted: &str, severity, code, detail: &str| {
        if value(name) != wanted {
            let detail = format!("{} instead of {wanted}: {detail}", value(name));
            findings.push(finding(severity, code, name, detail));
        }
    };
    let lossy = "a power cut can lose or damage acknowledged orders";
    must("fsync", "on", Severity::Error, "postgres.fsync_off", lossy);
    must("full_page_writes", "on", Severity::Error, "postgres.full_page_writes_off", lossy);
    let stale = "tables grow and plans go wrong";
    must("autovacuum", "on", Severity::Warning, "postgres.autovacuum_off", stale);
    let unseen = "damage on the disk goes unseen";
    must("data_checksums", "on", Severity::Info, "postgres.no_checksums", unseen);
    let refused = "nothing can be written";
    must("transaction_read_only", "off", Severity::Error, "postgres.read_only", refused);
    if value("synchronous_commit") == "off" {
        let detail = "off: committers set it for themselves, but a host's own transactions are not \
                      on the disk when they are acknowledged";
        let severity = Severity::Warning;
        findings.push(finding(severity, "postgres.not_synchronous", "synchronous_commit", detail));
    }
    let old = value("server_version_num").parse().is_ok_and(|number: i32| number < RELEASE_MIN);
    let (severity, code) = if old {
        (Severity::Error, "postgres.release_old")
    } else {
        (Severity::Info, "postgres.release")
    };
    let release = format!("PostgreSQL {}", value("server_version"));
    findings.push(finding(severity, code, "postgres", release));
    findings
}
