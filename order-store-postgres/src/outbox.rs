//! Orders that relays hold, and the events that wait.

use async_trait::async_trait;
use order_core::{
    EventId, Label, OrderId, Timestamp,
    ports::{
        DueStream, EventFeed, HeldStream, Hold, LeftOut, Outbox, Passage, Positioned, RelayStatus,
        Settlement, StoreError,
    },
};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    PgOrderStore,
    error::from_sqlx,
    rows::{self, Reading},
};

pub(crate) const HELD: &str =
    "SELECT order_id FROM order_store.order_relay_stream WHERE relay = $1";

/// The events that are due, and a row without one for each order of which none is left.
pub(crate) const DUE: &str = "
    SELECT e.order_id, e.version, e.ordinal, e.at, e.actor, e.event, d.position,
        d.order_id, d.tries, d.next_at, d.code, d.since
    FROM (
        SELECT s.*, l.position, l.version, l.ordinal
        FROM (
            SELECT order_id, tries, next_at, code, since FROM order_store.order_relay_stream
            WHERE relay = $1 AND next_at <= $2 ORDER BY next_at, order_id LIMIT $3
        ) s
        LEFT JOIN LATERAL (
            SELECT position, version, ordinal FROM order_store.order_relay_left
            WHERE relay = $1 AND order_id = s.order_id ORDER BY position LIMIT $3
        ) l ON TRUE
        ORDER BY s.next_at, s.order_id, l.position LIMIT $3
    ) d
    LEFT JOIN order_store.order_event e
        ON e.order_id = d.order_id AND e.version = d.version AND e.ordinal = d.ordinal
    ORDER BY d.next_at, d.order_id, d.position";

/// Moves a place and keeps what was left out. An order that is held already stays as it is held.
pub(crate) const ADVANCE: &str = "
    WITH moved AS (
        UPDATE order_store.order_relay SET position = $4
        WHERE name = $1 AND holder = $2 AND position = $3 RETURNING name
    ), held AS (
        INSERT INTO order_store.order_relay_stream (relay, order_id, tries, next_at, code, since)
        SELECT moved.name, h.* FROM moved
        CROSS JOIN unnest($5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[]) h
        ON CONFLICT DO NOTHING
    ), kept AS (
        INSERT INTO order_store.order_relay_left (relay, order_id, position, version, ordinal, at)
        SELECT moved.name, l.* FROM moved CROSS JOIN
            unnest($10::text[], $11::bigint[], $12::bigint[], $13::integer[], $14::bigint[]) l
    )
    SELECT count(*) FROM moved";

/// Whether the lease was held, and the orders that are free. Whoever settles or skips locks the relay
/// first, so that neither waits for the other in a circle.
pub(crate) const SETTLE: &str = "
    WITH mine AS (
        SELECT name FROM order_store.order_relay WHERE name = $1 AND holder = $2 FOR UPDATE
    ), settled AS (
        SELECT mine.name AS relay, s.* FROM mine CROSS JOIN unnest($3::text[], $4::bigint[],
            $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[])
            AS s (order_id, published, tried, tries, next_at, code, since)
    ), waiting AS (
        SELECT s.order_id FROM settled s WHERE EXISTS (
            SELECT 1 FROM order_store.order_relay_left l WHERE l.relay = s.relay
                AND l.order_id = s.order_id AND l.position > s.published)
    ), brought AS (
        DELETE FROM order_store.order_relay_left l USING settled s
        WHERE l.relay = s.relay AND l.order_id = s.order_id AND l.position <= s.published
    ), held AS (
        UPDATE order_store.order_relay_stream h
        SET tries = s.tries, next_at = s.next_at, code = s.code, since = s.since
        FROM settled s
        WHERE h.relay = s.relay AND h.order_id = s.order_id AND h.tries = s.tried
            AND s.order_id IN (SELECT order_id FROM waiting)
    ), freed AS (
        DELETE FROM order_store.order_relay_stream h USING settled s
        WHERE h.relay = s.relay AND h.order_id = s.order_id
            AND s.order_id NOT IN (SELECT order_id FROM waiting)
        RETURNING h.order_id
    )
    SELECT EXISTS (SELECT 1 FROM mine), ARRAY(SELECT order_id FROM freed)";

pub(crate) const RELAYS: &str = "
    SELECT r.name, r.position,
        coalesce((SELECT f.first + f.events - 1 FROM order_store.order_feed f
            WHERE f.first IS NOT NULL ORDER BY f.first DESC LIMIT 1), 0),
        (SELECT count(*) FROM order_store.order_relay_left l WHERE l.relay = r.name),
        (SELECT min(l.at) FROM order_store.order_relay_left l WHERE l.relay = r.name),
        (SELECT count(*) FROM order_store.order_relay_stream s WHERE s.relay = r.name),
        (SELECT count(*) FROM order_store.order_relay_stream s WHERE s.relay = r.name
            AND s.next_at IS NULL)
    FROM order_store.order_relay r ORDER BY r.name";

/// Of the relays from $1 to $2; after an order, or exactly one if $3 is one.
pub(crate) const STREAMS: &str = "
    SELECT s.relay, s.order_id, s.tries, s.next_at, s.code, s.since,
        f.position, f.version, f.ordinal, f.at,
        (SELECT count(*) FROM order_store.order_relay_left l WHERE l.relay = s.relay
            AND l.order_id = s.order_id)
    FROM order_store.order_relay_stream s
    LEFT JOIN LATERAL (
        SELECT l.position, l.version, l.ordinal, l.at FROM order_store.order_relay_left l
        WHERE l.relay = s.relay AND l.order_id = s.order_id ORDER BY l.position LIMIT 1
    ) f ON TRUE
    WHERE s.relay >= $1 AND s.relay <= $2 AND s.order_id > $4
        AND ($3::text IS NULL OR s.order_id = $3) AND (NOT $5 OR s.next_at IS NULL)
    ORDER BY s.relay, s.order_id LIMIT $6";

pub(crate) const RETRY: &str = "
    UPDATE order_store.order_relay_stream SET tries = 0, next_at = $3
    WHERE relay = $1 AND (order_id = $2 OR ($2::text IS NULL AND next_at IS NULL))";

pub(crate) const SKIP: &str = "
    WITH mine AS (
        SELECT name FROM order_store.order_relay WHERE name = $1 FOR UPDATE
    ), gone AS (
        DELETE FROM order_store.order_relay_left l USING mine
        WHERE l.relay = mine.name AND l.order_id = $2 AND l.position = $3
            AND NOT EXISTS (SELECT 1 FROM order_store.order_relay_left f
                WHERE f.relay = $1 AND f.order_id = $2 AND f.position < $3)
        RETURNING l.order_id
    )
    UPDATE order_store.order_relay_stream s SET tries = 0, next_at = $4
    FROM gone WHERE s.relay = $1 AND s.order_id = gone.order_id";

/// Comes after the name of every relay.
const LAST: &str = "\u{10ffff}";

fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::millis)
}

pub(crate) async fn held(store: &PgOrderStore, relay: &Label) -> Result<Vec<OrderId>, StoreError> {
    let query = sqlx::query(store.schema().sql(HELD)).bind(relay.as_str());
    let rows = query.fetch_all(store.pool()).await.map_err(from_sqlx)?;
    let id = |row| Reading::new(row, "order_relay_stream", 0)?.parse(0, "order_id");
    rows.iter().map(id).collect()
}

pub(crate) async fn due(
    store: &PgOrderStore,
    relay: &Label,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueStream>, StoreError> {
    let query = sqlx::query(store.schema().sql(DUE)).bind(relay.as_str()).bind(now.millis());
    let rows = query.bind(i64::from(limit)).fetch_all(store.pool()).await.map_err(from_sqlx)?;
    let mut due: Vec<DueStream> = Vec::new();
    for row in &rows {
        let hold = hold(row, 7)?;
        if due.last().is_none_or(|last| last.hold.order_id != hold.order_id) {
            due.push(DueStream { hold, events: Vec::new() });
        }
        let position: Option<i64> = row.try_get(6).map_err(from_sqlx)?;
        if let (Some(position), Some(stream)) = (position, due.last_mut()) {
            let (position, recorded) = (position.unsigned_abs(), rows::event(row, 0)?);
            stream.events.push(Positioned { position, recorded });
        }
    }
    Ok(due)
}

/// Moves a place over a run of which something was left out.
pub(crate) async fn advance(
    store: &PgOrderStore,
    relay: &Label,
    holder: Uuid,
    passage: &Passage,
) -> Result<bool, StoreError> {
    let Passage { from, to, left, holds } = passage;
    let query = sqlx::query_scalar(store.schema().sql(ADVANCE))
        .bind(relay.as_str())
        .bind(holder.to_string())
        .bind(from.cast_signed())
        .bind(to.cast_signed())
        .bind(holds.iter().map(|hold| hold.order_id.as_str()).collect::<Vec<_>>())
        .bind(holds.iter().map(|hold| i64::from(hold.tries)).collect::<Vec<_>>())
        .bind(holds.iter().map(|hold| millis(hold.next_at)).collect::<Vec<_>>())
        .bind(holds.iter().map(|hold| hold.code.as_str()).collect::<Vec<_>>())
        .bind(holds.iter().map(|hold| hold.since.millis()).collect::<Vec<_>>())
        .bind(left.iter().map(|event| event.id.order_id.as_str()).collect::<Vec<_>>())
        .bind(left.iter().map(|event| event.position.cast_signed()).collect::<Vec<_>>())
        .bind(left.iter().map(|event| event.id.version.cast_signed()).collect::<Vec<_>>())
        .bind(left.iter().map(|event| event.id.ordinal.cast_signed()).collect::<Vec<_>>())
        .bind(left.iter().map(|event| event.at.millis()).collect::<Vec<_>>());
    let moved: i64 = query.fetch_one(store.pool()).await.map_err(from_sqlx)?;
    Ok(moved > 0)
}

pub(crate) async fn settle(
    store: &PgOrderStore,
    relay: &Label,
    holder: Uuid,
    settlements: &[Settlement],
) -> Result<Option<Vec<OrderId>>, StoreError> {
    let holds = || settlements.iter().map(|it| &it.hold);
    let query = sqlx::query(store.schema().sql(SETTLE))
        .bind(relay.as_str())
        .bind(holder.to_string())
        .bind(holds().map(|hold| hold.order_id.as_str()).collect::<Vec<_>>())
        .bind(settlements.iter().map(|it| it.published.cast_signed()).collect::<Vec<_>>())
        .bind(settlements.iter().map(|it| i64::from(it.tried)).collect::<Vec<_>>())
        .bind(holds().map(|hold| i64::from(hold.tries)).collect::<Vec<_>>())
        .bind(holds().map(|hold| millis(hold.next_at)).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.code.as_str()).collect::<Vec<_>>())
        .bind(holds().map(|hold| hold.since.millis()).collect::<Vec<_>>());
    let row = query.fetch_one(store.pool()).await.map_err(from_sqlx)?;
    let is_mine: bool = row.try_get(0).map_err(from_sqlx)?;
    let freed: Vec<String> = row.try_get(1).map_err(from_sqlx)?;
    let known = holds().map(|hold| &hold.order_id);
    let freed = known.filter(|id| freed.iter().any(|it| it == id.as_str())).cloned().collect();
    Ok(is_mine.then_some(freed))
}

/// Reads order, tries, time, code and beginning, from this column on.
fn hold(row: &PgRow, first: usize) -> Result<Hold, StoreError> {
    let row = Reading::new(row, "order_relay_stream", first)?;
    Ok(Hold {
        order_id: row.parse(first, "order_id")?,
        tries: row.number(first + 1, "tries")?,
        next_at: row.time_some(first + 2, "next_at")?,
        code: row.parse(first + 3, "code")?,
        since: row.time(first + 4, "since")?,
    })
}

fn stream(row: &PgRow) -> Result<HeldStream, StoreError> {
    let hold = hold(row, 1)?;
    let row = Reading::new(row, "order_relay_left", 1)?;
    let position: Option<i64> = row.get(6, "position")?;
    let first = |position: i64| {
        let (order_id, version) = (hold.order_id.clone(), row.number(7, "version")?);
        let ordinal: i32 = row.get(8, "ordinal")?;
        let id = EventId { order_id, version, ordinal: ordinal.unsigned_abs() };
        Ok(LeftOut { position: position.unsigned_abs(), id, at: row.time(9, "at")? })
    };
    let first = position.map(first).transpose()?;
    Ok(HeldStream { relay: row.parse(0, "relay")?, hold, first, events: row.number(10, "count")? })
}

fn status(row: &PgRow) -> Result<RelayStatus, StoreError> {
    let row = Reading::new(row, "order_relay", 0)?;
    let (position, head): (u64, u64) = (row.number(1, "position")?, row.number(2, "first")?);
    Ok(RelayStatus {
        name: row.parse(0, "name")?,
        position,
        head,
        backlog: head.saturating_sub(position) + row.number::<u64>(3, "count")?,
        oldest: row.time_some(4, "at")?,
        held: row.number(5, "count")?,
        parked: row.number(6, "count")?,
    })
}

#[async_trait]
impl Outbox for PgOrderStore {
    async fn relays(&self) -> Result<Vec<RelayStatus>, StoreError> {
        let query = sqlx::query(self.schema().sql(RELAYS));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        let mut relays = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut status = status(row)?;
            if status.position < status.head {
                let next = self.after(status.position, 1).await?.pop();
                let oldest = [status.oldest, next.map(|event| event.recorded.at)];
                status.oldest = oldest.into_iter().flatten().min();
            }
            relays.push(status);
        }
        Ok(relays)
    }

    async fn streams(
        &self,
        relay: Option<&Label>,
        after: Option<&OrderId>,
        limit: u32,
        parked: bool,
    ) -> Result<Vec<HeldStream>, StoreError> {
        let query = sqlx::query(self.schema().sql(STREAMS))
            .bind(relay.map_or("", Label::as_str))
            .bind(relay.map_or(LAST, Label::as_str))
            .bind(None::<&str>)
            .bind(after.map_or("", OrderId::as_str))
            .bind(parked)
            .bind(i64::from(limit));
        let rows = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        rows.iter().map(stream).collect()
    }

    async fn stream(
        &self,
        relay: &Label,
        order_id: &OrderId,
    ) -> Result<Option<HeldStream>, StoreError> {
        let query = sqlx::query(self.schema().sql(STREAMS))
            .bind(relay.as_str())
            .bind(relay.as_str())
            .bind(Some(order_id.as_str()))
            .bind("")
            .bind(false)
            .bind(1_i64);
        let row = query.fetch_optional(self.pool()).await.map_err(from_sqlx)?;
        row.as_ref().map(stream).transpose()
    }

    async fn retry(
        &self,
        relay: &Label,
        order_id: Option<&OrderId>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let query = sqlx::query(self.schema().sql(RETRY)).bind(relay.as_str());
        let query = query.bind(order_id.map(OrderId::as_str)).bind(at.millis());
        let done = query.execute(self.pool()).await.map_err(from_sqlx)?;
        Ok(done.rows_affected())
    }

    async fn skip(
        &self,
        relay: &Label,
        order_id: &OrderId,
        position: u64,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let Ok(position) = i64::try_from(position) else {
            return Ok(false);
        };
        let query = sqlx::query(self.schema().sql(SKIP)).bind(relay.as_str());
        let query = query.bind(order_id.as_str()).bind(position).bind(at.millis());
        let done = query.execute(self.pool()).await.map_err(from_sqlx)?;
        Ok(done.rows_affected() > 0)
    }
}
