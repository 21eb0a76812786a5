//! Orders that relays hold, and the events that wait.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    EventId, Label, OrderId, Timestamp,
    ports::{
        DueStream, HeldStream, Hold, LeftOut, Outbox, Passage, Positioned, RelayStatus, Settlement,
        StoreError,
    },
};
use sqlx::{SqliteConnection, SqlitePool, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    bulk::{Bulk, Values},
    error::from_sqlx,
    rows::{self, Reading},
    store::unexpected,
    writer::{Done, Task},
};

/// An order that is held already stays as it is held.
pub(crate) static HOLD: Bulk = Bulk::new(
    "INSERT INTO order_relay_stream (relay, order_id, tries, next_at, code, since) VALUES",
    "(?,?,?,?,?,?)",
    "ON CONFLICT DO NOTHING",
);

pub(crate) static LEAVE: Bulk = Bulk::new(
    "INSERT INTO order_relay_left (relay, order_id, position, version, ordinal, at) VALUES",
    "(?,?,?,?,?,?)",
    "",
);

pub(crate) const HELD: &str = "SELECT order_id FROM order_relay_stream WHERE relay = ?1";

/// The events that are due, and a row without one for each order of which none is left.
pub(crate) const DUE: &str = "
    SELECT e.order_id, e.version, e.ordinal, e.at, e.actor, e.event, w.position,
        w.order_id, w.tries, w.next_at, w.code, w.since
    FROM (
        SELECT h.order_id, h.tries, h.next_at, h.code, h.since, l.position
        FROM (
            SELECT * FROM order_relay_stream WHERE relay = ?1 AND next_at <= ?2
            ORDER BY next_at, order_id LIMIT ?3
        ) h
        LEFT JOIN order_relay_left l ON l.relay = ?1 AND l.order_id = h.order_id
        ORDER BY h.next_at, h.order_id, l.position LIMIT ?3
    ) w
    LEFT JOIN order_event e ON e.position = w.position
    ORDER BY w.next_at, w.order_id, w.position";

pub(crate) const IS_HOLDER: &str = "SELECT 1 FROM order_relay WHERE name = ?1 AND holder = ?2";

pub(crate) const BRING: &str =
    "DELETE FROM order_relay_left WHERE relay = ?1 AND order_id = ?2 AND position <= ?3";

pub(crate) const FREE: &str = "
    DELETE FROM order_relay_stream WHERE relay = ?1 AND order_id = ?2 AND NOT EXISTS (
        SELECT 1 FROM order_relay_left l WHERE l.relay = ?1 AND l.order_id = ?2)";

pub(crate) const HOLD_ON: &str = "
    UPDATE order_relay_stream SET tries = ?4, next_at = ?5, code = ?6, since = ?7
    WHERE relay = ?1 AND order_id = ?2 AND tries = ?3";

pub(crate) const RELAYS: &str = "
    SELECT r.name, r.position, (SELECT coalesce(max(position), 0) FROM order_event),
        (SELECT count(*) FROM order_relay_left l WHERE l.relay = r.name),
        (SELECT min(at) FROM order_relay_left l WHERE l.relay = r.name),
        (SELECT at FROM order_event e WHERE e.position = r.position + 1),
        (SELECT count(*) FROM order_relay_stream s WHERE s.relay = r.name),
        (SELECT count(*) FROM order_relay_stream s WHERE s.relay = r.name AND s.next_at IS NULL)
    FROM order_relay r ORDER BY r.name";

/// Of the relays from ?1 to ?2; after an order, or exactly one if ?3 is one.
pub(crate) const STREAMS: &str = "
    SELECT s.relay, s.order_id, s.tries, s.next_at, s.code, s.since,
        f.position, f.version, f.ordinal, f.at,
        (SELECT count(*) FROM order_relay_left l WHERE l.relay = s.relay
            AND l.order_id = s.order_id)
    FROM order_relay_stream s
    LEFT JOIN order_relay_left f ON f.relay = s.relay AND f.order_id = s.order_id
        AND f.position = (SELECT min(l.position) FROM order_relay_left l
            WHERE l.relay = s.relay AND l.order_id = s.order_id)
    WHERE s.relay >= ?1 AND s.relay <= ?2 AND s.order_id > ?4 AND (?3 IS NULL OR s.order_id = ?3)
        AND (NOT ?5 OR s.next_at IS NULL)
    ORDER BY s.relay, s.order_id LIMIT ?6";

pub(crate) const RETRY: &str = "
    UPDATE order_relay_stream SET tries = 0, next_at = ?3
    WHERE relay = ?1 AND (order_id = ?2 OR (?2 IS NULL AND next_at IS NULL))";

pub(crate) const SKIP: &str = "
    DELETE FROM order_relay_left WHERE relay = ?1 AND order_id = ?2 AND position = ?3
        AND NOT EXISTS (SELECT 1 FROM order_relay_left l
            WHERE l.relay = ?1 AND l.order_id = ?2 AND l.position < ?3)";

/// Comes after the name of every relay.
const LAST: &str = "\u{10ffff}";

/// What became of held orders, and who says so.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) relay: Arc<str>,
    pub(crate) holder: String,
    pub(crate) streams: Vec<Settlement>,
}

/// What somebody wants done about held orders.
#[derive(Debug)]
pub(crate) struct Steer {
    relay: Arc<str>,
    /// None for every order that is parked.
    order_id: Option<Arc<str>>,
    /// Which event is given up, if one is.
    position: Option<i64>,
    at: i64,
}

/// Keeps what a relay left out.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    relay: &Arc<str>,
    passage: &Passage,
) -> Result<(), sqlx::Error> {
    let hold = |values: &mut Values, hold: &Hold| {
        values.add(Arc::clone(relay)).add(hold.order_id.shared()).add(hold.tries);
        values.add(hold.next_at.map(Timestamp::millis)).add(hold.code.shared());
        values.add(hold.since.millis());
    };
    HOLD.run(connection, passage.holds.iter().collect(), hold).await?;
    let leave = |values: &mut Values, event: &LeftOut| {
        let EventId { order_id, version, ordinal } = &event.id;
        values.add(Arc::clone(relay)).add(order_id.shared()).add(event.position.cast_signed());
        values.add(version.cast_signed()).add(*ordinal).add(event.at.millis());
    };
    LEAVE.run(connection, passage.left.iter().collect(), leave).await?;
    Ok(())
}

/// Writes down what became of held orders, and gives those that are free.
pub(crate) async fn settle(
    connection: &mut SqliteConnection,
    settled: &Settled,
) -> Result<Option<Vec<OrderId>>, sqlx::Error> {
    let Settled { relay, holder, streams } = settled;
    let query = sqlx::query(IS_HOLDER).bind(Arc::clone(relay)).bind(holder);
    if query.fetch_optional(&mut *connection).await?.is_none() {
        return Ok(None);
    }
    let mut freed = Vec::new();
    for Settlement { published, tried, hold } in streams {
        let on =
            |statement| sqlx::query(statement).bind(Arc::clone(relay)).bind(hold.order_id.shared());
        on(BRING).bind(published.cast_signed()).execute(&mut *connection).await?;
        if on(FREE).execute(&mut *connection).await?.rows_affected() == 1 {
            freed.push(hold.order_id.clone());
            continue;
        }
        let next_at = hold.next_at.map(Timestamp::millis);
        let query = on(HOLD_ON).bind(*tried).bind(hold.tries).bind(next_at);
        let query = query.bind(hold.code.shared()).bind(hold.since.millis());
        query.execute(&mut *connection).await?;
    }
    Ok(Some(freed))
}

/// Lets held orders be tried anew, and says how many; first gives an event up, if one is named.
pub(crate) async fn steer(
    connection: &mut SqliteConnection,
    steer: &Steer,
) -> Result<u64, sqlx::Error> {
    let Steer { relay, order_id, position, at } = steer;
    if let Some(position) = position {
        let query = sqlx::query(SKIP).bind(Arc::clone(relay)).bind(order_id.clone());
        if query.bind(position).execute(&mut *connection).await?.rows_affected() == 0 {
            return Ok(0);
        }
    }
    let query = sqlx::query(RETRY).bind(Arc::clone(relay)).bind(order_id.clone()).bind(at);
    Ok(query.execute(connection).await?.rows_affected())
}

pub(crate) async fn held(reads: &SqlitePool, relay: &Label) -> Result<Vec<OrderId>, StoreError> {
    let found = sqlx::query(HELD).bind(relay.shared()).fetch_all(reads).await;
    let id = |row| Reading::new(row, "order_relay_stream", 0)?.parse(0, "order_id");
    found.map_err(from_sqlx)?.iter().map(id).collect()
}

pub(crate) async fn due(
    reads: &SqlitePool,
    relay: &Label,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueStream>, StoreError> {
    let query = sqlx::query(DUE).bind(relay.shared()).bind(now.millis()).bind(limit);
    let mut due: Vec<DueStream> = Vec::new();
    for row in &query.fetch_all(reads).await.map_err(from_sqlx)? {
        let hold = hold(row, 7)?;
        if due.last().is_none_or(|last| last.hold.order_id != hold.order_id) {
            due.push(DueStream { hold, events: Vec::new() });
        }
        let position: Option<i64> = Reading::new(row, "order_relay_left", 7)?.get(6, "position")?;
        if let (Some(position), Some(stream)) = (position, due.last_mut()) {
            let (position, recorded) = (position.cast_unsigned(), rows::event(row)?);
            stream.events.push(Positioned { position, recorded });
        }
    }
    Ok(due)
}

/// Reads order, tries, time, code and beginning, from this column on.
fn hold(row: &SqliteRow, first: usize) -> Result<Hold, StoreError> {
    let row = Reading::new(row, "order_relay_stream", first)?;
    Ok(Hold {
        order_id: row.parse(first, "order_id")?,
        tries: row.count(first + 1, "tries")?,
        next_at: row.time_some(first + 2, "next_at")?,
        code: row.parse(first + 3, "code")?,
        since: row.time(first + 4, "since")?,
    })
}

fn stream(row: &SqliteRow) -> Result<HeldStream, StoreError> {
    let hold = hold(row, 1)?;
    let row = Reading::new(row, "order_relay_left", 1)?;
    let position: Option<i64> = row.get(6, "position")?;
    let first = |position: i64| {
        let (order_id, version) = (hold.order_id.clone(), row.count(7, "version")?);
        let id = EventId { order_id, version, ordinal: row.count(8, "ordinal")? };
        Ok(LeftOut { position: position.cast_unsigned(), id, at: row.time(9, "at")? })
    };
    let first = position.map(first).transpose()?;
    Ok(HeldStream { relay: row.parse(0, "relay")?, hold, first, events: row.count(10, "count")? })
}

fn status(row: &SqliteRow) -> Result<RelayStatus, StoreError> {
    let row = Reading::new(row, "order_relay", 0)?;
    let (position, head): (u64, u64) = (row.count(1, "position")?, row.count(2, "position")?);
    let oldest = [row.time_some(4, "at")?, row.time_some(5, "at")?];
    Ok(RelayStatus {
        name: row.parse(0, "name")?,
        position,
        head,
        backlog: head.saturating_sub(position) + row.count::<u64>(3, "count")?,
        oldest: oldest.into_iter().flatten().min(),
        held: row.count(6, "count")?,
        parked: row.count(7, "count")?,
    })
}

impl SqliteStore {
    async fn steer(&self, steer: Steer) -> Result<u64, StoreError> {
        match self.write(Task::SteerStreams(steer)).await? {
            Done::Count(count) => Ok(count),
            _ => Err(unexpected()),
        }
    }
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn relays(&self) -> Result<Vec<RelayStatus>, StoreError> {
        let rows = sqlx::query(RELAYS).fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(status).collect()
    }

    async fn streams(
        &self,
        relay: Option<&Label>,
        after: Option<&OrderId>,
        limit: u32,
        parked: bool,
    ) -> Result<Vec<HeldStream>, StoreError> {
        let query = sqlx::query(STREAMS)
            .bind(relay.map_or_else(|| Arc::from(""), Label::shared))
            .bind(relay.map_or_else(|| Arc::from(LAST), Label::shared))
            .bind(None::<Arc<str>>)
            .bind(after.map_or_else(|| Arc::from(""), OrderId::shared))
            .bind(parked)
            .bind(limit);
        let rows = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(stream).collect()
    }

    async fn stream(
        &self,
        relay: &Label,
        order_id: &OrderId,
    ) -> Result<Option<HeldStream>, StoreError> {
        let query = sqlx::query(STREAMS).bind(relay.shared()).bind(relay.shared());
        let query = query.bind(Some(order_id.shared())).bind("").bind(false).bind(1);
        let row = query.fetch_optional(self.reads()).await.map_err(from_sqlx)?;
        row.as_ref().map(stream).transpose()
    }

    async fn retry(
        &self,
        relay: &Label,
        order_id: Option<&OrderId>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let (relay, order_id) = (relay.shared(), order_id.map(OrderId::shared));
        self.steer(Steer { relay, order_id, position: None, at: at.millis() }).await
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
        let (relay, order_id) = (relay.shared(), Some(order_id.shared()));
        let steer = Steer { relay, order_id, position: Some(position), at: at.millis() };
        Ok(self.steer(steer).await? > 0)
    }
}
