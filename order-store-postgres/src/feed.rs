//! The feed: committed events in one line, and how far each relay has come along it.

use async_trait::async_trait;
use order_core::{
    Label, OrderId, Timestamp,
    ports::{DueStream, EventFeed, FeedOrder, Passage, Positioned, Settlement, StoreError},
};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    PgOrderStore,
    error::from_sqlx,
    outbox,
    rows::{self, Reading},
};

/// How many batches get their positions at once.
const ROWS_MAX: i64 = 10_000;

pub(crate) const SEQUENCE: &str = "SELECT order_store.order_feed_sequence($1)";

/// The rows that hold the positions from $1 + 1 to $1 + $2, each of one event or more, and their
/// events. OFFSET 0 keeps the events looked up by key: joined, all events there are would be read.
pub(crate) const AFTER: &str = "
    SELECT k.begins + e.ordinal, e.order_id, e.version, e.ordinal, e.at, e.actor, e.event
    FROM (
        SELECT c.order_id, c.version,
            (f.first + sum(c.count) OVER (PARTITION BY f.first ORDER BY c.place) - c.count)::bigint
                AS begins
        FROM (
            SELECT first, order_ids, versions, counts FROM order_store.order_feed
            WHERE first <= $1::bigint + $2 AND first >= coalesce(
                (SELECT max(first) FROM order_store.order_feed WHERE first <= $1 + 1), 1)
            ORDER BY first LIMIT $2
        ) f
        CROSS JOIN LATERAL unnest(f.order_ids, f.versions, f.counts) WITH ORDINALITY
            AS c (order_id, version, count, place)
    ) k
    CROSS JOIN LATERAL (
        SELECT * FROM order_store.order_event e
        WHERE e.order_id = k.order_id AND e.version = k.version OFFSET 0
    ) e
    WHERE k.begins + e.ordinal > $1 AND k.begins <= $1 + $2
    ORDER BY 1 LIMIT $2";

pub(crate) const END: &str = "
    SELECT first + events - 1 FROM order_store.order_feed
    WHERE first IS NOT NULL ORDER BY first DESC LIMIT 1";

/// An order's events by key, and for each where it is in its row of the feed.
pub(crate) const OF_ORDER: &str = "
    SELECT e.position, e.order_id, e.version, e.ordinal, e.at, e.actor, e.event
    FROM (
        SELECT e.*, (f.first + e.ordinal + coalesce((
            SELECT sum(c.count) FROM unnest(f.order_ids, f.versions, f.counts) WITH ORDINALITY
                AS c (order_id, version, count, place)
            WHERE c.place < (
                SELECT o.place FROM unnest(f.order_ids, f.versions) WITH ORDINALITY
                    AS o (order_id, version, place)
                WHERE o.order_id = e.order_id AND o.version = e.version)), 0))::bigint AS position
        FROM order_store.order_event e
        CROSS JOIN LATERAL (
            SELECT * FROM order_store.order_feed f WHERE f.seq = e.feed OFFSET 0) f
        WHERE e.order_id = $1 AND f.first IS NOT NULL
        ORDER BY e.version, e.ordinal
    ) e
    WHERE e.position > $2 LIMIT $3";

pub(crate) const ORDERS: &str = "
    SELECT id, number, customer_id FROM order_store.order_state WHERE id = ANY ($1)";

pub(crate) const CLAIM: &str = "
    INSERT INTO order_store.order_relay AS r (name, position, holder, until)
    VALUES ($1, 0, $2, $4)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE r.holder = excluded.holder OR r.until <= $3
    RETURNING position";

pub(crate) const ADVANCE: &str = "
    UPDATE order_store.order_relay SET position = $4
    WHERE name = $1 AND holder = $2 AND position = $3";

fn positioned(row: &PgRow) -> Result<Positioned, StoreError> {
    let position: i64 = row.try_get(0).map_err(from_sqlx)?;
    Ok(Positioned { position: position.unsigned_abs(), recorded: rows::event(row, 1)? })
}

fn feed_order(row: &PgRow) -> Result<FeedOrder, StoreError> {
    let row = Reading::new(row, "order_state", 0)?;
    Ok(FeedOrder {
        id: row.parse(0, "id")?,
        number: row.parse(1, "number")?,
        customer_id: row.parse_some(2, "customer_id")?,
    })
}

#[async_trait]
impl EventFeed for PgOrderStore {
    async fn sequence(&self) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let query = sqlx::query_scalar(self.schema().sql(SEQUENCE)).bind(ROWS_MAX);
            let given: i64 = query.fetch_one(self.pool()).await.map_err(from_sqlx)?;
            all += given.unsigned_abs();
            // Every batch has an event or more. Fewer than were asked for: none that was there is left, and
            // for those that came meanwhile one could wait for ever.
            if given < ROWS_MAX {
                return Ok(all);
            }
        }
    }

    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Positioned>, StoreError> {
        let Ok(position) = i64::try_from(position) else {
            return Ok(Vec::new());
        };
        let query = sqlx::query(self.schema().sql(AFTER))
            .bind(position.min(i64::MAX - i64::from(u32::MAX)))
            .bind(i64::from(limit));
        let found = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        found.iter().map(positioned).collect()
    }

    async fn end(&self) -> Result<u64, StoreError> {
        let query = sqlx::query_scalar(self.schema().sql(END));
        let end: Option<i64> = query.fetch_optional(self.pool()).await.map_err(from_sqlx)?;
        Ok(end.map_or(0, i64::unsigned_abs))
    }

    async fn of_order(
        &self,
        id: &OrderId,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Positioned>, StoreError> {
        let Ok(position) = i64::try_from(position) else {
            return Ok(Vec::new());
        };
        let query = sqlx::query(self.schema().sql(OF_ORDER))
            .bind(id.as_str())
            .bind(position)
            .bind(i64::from(limit));
        let found = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        found.iter().map(positioned).collect()
    }

    async fn orders(&self, ids: &[OrderId]) -> Result<Vec<FeedOrder>, StoreError> {
        let ids: Vec<_> = ids.iter().map(OrderId::as_str).collect();
        let query = sqlx::query(self.schema().sql(ORDERS)).bind(ids);
        let found = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        found.iter().map(feed_order).collect()
    }

    async fn claim(
        &self,
        relay: &Label,
        holder: Uuid,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let query = sqlx::query_scalar(self.schema().sql(CLAIM))
            .bind(relay.as_str())
            .bind(holder.to_string())
            .bind(at.millis())
            .bind(until.millis());
        let place: Option<i64> = query.fetch_optional(self.pool()).await.map_err(from_sqlx)?;
        Ok(place.map(i64::unsigned_abs))
    }

    async fn held(&self, relay: &Label) -> Result<Vec<OrderId>, StoreError> {
        outbox::held(self, relay).await
    }

    async fn due(
        &self,
        relay: &Label,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueStream>, StoreError> {
        outbox::due(self, relay, now, limit).await
    }

    async fn advance(
        &self,
        relay: &Label,
        holder: Uuid,
        passage: &Passage,
    ) -> Result<bool, StoreError> {
        let (Ok(from), Ok(to)) = (i64::try_from(passage.from), i64::try_from(passage.to)) else {
            return Ok(false);
        };
        if !passage.holds.is_empty() {
            return outbox::advance(self, relay, holder, passage).await;
        }
        let query = sqlx::query(self.schema().sql(ADVANCE))
            .bind(relay.as_str())
            .bind(holder.to_string())
            .bind(from)
            .bind(to);
        let done = query.execute(self.pool()).await.map_err(from_sqlx)?;
        Ok(done.rows_affected() > 0)
    }

    async fn settle(
        &self,
        relay: &Label,
        holder: Uuid,
        settlements: &[Settlement],
    ) -> Result<Option<Vec<OrderId>>, StoreError> {
        outbox::settle(self, relay, holder, settlements).await
    }
}
