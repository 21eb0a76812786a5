//! The agenda: orders that something is to happen to, or that somebody has to look at.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use order_core::{
    Label, OrderId, Timestamp,
    ports::{Agenda, AgendaChange, AgendaEntry, Due, StoreError},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    batch::list,
    bulk::{Bulk, Values},
    error::from_sqlx,
    rows::{CommitRows, Reading},
    store::unexpected,
    writer::{Done, Task},
};

/// What commits put on the agenda, by order.
pub(crate) static PUT: Bulk = Bulk::new(
    "INSERT INTO order_process (order_id, version, next_at, attention) VALUES",
    "(?,?,?,?)",
    "ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, next_at = excluded.next_at, \
     attention = excluded.attention, tries = 0, trouble = NULL",
);

pub(crate) const REMOVE: &str =
    "DELETE FROM order_process WHERE order_id IN (SELECT value FROM json_each(?1))";

/// Whether there is anything to claim: asked without the write lock.
pub(crate) const ANY_DUE: &str = "SELECT 1 FROM order_process WHERE next_at <= ?1 LIMIT 1";

pub(crate) const CLAIM: &str = "
    UPDATE order_process SET next_at = ?2, tries = tries + 1
    WHERE order_id IN (
        SELECT order_id FROM order_process WHERE next_at <= ?1 ORDER BY next_at LIMIT ?3
    )
    RETURNING order_id, tries";

pub(crate) const DROP: &str = "
    DELETE FROM order_process
    WHERE order_id = ?1 AND (?2 IS NULL OR version = ?2) AND attention IS NULL";

pub(crate) const PUT_OFF: &str = "
    UPDATE order_process SET next_at = ?3, trouble = ?4
    WHERE order_id = ?1 AND (?2 IS NULL OR version = ?2)";

pub(crate) const PAGE: &str = "
    SELECT order_id, version, next_at, tries, trouble, attention FROM order_process
    WHERE order_id > ?1 ORDER BY order_id LIMIT ?2";

pub(crate) const PAGE_OF_WAITING: &str = "
    SELECT order_id, version, next_at, tries, trouble, attention FROM order_process
    WHERE order_id > ?1 AND attention IS NOT NULL ORDER BY order_id LIMIT ?2";

/// When something is to happen to an order next.
#[derive(Debug)]
pub(crate) struct PutOff {
    id: Arc<str>,
    version: Option<i64>,
    at: Option<i64>,
    trouble: Option<Arc<str>>,
}

/// Writes what becomes of the places of orders on the agenda: of most, nothing. The last commit of
/// an order has the say.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    commits: &[&CommitRows],
) -> Result<(), sqlx::Error> {
    let mut changes: HashMap<&str, (&CommitRows, &AgendaChange)> = HashMap::new();
    for rows in commits {
        if *rows.commit.agenda() != AgendaChange::Leave {
            changes.insert(&rows.id, (rows, rows.commit.agenda()));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let (mut put, mut removed) = (Vec::new(), Vec::new());
    for (rows, change) in changes.into_values() {
        match change {
            AgendaChange::Leave => {}
            AgendaChange::Remove => removed.push(Arc::clone(&rows.id)),
            AgendaChange::Put { next_at, attention } => put.push((rows, next_at, attention)),
        }
    }
    let bind =
        |values: &mut Values,
         (rows, next_at, attention): (&CommitRows, &Option<Timestamp>, &Option<Label>)| {
            values.add(Arc::clone(&rows.id)).add(rows.version());
            values.add(next_at.map(Timestamp::millis)).add(attention.as_ref().map(Label::shared));
        };
    PUT.run(connection, put, bind).await?;
    if !removed.is_empty() {
        sqlx::query(REMOVE).bind(list(removed)?).execute(connection).await?;
    }
    Ok(())
}

pub(crate) async fn take_due(
    connection: &mut SqliteConnection,
    (now, until, limit): (i64, i64, u32),
) -> Result<Result<Vec<Due>, StoreError>, sqlx::Error> {
    let query = sqlx::query(CLAIM).bind(now).bind(until).bind(limit);
    let rows = query.fetch_all(connection).await?;
    let due = |row| {
        let row = Reading::new(row, "order_process", 0)?;
        Ok(Due { order_id: row.parse(0, "order_id")?, tries: row.count(1, "tries")? })
    };
    Ok(rows.iter().map(due).collect())
}

pub(crate) async fn set_off(
    connection: &mut SqliteConnection,
    put_off: &PutOff,
) -> Result<(), sqlx::Error> {
    let PutOff { id, version, at, trouble } = put_off;
    if at.is_none() {
        let query = sqlx::query(DROP).bind(Arc::clone(id)).bind(*version);
        query.execute(&mut *connection).await?;
    }
    let query = sqlx::query(PUT_OFF).bind(Arc::clone(id)).bind(*version).bind(*at);
    query.bind(trouble.clone()).execute(connection).await?;
    Ok(())
}

fn entry(row: &SqliteRow) -> Result<AgendaEntry, StoreError> {
    let row = Reading::new(row, "order_process", 0)?;
    Ok(AgendaEntry {
        order_id: row.parse(0, "order_id")?,
        version: row.count(1, "version")?,
        next_at: row.time_some(2, "next_at")?,
        tries: row.count(3, "tries")?,
        trouble: row.parse_some(4, "trouble")?,
        attention: row.parse_some(5, "attention")?,
    })
}

#[async_trait]
impl Agenda for SqliteStore {
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let any = sqlx::query(ANY_DUE).bind(now.millis()).fetch_optional(self.reads()).await;
        if any.map_err(from_sqlx)?.is_none() {
            return Ok(Vec::new());
        }
        match self.write(Task::ClaimDue(now.millis(), until.millis(), limit)).await? {
            Done::Due(due) => Ok(due),
            _ => Err(unexpected()),
        }
    }

    async fn put_off(
        &self,
        id: &OrderId,
        version: Option<u64>,
        at: Option<Timestamp>,
        trouble: Option<&Label>,
    ) -> Result<(), StoreError> {
        let put_off = PutOff {
            id: id.shared(),
            version: version.map(u64::cast_signed),
            at: at.map(Timestamp::millis),
            trouble: trouble.map(Label::shared),
        };
        self.write(Task::PutOff(put_off)).await.map(|_| ())
    }

    async fn agenda(
        &self,
        after: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, StoreError> {
        let statement = if waiting { PAGE_OF_WAITING } else { PAGE };
        let after = after.map_or_else(|| Arc::from(""), OrderId::shared);
        let query = sqlx::query(statement).bind(after).bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(entry).collect()
    }
}
