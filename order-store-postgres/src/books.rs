//! Credit notes and rows that an import refused.

use async_trait::async_trait;
use order_core::{
    CreditNote, CreditNoteId, RefusedRow,
    analytics::note_changes,
    ports::{Books, StoreError},
};
use sqlx::Row;

use crate::{
    PgOrderStore,
    error::{Misfit, from_sqlx},
    rollups,
    rows::{Reading, json},
};

pub(crate) const CREDIT_NOTES: &str =
    "SELECT id, data FROM order_store.order_credit_note WHERE id > $1 ORDER BY id LIMIT $2";

pub(crate) const REFUSE: &str = "
    INSERT INTO order_store.order_refused_row (source, line, data)
    SELECT DISTINCT ON (source, line) source, line, data
        FROM unnest($1::text[], $2::bigint[], $3::text[]) WITH ORDINALITY
        AS v (source, line, data, place)
        ORDER BY source, line, place DESC
    ON CONFLICT (source, line) DO UPDATE SET data = excluded.data";

pub(crate) const REFUSED: &str =
    "SELECT source, data FROM order_store.order_refused_row ORDER BY source, line";

#[async_trait]
impl Books for PgOrderStore {
    async fn issue(&self, note: &CreditNote) -> Result<bool, StoreError> {
        let data = json("order_credit_note", "data", note.id.as_str(), note)?;
        let changes = note_changes(note);
        let query = rollups::bind(sqlx::query(self.schema().sql(rollups::ISSUE)), &changes)
            .bind(note.id.as_str())
            .bind(note.issued_at.millis())
            .bind(note.total.currency().code())
            .bind(note.country.as_ref().map(order_core::Country::as_str))
            .bind(note.total.minor())
            .bind(data);
        let row = query.fetch_one(self.pool()).await.map_err(from_sqlx)?;
        let issued: i64 = row.try_get(0).map_err(from_sqlx)?;
        Ok(issued > 0)
    }

    async fn credit_notes(
        &self,
        after: Option<&CreditNoteId>,
        limit: u32,
    ) -> Result<Vec<CreditNote>, StoreError> {
        let after = after.map_or("", |id| id.as_str());
        let query = sqlx::query(self.schema().sql(CREDIT_NOTES)).bind(after).bind(i64::from(limit));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
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
        let data = |row: &RefusedRow| json("order_refused_row", "data", &row.source, row);
        let data = rows.iter().map(data).collect::<Result<Vec<_>, StoreError>>()?;
        let query = sqlx::query(self.schema().sql(REFUSE))
            .bind(rows.iter().map(|row| row.source.as_str()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.line.cast_signed()).collect::<Vec<_>>())
            .bind(data);
        query.execute(self.pool()).await.map(|_| ()).map_err(from_sqlx)
    }

    async fn refused(&self) -> Result<Vec<RefusedRow>, StoreError> {
        let query = sqlx::query(self.schema().sql(REFUSED));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        let read = |row| Reading::new(row, "order_refused_row", 0)?.json(1, "data");
        let mut rows = rows.iter().map(read).collect::<Result<Vec<RefusedRow>, _>>()?;
        // Lines beyond what PostgreSQL can count sort as negative there.
        rows.sort_by(|one, other| (&one.source, one.line).cmp(&(&other.source, other.line)));
        Ok(rows)
    }
}
