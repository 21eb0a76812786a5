//! The inbox: what others told.

use async_trait::async_trait;
use order_core::{
    Label, Timestamp,
    ports::{
        CatalogChange, Inbox, KeptNotice, NoticeFate, NoticeState, Origin, PaymentNotice,
        StoreError,
    },
};
use sqlx::postgres::PgRow;

use crate::{
    PgOrderStore, catalog,
    error::{Misfit, from_sqlx},
    rows::{Reading, json},
};

pub(crate) const RECEIVE: &str = "
    INSERT INTO order_store.order_notice (provider, id, received_at, state, next_at, notice)
    VALUES ($1, $2, $3, 'waiting', $3, $4)
    ON CONFLICT (provider, id) DO NOTHING";

pub(crate) const CLAIM: &str = "
    UPDATE order_store.order_notice n SET next_at = $2, tries = n.tries + 1
    FROM (
        SELECT provider, id FROM order_store.order_notice WHERE next_at <= $1
        ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ) due
    WHERE n.provider = due.provider AND n.id = due.id
    RETURNING n.provider, n.id, n.received_at, n.state, n.next_at, n.tries, n.code, n.notice";

pub(crate) const SETTLE: &str = "
    UPDATE order_store.order_notice SET state = $3, next_at = $4, code = $5
    WHERE provider = $1 AND id = $2";

pub(crate) const OPEN: &str = "
    SELECT provider, id, received_at, state, next_at, tries, code, notice
    FROM order_store.order_notice WHERE state <> 'applied' ORDER BY received_at LIMIT $1";

pub(crate) const TAKE: &str = "
    INSERT INTO order_store.order_taken (source, id, taken_at) VALUES ($1, $2, $3)
    ON CONFLICT (source, id) DO NOTHING";

pub(crate) const FORGET_TAKEN: &str = "
    DELETE FROM order_store.order_taken t USING (
        SELECT source, id FROM order_store.order_taken WHERE taken_at < $1
        ORDER BY taken_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) old
    WHERE t.source = old.source AND t.id = old.id";

pub(crate) const FORGET_NOTICES: &str = "
    DELETE FROM order_store.order_notice n USING (
        SELECT provider, id FROM order_store.order_notice
        WHERE state = 'applied' AND received_at < $1
        ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) old
    WHERE n.provider = old.provider AND n.id = old.id";

fn kept(row: &PgRow) -> Result<KeptNotice, StoreError> {
    let row = Reading::new(row, "order_notice", 1)?;
    let state: &str = row.get(3, "state")?;
    let state = NoticeState::ALL.into_iter().find(|known| known.as_str() == state);
    Ok(KeptNotice {
        notice: row.json(7, "notice")?,
        received_at: row.time(2, "received_at")?,
        state: state.ok_or_else(|| row.corrupt("state", Misfit("not a known state")))?,
        next_at: row.time_some(4, "next_at")?,
        tries: row.number(5, "tries")?,
        code: row.parse_some(6, "code")?,
    })
}

#[async_trait]
impl Inbox for PgOrderStore {
    async fn receive(&self, notice: &PaymentNotice, at: Timestamp) -> Result<bool, StoreError> {
        let id = notice.id.as_str();
        let query = sqlx::query(self.schema().sql(RECEIVE))
            .bind(notice.provider.as_str())
            .bind(id)
            .bind(at.millis())
            .bind(json("order_notice", "notice", id, notice)?);
        let done = query.execute(self.pool()).await.map_err(from_sqlx)?;
        Ok(done.rows_affected() > 0)
    }

    async fn claim_notices(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, StoreError> {
        let query = sqlx::query(self.schema().sql(CLAIM))
            .bind(now.millis())
            .bind(until.millis())
            .bind(i64::from(limit));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        rows.iter().map(kept).collect()
    }

    async fn settle_notice(
        &self,
        provider: &Label,
        id: &Label,
        fate: &NoticeFate,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(self.schema().sql(SETTLE))
            .bind(provider.as_str())
            .bind(id.as_str())
            .bind(fate.state().as_str())
            .bind(fate.next_at().map(Timestamp::millis))
            .bind(fate.code().map(Label::as_str));
        query.execute(self.pool()).await.map(|_| ()).map_err(from_sqlx)
    }

    async fn take_change(
        &self,
        origin: &Origin,
        change: &CatalogChange,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool().begin().await.map_err(from_sqlx)?;
        // First: whoever takes the same event meanwhile waits here for what becomes of it.
        let query = sqlx::query(self.schema().sql(TAKE))
            .bind(origin.source.as_str())
            .bind(origin.id.as_str())
            .bind(at.millis());
        let done = query.execute(&mut *transaction).await.map_err(from_sqlx)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        // What is dropped is rolled back.
        catalog::change(self.schema(), &mut transaction, change).await?;
        transaction.commit().await.map_err(from_sqlx)?;
        Ok(true)
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut gone = 0;
        for statement in [FORGET_TAKEN, FORGET_NOTICES] {
            let query = sqlx::query(self.schema().sql(statement))
                .bind(before.millis())
                .bind(i64::from(limit));
            gone += query.execute(self.pool()).await.map_err(from_sqlx)?.rows_affected();
        }
        Ok(gone)
    }

    async fn open_notices(&self, limit: u32) -> Result<Vec<KeptNotice>, StoreError> {
        let query = sqlx::query(self.schema().sql(OPEN)).bind(i64::from(limit));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        rows.iter().map(kept).collect()
    }
}
