//! The inbox: what others told.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    Label, Timestamp,
    ports::{
        CatalogChange, Inbox, KeptNotice, NoticeFate, NoticeState, Origin, PaymentNotice,
        StoreError,
    },
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore, catalog,
    error::{Misfit, from_sqlx},
    rows::{Reading, json},
    store::unexpected,
    writer::{Done, Task},
};

pub(crate) const RECEIVE: &str = "
    INSERT INTO order_notice (provider, id, received_at, state, next_at, notice)
    VALUES (?1, ?2, ?3, 'waiting', ?3, ?4)
    ON CONFLICT (provider, id) DO NOTHING";

/// Whether there is anything to claim: asked without the write lock.
pub(crate) const ANY_DUE: &str = "SELECT 1 FROM order_notice WHERE next_at <= ?1 LIMIT 1";

pub(crate) const CLAIM: &str = "
    UPDATE order_notice SET next_at = ?2, tries = tries + 1
    WHERE (provider, id) IN (
        SELECT provider, id FROM order_notice WHERE next_at <= ?1 ORDER BY next_at LIMIT ?3
    )
    RETURNING provider, id, received_at, state, next_at, tries, code, notice";

pub(crate) const SETTLE: &str = "
    UPDATE order_notice SET state = ?3, next_at = ?4, code = ?5 WHERE provider = ?1 AND id = ?2";

pub(crate) const OPEN: &str = "
    SELECT provider, id, received_at, state, next_at, tries, code, notice
    FROM order_notice WHERE state <> 'applied' ORDER BY received_at LIMIT ?1";

pub(crate) const TAKEN: &str = "SELECT 1 FROM order_taken WHERE source = ?1 AND id = ?2";

pub(crate) const TAKE: &str = "INSERT INTO order_taken (source, id, taken_at) VALUES (?1, ?2, ?3)";

/// Whether there is anything to forget: asked without the write lock.
pub(crate) const ANY_OLD: &str = "
    SELECT EXISTS (SELECT 1 FROM order_taken WHERE taken_at < ?1)
        OR EXISTS (SELECT 1 FROM order_notice WHERE state = 'applied' AND received_at < ?1)";

pub(crate) const FORGET_TAKEN: &str = "
    DELETE FROM order_taken WHERE (source, id) IN (
        SELECT source, id FROM order_taken WHERE taken_at < ?1 ORDER BY taken_at LIMIT ?2
    )";

pub(crate) const FORGET_NOTICES: &str = "
    DELETE FROM order_notice WHERE (provider, id) IN (
        SELECT provider, id FROM order_notice WHERE state = 'applied' AND received_at < ?1
        ORDER BY received_at LIMIT ?2
    )";

/// A change that an event told.
#[derive(Debug)]
pub(crate) struct Take {
    origin: Origin,
    change: CatalogChange,
    at: i64,
}

/// A notice as it comes in.
#[derive(Debug)]
pub(crate) struct Incoming {
    provider: Arc<str>,
    id: Arc<str>,
    at: i64,
    notice: Arc<str>,
}

/// What becomes of a notice.
#[derive(Debug)]
pub(crate) struct Settle {
    provider: Arc<str>,
    id: Arc<str>,
    fate: NoticeFate,
}

pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    incoming: &Incoming,
) -> Result<bool, sqlx::Error> {
    let query = sqlx::query(RECEIVE)
        .bind(Arc::clone(&incoming.provider))
        .bind(Arc::clone(&incoming.id))
        .bind(incoming.at)
        .bind(Arc::clone(&incoming.notice));
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

pub(crate) async fn take_due(
    connection: &mut SqliteConnection,
    (now, until, limit): (i64, i64, u32),
) -> Result<Result<Vec<KeptNotice>, StoreError>, sqlx::Error> {
    let query = sqlx::query(CLAIM).bind(now).bind(until).bind(limit);
    let rows = query.fetch_all(connection).await?;
    Ok(rows.iter().map(kept).collect())
}

pub(crate) async fn settle(
    connection: &mut SqliteConnection,
    settle: &Settle,
) -> Result<(), sqlx::Error> {
    let Settle { provider, id, fate } = settle;
    let query = sqlx::query(SETTLE)
        .bind(Arc::clone(provider))
        .bind(Arc::clone(id))
        .bind(fate.state().as_str())
        .bind(fate.next_at().map(Timestamp::millis))
        .bind(fate.code().map(Label::shared));
    query.execute(connection).await.map(|_| ())
}

/// Does a change and remembers its event, if that is new. The write lock must be held.
pub(crate) async fn take(
    connection: &mut SqliteConnection,
    Take { origin, change, at }: &Take,
) -> Result<Result<bool, StoreError>, sqlx::Error> {
    let known = sqlx::query(TAKEN).bind(origin.source.shared()).bind(origin.id.shared());
    if known.fetch_optional(&mut *connection).await?.is_some() {
        return Ok(Ok(false));
    }
    if let Err(refused) = catalog::change(connection, change).await? {
        return Ok(Err(refused));
    }
    let query = sqlx::query(TAKE).bind(origin.source.shared()).bind(origin.id.shared()).bind(at);
    query.execute(connection).await?;
    Ok(Ok(true))
}

pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    (before, limit): (i64, u32),
) -> Result<u64, sqlx::Error> {
    let mut gone = 0;
    for statement in [FORGET_TAKEN, FORGET_NOTICES] {
        let query = sqlx::query(statement).bind(before).bind(limit);
        gone += query.execute(&mut *connection).await?.rows_affected();
    }
    Ok(gone)
}

fn kept(row: &SqliteRow) -> Result<KeptNotice, StoreError> {
    let row = Reading::new(row, "order_notice", 1)?;
    let state: &str = row.get(3, "state")?;
    let state = NoticeState::ALL.into_iter().find(|known| known.as_str() == state);
    Ok(KeptNotice {
        notice: row.json(7, "notice")?,
        received_at: row.time(2, "received_at")?,
        state: state.ok_or_else(|| row.corrupt("state", Misfit("not a known state")))?,
        next_at: row.time_some(4, "next_at")?,
        tries: row.count(5, "tries")?,
        code: row.parse_some(6, "code")?,
    })
}

#[async_trait]
impl Inbox for SqliteStore {
    async fn receive(&self, notice: &PaymentNotice, at: Timestamp) -> Result<bool, StoreError> {
        let text = json("order_notice", "notice", notice.id.as_str(), notice)?;
        let (provider, id) = (notice.provider.shared(), notice.id.shared());
        let incoming = Incoming { provider, id, at: at.millis(), notice: text };
        match self.write(Task::Receive(incoming)).await? {
            Done::Is(is_new) => Ok(is_new),
            _ => Err(unexpected()),
        }
    }

    async fn claim_notices(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, StoreError> {
        let any = sqlx::query(ANY_DUE).bind(now.millis()).fetch_optional(self.reads()).await;
        if any.map_err(from_sqlx)?.is_none() {
            return Ok(Vec::new());
        }
        match self.write(Task::ClaimNotices(now.millis(), until.millis(), limit)).await? {
            Done::Notices(notices) => Ok(notices),
            _ => Err(unexpected()),
        }
    }

    async fn settle_notice(
        &self,
        provider: &Label,
        id: &Label,
        fate: &NoticeFate,
    ) -> Result<(), StoreError> {
        let (provider, id, fate) = (provider.shared(), id.shared(), fate.clone());
        self.write(Task::SettleNotice(Settle { provider, id, fate })).await.map(|_| ())
    }

    async fn take_change(
        &self,
        origin: &Origin,
        change: &CatalogChange,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let take = Take { origin: origin.clone(), change: change.clone(), at: at.millis() };
        match self.write(Task::Take(Box::new(take))).await? {
            Done::Is(is_new) => Ok(is_new),
            _ => Err(unexpected()),
        }
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let any = sqlx::query_scalar(ANY_OLD).bind(before.millis()).fetch_one(self.reads()).await;
        if !any.map_err(from_sqlx)? {
            return Ok(0);
        }
        match self.write(Task::Forget(before.millis(), limit)).await? {
            Done::Forgotten(gone) => Ok(gone),
            _ => Err(unexpected()),
        }
    }

    async fn open_notices(&self, limit: u32) -> Result<Vec<KeptNotice>, StoreError> {
        let query = sqlx::query(OPEN).bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(kept).collect()
    }
}
