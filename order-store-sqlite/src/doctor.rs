//! What an operator should know.

use std::fs;

use order_core::ports::{Finding, Severity, StoreError};
use sqlx::{Row, SqliteConnection};

use crate::{
    SqliteStore,
    error::from_sqlx,
    schema::{SCHEMA_VERSION, VERSION},
    store::unexpected,
    writer::{Done, Task},
};

/// Before this release a crash while the log was begun anew could lose what was committed.
const SQLITE_MIN: (u32, u32, u32) = (3, 51, 3);
/// A log this large, in bytes, was not moved into the database for long.
const LOG_LARGE: u64 = 256 * 1024 * 1024;
/// `PRAGMA synchronous` as a number.
const FULL: i64 = 2;

pub(crate) const SETTINGS: &str = "
    SELECT journal_mode, synchronous, foreign_keys
    FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys";
pub(crate) const SQLITE_VERSION: &str = "SELECT sqlite_version()";
pub(crate) const QUICK_CHECK: &str = "PRAGMA quick_check(20)";
/// Rows that belong to an order that does not exist. Checked here and not by foreign keys, which
/// would make every order a tenth dearer.
pub(crate) const STRAY_ROWS: &str = "
    SELECT 'order_event', order_id FROM order_event e
        WHERE NOT EXISTS (SELECT 1 FROM order_state s WHERE s.id = e.order_id)
    UNION
    SELECT 'order_person', order_id FROM order_person p
        WHERE NOT EXISTS (SELECT 1 FROM order_state s WHERE s.id = p.order_id)
    UNION
    SELECT 'order_refund', order_id FROM order_refund r
        WHERE NOT EXISTS (SELECT 1 FROM order_state s WHERE s.id = r.order_id)
    UNION
    SELECT 'order_product_index', order_id FROM order_product_index i
        WHERE NOT EXISTS (SELECT 1 FROM order_state s WHERE s.id = i.order_id
            AND s.listed_at = i.listed_at)
    LIMIT 20";
pub(crate) const PAGES: &str = "
    SELECT page_count * page_size, freelist_count * page_size
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
pub(crate) const FEED: &str = "
    SELECT count(*), coalesce(min(position), 1), coalesce(max(position), 0) FROM order_event";
pub(crate) const COUNTS: &str = "
    SELECT (SELECT count(*) FROM order_state), (SELECT count(*) FROM order_product),
        (SELECT count(*) FROM order_credit_note), (SELECT count(*) FROM order_refused_row)";

/// How the writer's connection is set.
#[derive(Debug)]
pub(crate) struct Settings {
    journal_mode: String,
    synchronous: i64,
    foreign_keys: bool,
}

pub(crate) async fn settings(connection: &mut SqliteConnection) -> Result<Settings, sqlx::Error> {
    let row = sqlx::query(SETTINGS).fetch_one(connection).await?;
    Ok(Settings {
        journal_mode: row.try_get(0)?,
        synchronous: row.try_get(1)?,
        foreign_keys: row.try_get(2)?,
    })
}

fn finding(severity: Severity, code: &str, subject: &str, detail: String) -> Finding {
    Finding { severity, code: code.to_owned(), subject: subject.to_owned(), detail }
}

impl SqliteStore {
    /// Settings that endanger durability, damage, and figures.
    pub(crate) async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        let Done::Settings(settings) = self.write(Task::Settings).await? else {
            return Err(unexpected());
        };
        let mut findings = on_settings(&settings);
        findings.extend(self.on_release().await.map_err(from_sqlx)?);
        findings.extend(self.on_damage().await.map_err(from_sqlx)?);
        findings.extend(self.on_size().await.map_err(from_sqlx)?);
        Ok(findings)
    }

    async fn on_release(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let mut findings = Vec::new();
        let release: String = sqlx::query_scalar(SQLITE_VERSION).fetch_one(self.reads()).await?;
        let (severity, code) = if release_of(&release) < SQLITE_MIN {
            (Severity::Error, "sqlite.release_old")
        } else {
            (Severity::Info, "sqlite.release")
        };
        findings.push(finding(severity, code, "sqlite", format!("SQLite {release}")));
        let schema: i64 = sqlx::query_scalar(SCHEMA_VERSION).fetch_one(self.reads()).await?;
        let (severity, code) = if schema == VERSION {
            (Severity::Info, "store.schema")
        } else {
            (Severity::Error, "store.schema_unknown")
        };
        let detail = format!("schema version {schema}, this release knows {VERSION}");
        findings.push(finding(severity, code, "schema", detail));
        Ok(findings)
    }

    async fn on_damage(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let mut findings = Vec::new();
        let damages: Vec<String> = sqlx::query_scalar(QUICK_CHECK).fetch_all(self.reads()).await?;
        for damage in damages.into_iter().filter(|damage| damage != "ok") {
            findings.push(finding(Severity::Error, "sqlite.damaged", "file", damage));
        }
        for row in sqlx::query(STRAY_ROWS).fetch_all(self.reads()).await? {
            let (table, id): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            let detail = format!("a row belongs to order {id}, which does not exist");
            findings.push(finding(Severity::Error, "store.stray_row", table, detail));
        }
        let row = sqlx::query(FEED).fetch_one(self.reads()).await?;
        let (events, first, last): (i64, i64, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if first != 1 || last != events {
            let detail = format!("{events} events have positions from {first} to {last}");
            findings.push(finding(Severity::Error, "store.feed_gap", "order_event", detail));
        }
        Ok(findings)
    }

    async fn on_size(&self) -> Result<Vec<Finding>, sqlx::Error> {
        let row = sqlx::query(COUNTS).fetch_one(self.reads()).await?;
        let count = |index: usize| row.try_get::<i64, _>(index);
        let (orders, products, notes, refused) = (count(0)?, count(1)?, count(2)?, count(3)?);
        let row = sqlx::query(PAGES).fetch_one(self.reads()).await?;
        let (bytes, free): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let options = self.reads().connect_options();
        let mut log = options.get_filename().as_os_str().to_owned();
        log.push("-wal");
        // No file, no log.
        let log = fs::metadata(log).map_or(0, |file| file.len());
        let detail = format!(
            "{orders} orders, {products} products, {notes} credit notes, {refused} refused rows in \
             {bytes} bytes, {free} of them free, and {log} in the log"
        );
        let mut findings = vec![finding(Severity::Info, "store.size", "file", detail)];
        if log > LOG_LARGE {
            let detail = format!("{log} bytes: some reader kept it from being moved for long");
            findings.push(finding(Severity::Warning, "sqlite.log_large", "log", detail));
        }
        if free > bytes / 2 {
            let detail = format!("{free} of {bytes} bytes are free; VACUUM gives them back");
            findings.push(finding(Severity::Info, "sqlite.free_pages", "file", detail));
        }
        Ok(findings)
    }
}

fn on_settings(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mode = settings.journal_mode.as_str();
    if mode == "memory" {
        let detail = "orders are kept in memory and are gone when the process ends".to_owned();
        findings.push(finding(Severity::Warning, "sqlite.not_durable", "journal_mode", detail));
    } else if mode != "wal" {
        let detail = format!("{mode} instead of wal: reads and writes wait for each other");
        findings.push(finding(Severity::Warning, "sqlite.journal_mode", "journal_mode", detail));
    }
    if settings.synchronous < FULL {
        let detail = "less than FULL: a power cut can lose acknowledged orders".to_owned();
        findings.push(finding(Severity::Error, "sqlite.not_synchronous", "synchronous", detail));
    }
    if !settings.foreign_keys {
        let detail = "off: stray rows are not refused".to_owned();
        findings.push(finding(Severity::Error, "sqlite.foreign_keys_off", "foreign_keys", detail));
    }
    findings
}

/// A release as numbers; zeros for what is no number.
fn release_of(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}
