//! The log of administrative acts.

use async_trait::async_trait;
use order_core::ports::{AuditEntry, AuditLog, AuditPage, AuditQuery, KeptEntry, StoreError};
use sqlx::postgres::PgRow;

use crate::{PgOrderStore, error::from_sqlx, rows::Reading};

pub(crate) const INSERT: &str = "
    INSERT INTO order_store.order_audit (at, actor, role, act, subject, outcome, count)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

macro_rules! page {
    ($filter:literal) => {
        concat!(
            "SELECT id::text AS name, at, actor, role, act, subject, outcome, count, id
            FROM order_store.order_audit WHERE id < $1",
            $filter,
            " ORDER BY id DESC LIMIT $2"
        )
    };
}

pub(crate) const PAGE: &str = page!("");
pub(crate) const PAGE_OF_ACTOR: &str = page!(" AND actor = $3");
pub(crate) const PAGE_OF_ACT: &str = page!(" AND act = $3");
pub(crate) const PAGE_OF_BOTH: &str = page!(" AND actor = $3 AND act = $4");

fn kept(row: &PgRow) -> Result<KeptEntry, StoreError> {
    let row = Reading::new(row, "order_audit", 0)?;
    let entry = AuditEntry {
        at: row.time(1, "at")?,
        actor: row.parse(2, "actor")?,
        role: row.parse(3, "role")?,
        act: row.parse(4, "act")?,
        subject: row.parse_some(5, "subject")?,
        outcome: row.parse(6, "outcome")?,
        count: row.number(7, "count")?,
    };
    Ok(KeptEntry { id: row.number(8, "id")?, entry })
}

#[async_trait]
impl AuditLog for PgOrderStore {
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let query = sqlx::query(self.schema().sql(INSERT))
            .bind(entry.at.millis())
            .bind(entry.actor.as_str())
            .bind(entry.role.as_str())
            .bind(entry.act.as_str())
            .bind(entry.subject.as_ref().map(order_core::Label::as_str))
            .bind(entry.outcome.as_str())
            .bind(i64::try_from(entry.count).unwrap_or(i64::MAX));
        query.execute(self.pool()).await.map(|_| ()).map_err(from_sqlx)
    }

    async fn entries(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let statement = match (&query.actor, query.act) {
            (None, None) => PAGE,
            (Some(_), None) => PAGE_OF_ACTOR,
            (None, Some(_)) => PAGE_OF_ACT,
            (Some(_), Some(_)) => PAGE_OF_BOTH,
        };
        let before = query.after.map_or(i64::MAX, |id| i64::try_from(id).unwrap_or(i64::MAX));
        let mut asked =
            sqlx::query(self.schema().sql(statement)).bind(before).bind(i64::from(query.limit) + 1);
        if let Some(actor) = &query.actor {
            asked = asked.bind(actor.as_str());
        }
        if let Some(act) = query.act {
            asked = asked.bind(act.as_str());
        }
        let rows = asked.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        let entries = rows.iter().map(kept).collect::<Result<_, _>>()?;
        Ok(AuditPage::of(entries, query.limit))
    }
}
