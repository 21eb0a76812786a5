//! Credit notes and rows that an import refused.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    CreditNote, CreditNoteId, RefusedRow,
    analytics::{Changes, note_changes},
    ports::{Books, StoreError},
};
use sqlx::SqliteConnection;

use crate::{
    SqliteStore,
    error::{Misfit, from_sqlx},
    rollups,
    rows::{Reading, json},
    store::unexpected,
    writer::{Done, Task},
};

pub(crate) const ISSUE: &str = "
    INSERT INTO order_credit_note (id, issued_at, currency, country, total, data)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (id) DO NOTHING";

pub(crate) const CREDIT_NOTES: &str =
    "SELECT id, data FROM order_credit_note WHERE id > ?1 ORDER BY id LIMIT ?2";

pub(crate) const REFUSE: &str = "
    INSERT INTO order_refused_row (source, line, data) VALUES (?1, ?2, ?3)
    ON CONFLICT (source, line) DO UPDATE SET data = excluded.data";

pub(crate) const REFUSED: &str = "SELECT source, data FROM order_refused_row ORDER BY source, line";

/// A credit note as it is kept.
#[derive(Debug)]
pub(crate) struct NoteRow {
    id: Arc<str>,
    issued_at: i64,
    currency: &'static str,
    country: Option<Arc<str>>,
    total: i64,
    data: Arc<str>,
    changes: Changes,
}

/// A refused row as it is kept.
#[derive(Debug)]
pub(crate) struct RefusedLine {
    source: String,
    line: i64,
    data: Arc<str>,
}

/// Keeps a credit note and says whether it is new.
pub(crate) async fn write_note(
    connection: &mut SqliteConnection,
    note: &NoteRow,
) -> Result<bool, sqlx::Error> {
    let query = sqlx::query(ISSUE)
        .bind(Arc::clone(&note.id))
        .bind(note.issued_at)
        .bind(note.currency)
        .bind(note.country.clone())
        .bind(note.total)
        .bind(Arc::clone(&note.data));
    let new = query.execute(&mut *connection).await?.rows_affected() > 0;
    if new {
        rollups::count_note(connection, &note.changes).await?;
    }
    Ok(new)
}

/// Keeps refused rows.
pub(crate) async fn write_refused(
    connection: &mut SqliteConnection,
    lines: &[RefusedLine],
) -> Result<(), sqlx::Error> {
    for line in lines {
        let query = sqlx::query(REFUSE).bind(&line.source).bind(line.line);
        query.bind(Arc::clone(&line.data)).execute(&mut *connection).await?;
    }
    Ok(())
}

#[async_trait]
impl Books for SqliteStore {
    async fn issue(&self, note: &CreditNote) -> Result<bool, StoreError> {
        let row = NoteRow {
            id: note.id.shared(),
            issued_at: note.issued_at.millis(),
            currency: note.total.currency().code(),
            country: note.country.as_ref().map(order_core::Country::shared),
            total: note.total.minor(),
            data: json("order_credit_note", "data", note.id.as_str(), note)?,
            changes: note_changes(note),
        };
        match self.write(Task::Issue(Box::new(row))).await? {
            Done::Is(new) => Ok(new),
            _ => Err(unexpected()),
        }
    }

    async fn credit_notes(
        &self,
        after: Option<&CreditNoteId>,
        limit: u32,
    ) -> Result<Vec<CreditNote>, StoreError> {
        let after = after.map_or("", |id| id.as_str());
        let query = sqlx::query(CREDIT_NOTES).bind(after).bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        let note = |row| {
            let row = Reading::new(row, "order_credit_note", 0)?;
            let note: CreditNote = row.json(1, "data")?;
            if note.id == row.id() {
                return Ok(note);
            }
            Err(row.corrupt("data", Misfit("the document is that of another credit note")))
        };
        rows.iter().map(note).collect()
    }

    async fn refuse(&self, rows: &[RefusedRow]) -> Result<(), StoreError> {
        let line = |row: &RefusedRow| {
            let data = json("order_refused_row", "data", &row.source, row)?;
            Ok(RefusedLine { source: row.source.clone(), line: row.line.cast_signed(), data })
        };
        let lines = rows.iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
        self.write(Task::Refuse(lines)).await.map(|_| ())
    }

    async fn refused(&self) -> Result<Vec<RefusedRow>, StoreError> {
        let rows = sqlx::query(REFUSED).fetch_all(self.reads()).await.map_err(from_sqlx)?;
        let read = |row| Reading::new(row, "order_refused_row", 0)?.json(1, "data");
        let mut rows = rows.iter().map(read).collect::<Result<Vec<RefusedRow>, _>>()?;
        // Lines beyond what SQLite can count sort as negative there.
        rows.sort_by(|one, other| (&one.source, one.line).cmp(&(&other.source, other.line)));
        Ok(rows)
    }
}
