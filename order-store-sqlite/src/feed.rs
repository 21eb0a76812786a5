//! The feed: positions are dense by themselves, since one writer gives them, with the commit.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    Label, OrderId, Timestamp,
    ports::{DueStream, EventFeed, FeedOrder, Passage, Positioned, Settlement, StoreError},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    SqliteStore,
    error::{corrupt, from_sqlx},
    outbox::{self, Settled},
    rows::{self, Reading},
    store::unexpected,
    writer::{Done, Task},
};

pub(crate) const AFTER: &str = "
    SELECT order_id, version, ordinal, at, actor, event, position FROM order_event
    WHERE position > ?1 ORDER BY position LIMIT ?2";

pub(crate) const END: &str = "SELECT max(position) FROM order_event";

/// An order's events along their key, which is also the order of their positions.
pub(crate) const OF_ORDER: &str = "
    SELECT order_id, version, ordinal, at, actor, event, position FROM order_event
    WHERE order_id = ?1 AND position > ?2 ORDER BY version, ordinal LIMIT ?3";

pub(crate) const ORDERS: &str = "
    SELECT id, number, customer_id FROM order_state
    WHERE id IN (SELECT value FROM json_each(?1))";

/// Gives no row while another holder's lease lasts.
pub(crate) const CLAIM: &str = "
    INSERT INTO order_relay (name, position, holder, until) VALUES (?1, 0, ?2, ?4)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE order_relay.holder = excluded.holder OR order_relay.until <= ?3
    RETURNING position";

pub(crate) const ADVANCE: &str = "
    UPDATE order_relay SET position = ?4 WHERE name = ?1 AND holder = ?2 AND position = ?3";

/// Who wants a lease.
#[derive(Debug)]
pub(crate) struct Claim {
    relay: Arc<str>,
    holder: String,
    at: i64,
    until: i64,
}

/// Who moves a place.
#[derive(Debug)]
pub(crate) struct Advance {
    relay: Arc<str>,
    holder: String,
    passage: Passage,
}

/// Takes or extends a lease and gives the relay's place.
pub(crate) async fn take_lease(
    connection: &mut SqliteConnection,
    claim: &Claim,
) -> Result<Option<i64>, sqlx::Error> {
    let query = sqlx::query_scalar(CLAIM)
        .bind(Arc::clone(&claim.relay))
        .bind(&claim.holder)
        .bind(claim.at)
        .bind(claim.until);
    query.fetch_optional(connection).await
}

/// Moves a relay's place and says whether it did.
pub(crate) async fn move_place(
    connection: &mut SqliteConnection,
    advance: &Advance,
) -> Result<bool, sqlx::Error> {
    let Advance { relay, holder, passage } = advance;
    let query = sqlx::query(ADVANCE)
        .bind(Arc::clone(relay))
        .bind(holder)
        .bind(passage.from.cast_signed())
        .bind(passage.to.cast_signed());
    let moved = query.execute(&mut *connection).await?.rows_affected() == 1;
    if moved && !passage.holds.is_empty() {
        outbox::keep(connection, relay, passage).await?;
    }
    Ok(moved)
}

fn positioned(row: &SqliteRow) -> Result<Positioned, StoreError> {
    let recorded = rows::event(row)?;
    let position = Reading::new(row, "order_event", 0)?.count(6, "position")?;
    Ok(Positioned { position, recorded })
}

fn feed_order(row: &SqliteRow) -> Result<FeedOrder, StoreError> {
    let row = Reading::new(row, "order_state", 0)?;
    Ok(FeedOrder {
        id: row.parse(0, "id")?,
        number: row.parse(1, "number")?,
        customer_id: row.parse_some(2, "customer_id")?,
    })
}

#[async_trait]
impl EventFeed for SqliteStore {
    async fn sequence(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Positioned>, StoreError> {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        let query = sqlx::query(AFTER).bind(position).bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(positioned).collect()
    }

    async fn end(&self) -> Result<u64, StoreError> {
        let query = sqlx::query_scalar(END);
        let end: Option<i64> = query.fetch_one(self.reads()).await.map_err(from_sqlx)?;
        Ok(end.map_or(0, i64::unsigned_abs))
    }

    async fn of_order(
        &self,
        id: &OrderId,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Positioned>, StoreError> {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        let query = sqlx::query(OF_ORDER).bind(id.shared()).bind(position).bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(positioned).collect()
    }

    async fn orders(&self, ids: &[OrderId]) -> Result<Vec<FeedOrder>, StoreError> {
        let ids = rows::json("order_state", "id", "", &ids)?;
        let query = sqlx::query(ORDERS).bind(ids);
        let found = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        found.iter().map(feed_order).collect()
    }

    async fn claim(
        &self,
        relay: &Label,
        holder: Uuid,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let claim = Claim {
            relay: relay.shared(),
            holder: holder.to_string(),
            at: at.millis(),
            until: until.millis(),
        };
        let Done::Claimed(place) = self.write(Task::Claim(claim)).await? else {
            return Err(unexpected());
        };
        let place = place.map(u64::try_from).transpose();
        place.map_err(|error| corrupt("order_relay", "position", relay.as_str(), error))
    }

    async fn held(&self, relay: &Label) -> Result<Vec<OrderId>, StoreError> {
        outbox::held(self.reads(), relay).await
    }

    async fn due(
        &self,
        relay: &Label,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueStream>, StoreError> {
        outbox::due(self.reads(), relay, now, limit).await
    }

    async fn advance(
        &self,
        relay: &Label,
        holder: Uuid,
        passage: &Passage,
    ) -> Result<bool, StoreError> {
        if i64::try_from(passage.from.max(passage.to)).is_err() {
            return Ok(false);
        }
        let (relay, holder, passage) = (relay.shared(), holder.to_string(), passage.clone());
        match self.write(Task::Advance(Advance { relay, holder, passage })).await? {
            Done::Is(moved) => Ok(moved),
            _ => Err(unexpected()),
        }
    }

    async fn settle(
        &self,
        relay: &Label,
        holder: Uuid,
        settlements: &[Settlement],
    ) -> Result<Option<Vec<OrderId>>, StoreError> {
        let (relay, holder, streams) = (relay.shared(), holder.to_string(), settlements.to_vec());
        match self.write(Task::SettleStreams(Settled { relay, holder, streams })).await? {
            Done::Freed(freed) => Ok(freed),
            _ => Err(unexpected()),
        }
    }
}
