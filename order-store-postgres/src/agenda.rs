//! The agenda: orders that something is to happen to, or that somebody has to look at.

use async_trait::async_trait;
use order_core::{
    Label, OrderId, Timestamp,
    ports::{Agenda, AgendaChange, AgendaEntry, Due, StoreError},
};
use sqlx::{PgConnection, postgres::PgRow};

use crate::{PgOrderStore, error::from_sqlx, rows::Reading, schema::Schema, write::Final};

/// What commits put on the agenda, by order.
pub(crate) const PUT: &str = "
    INSERT INTO order_store.order_process (order_id, version, next_at, attention)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
    ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, next_at = excluded.next_at,
        attention = excluded.attention, tries = 0, trouble = NULL";

pub(crate) const REMOVE: &str = "DELETE FROM order_store.order_process WHERE order_id = ANY ($1)";

/// Rows that another server claims, or that a commit writes, are passed over.
pub(crate) const CLAIM: &str = "
    UPDATE order_store.order_process p SET next_at = $2, tries = p.tries + 1
    FROM (
        SELECT order_id FROM order_store.order_process WHERE next_at <= $1
        ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ) due
    WHERE p.order_id = due.order_id
    RETURNING p.order_id, p.tries";

/// With no time the row goes, unless somebody has to look at it.
pub(crate) const PUT_OFF: &str = "
    WITH gone AS (
        DELETE FROM order_store.order_process
        WHERE order_id = $1 AND ($2::bigint IS NULL OR version = $2)
            AND $3::bigint IS NULL AND attention IS NULL
    )
    UPDATE order_store.order_process SET next_at = $3, trouble = $4
    WHERE order_id = $1 AND ($2 IS NULL OR version = $2)
        AND ($3 IS NOT NULL OR attention IS NOT NULL)";

pub(crate) const PAGE: &str = "
    SELECT order_id, version, next_at, tries, trouble, attention FROM order_store.order_process
    WHERE order_id > $1 ORDER BY order_id LIMIT $2";

pub(crate) const PAGE_OF_WAITING: &str = "
    SELECT order_id, version, next_at, tries, trouble, attention FROM order_store.order_process
    WHERE order_id > $1 AND attention IS NOT NULL ORDER BY order_id LIMIT $2";

/// Writes what becomes of the places of orders on the agenda: of most, nothing.
pub(crate) async fn put(
    schema: &Schema,
    connection: &mut PgConnection,
    finals: &[Final<'_>],
) -> Result<(), sqlx::Error> {
    let (mut put, mut removed) = (Vec::new(), Vec::new());
    for order in finals {
        match order.last.commit.agenda() {
            AgendaChange::Leave => {}
            AgendaChange::Remove => removed.push(order.last.id()),
            AgendaChange::Put { next_at, attention } => {
                put.push((order.last, next_at.map(Timestamp::millis), attention.as_ref()));
            }
        }
    }
    if !put.is_empty() {
        sqlx::query(schema.sql(PUT))
            .bind(put.iter().map(|(rows, ..)| rows.id()).collect::<Vec<_>>())
            .bind(put.iter().map(|(rows, ..)| rows.version).collect::<Vec<_>>())
            .bind(put.iter().map(|(_, next_at, _)| *next_at).collect::<Vec<_>>())
            .bind(put.iter().map(|(.., code)| code.map(Label::as_str)).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
    }
    if !removed.is_empty() {
        sqlx::query(schema.sql(REMOVE)).bind(removed).execute(connection).await?;
    }
    Ok(())
}

fn entry(row: &PgRow) -> Result<AgendaEntry, StoreError> {
    let row = Reading::new(row, "order_process", 0)?;
    Ok(AgendaEntry {
        order_id: row.parse(0, "order_id")?,
        version: row.number(1, "version")?,
        next_at: row.time_some(2, "next_at")?,
        tries: row.number(3, "tries")?,
        trouble: row.parse_some(4, "trouble")?,
        attention: row.parse_some(5, "attention")?,
    })
}

#[async_trait]
impl Agenda for PgOrderStore {
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let query = sqlx::query(self.schema().sql(CLAIM))
            .bind(now.millis())
            .bind(until.millis())
            .bind(i64::from(limit));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        let due = |row| {
            let row = Reading::new(row, "order_process", 0)?;
            Ok(Due { order_id: row.parse(0, "order_id")?, tries: row.number(1, "tries")? })
        };
        rows.iter().map(due).collect()
    }

    async fn put_off(
        &self,
        id: &OrderId,
        version: Option<u64>,
        at: Option<Timestamp>,
        trouble: Option<&Label>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(self.schema().sql(PUT_OFF))
            .bind(id.as_str())
            .bind(version.map(u64::cast_signed))
            .bind(at.map(Timestamp::millis))
            .bind(trouble.map(Label::as_str));
        query.execute(self.pool()).await.map(|_| ()).map_err(from_sqlx)
    }

    async fn agenda(
        &self,
        after: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, StoreError> {
        let statement = if waiting { PAGE_OF_WAITING } else { PAGE };
        let query = sqlx::query(self.schema().sql(statement))
            .bind(after.map_or("", OrderId::as_str))
            .bind(i64::from(limit));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        rows.iter().map(entry).collect()
    }
}
