//! Deliveries of webhook subscriptions.

use std::{collections::BTreeSet, num::TryFromIntError, sync::Arc};

use order_core::{
    EventId, Label, OrderId, SubscriptionId, Timestamp,
    ports::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, Health, NewDelivery, Positioned, Replay,
        Settled, StoreError,
    },
    webhook::{Attempt, Delivery, REPLAY_MAX},
};
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use crate::{
    batch::list,
    bulk::{Bulk, Values},
    error::{corrupt, from_sqlx},
    rows::{self, Reading},
};

/// Those that are there already stay as they are, and none is made for a subscription that is not.
pub(crate) static INSERT: Bulk = Bulk::new(
    "INSERT INTO order_webhook_delivery (subscription_id, position, order_id, version, ordinal, \
     kind, state, created_at) SELECT v.* FROM (VALUES",
    "(?,?,?,?,?,?,'pending',?)",
    ") v WHERE v.column1 IN (SELECT id FROM order_webhook) \
     ON CONFLICT (subscription_id, position) DO NOTHING",
);

/// Lets the first pending event of each line be due, and no other.
pub(crate) const ALIGN: &str = "
    UPDATE order_webhook_delivery AS d SET next_at = iif(next_at IS NULL, ?2, NULL)
    WHERE state = 'pending'
        AND (subscription_id, order_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))
        AND (next_at IS NULL) = (position = (
            SELECT min(p.position) FROM order_webhook_delivery p
            WHERE p.subscription_id = d.subscription_id AND p.order_id = d.order_id
                AND p.state = 'pending'))";

macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "SELECT e.order_id, e.version, e.ordinal, e.at, e.actor, e.event,
                d.subscription_id, d.position, d.kind, d.state, d.tries, d.next_at, d.attempts,
                d.created_at, d.order_id, d.version, d.ordinal
            FROM order_webhook_delivery d
            LEFT JOIN order_event e
                ON e.order_id = d.order_id AND e.version = d.version AND e.ordinal = d.ordinal
            WHERE d.subscription_id = ?1 AND ",
            $rest
        )
    };
}

pub(crate) const DUE: &str = deliveries!("d.next_at <= ?2 ORDER BY d.next_at, d.position LIMIT ?3");
pub(crate) const PAGE: &str = deliveries!("d.position < ?2 ORDER BY d.position DESC LIMIT ?3");
pub(crate) const PAGE_OF_STATE: &str =
    deliveries!("d.position < ?2 AND d.state = ?4 ORDER BY d.position DESC LIMIT ?3");

pub(crate) const SETTLE: &str = "
    UPDATE order_webhook_delivery SET state = ?3, next_at = ?4, tries = ?5, attempts = ?6
    WHERE subscription_id = ?1 AND position = ?2 AND state = 'pending'
    RETURNING order_id";

/// Whoever enables a subscription has what is due of it tried at once, as if it were new.
pub(crate) const HASTEN: &str = "
    UPDATE order_webhook_delivery SET next_at = ?2, tries = 0
    WHERE subscription_id = ?1 AND next_at IS NOT NULL";

pub(crate) const REPLAY_ONE: &str = "
    UPDATE order_webhook_delivery SET state = 'pending', next_at = NULL, tries = 0
    WHERE subscription_id = ?1 AND position = ?2
    RETURNING order_id";

pub(crate) const REPLAY_FAILED: &str = "
    UPDATE order_webhook_delivery SET state = 'pending', next_at = NULL, tries = 0
    WHERE subscription_id = ?1 AND position IN (
        SELECT position FROM order_webhook_delivery
        WHERE subscription_id = ?1 AND state = 'failed' AND created_at >= ?2
        ORDER BY position LIMIT ?3)
    RETURNING order_id";

/// What is old, and what belongs to subscriptions that are no more: of those, only their ids are walked
/// through.
pub(crate) const FORGET: &str = "
    WITH RECURSIVE known (id) AS (
        SELECT min(subscription_id) FROM order_webhook_delivery
        UNION ALL
        SELECT (SELECT min(n.subscription_id) FROM order_webhook_delivery n
            WHERE n.subscription_id > known.id)
        FROM known WHERE known.id IS NOT NULL
    ), chosen AS (
        SELECT * FROM (
            SELECT o.subscription_id, o.position FROM order_webhook_delivery o
            WHERE o.created_at < ?1 ORDER BY o.created_at LIMIT ?2)
        UNION
        SELECT * FROM (
            SELECT o.subscription_id, o.position FROM known
                CROSS JOIN order_webhook_delivery o ON o.subscription_id = known.id
            WHERE NOT EXISTS (SELECT 1 FROM order_webhook w WHERE w.id = known.id) LIMIT ?2)
    )
    DELETE FROM order_webhook_delivery
    WHERE (subscription_id, position) IN (SELECT subscription_id, position FROM chosen LIMIT ?2)
    RETURNING subscription_id, order_id";

pub(crate) const PENDING: &str = "
    SELECT count(*) FROM (SELECT 1 FROM order_webhook_delivery WHERE state = 'pending' LIMIT ?1)";

/// Whose lines were touched: subscription and order.
#[derive(Debug, Default)]
pub(crate) struct Lines(BTreeSet<[String; 2]>);

/// A delivery to make.
#[derive(Debug)]
pub(crate) struct Incoming {
    subscription_id: Arc<str>,
    position: i64,
    order_id: Arc<str>,
    version: i64,
    ordinal: i64,
    kind: &'static str,
}

impl Incoming {
    pub(crate) fn of(new: &NewDelivery<'_>) -> Result<Self, TryFromIntError> {
        let recorded = &new.event.recorded;
        Ok(Self {
            subscription_id: new.subscription_id.shared(),
            position: i64::try_from(new.event.position)?,
            order_id: recorded.id.order_id.shared(),
            version: i64::try_from(recorded.id.version)?,
            ordinal: recorded.id.ordinal.into(),
            kind: recorded.event.name(),
        })
    }
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    incoming: &[Incoming],
    at: i64,
) -> Result<(), sqlx::Error> {
    let bind = |values: &mut Values, new: &Incoming| {
        values.add(Arc::clone(&new.subscription_id)).add(new.position);
        values.add(Arc::clone(&new.order_id)).add(new.version).add(new.ordinal);
        values.add(new.kind).add(at);
    };
    INSERT.run(connection, incoming.iter().collect(), bind).await?;
    let line = |new: &Incoming| [new.subscription_id.to_string(), new.order_id.to_string()];
    align(connection, Lines(incoming.iter().map(line).collect()), at).await
}

pub(crate) async fn align(
    connection: &mut SqliteConnection,
    lines: Lines,
    at: i64,
) -> Result<(), sqlx::Error> {
    if lines.0.is_empty() {
        return Ok(());
    }
    sqlx::query(ALIGN).bind(list(lines.0)?).bind(at).execute(connection).await.map(|_| ())
}

/// What is due of a subscription, with the events themselves.
pub(crate) async fn due(
    connection: &mut SqliteConnection,
    id: Arc<str>,
    now: Timestamp,
    limit: u32,
) -> Result<Result<Vec<(Delivery, Positioned)>, StoreError>, sqlx::Error> {
    let query = sqlx::query(DUE).bind(id).bind(now.millis()).bind(limit);
    let rows = query.fetch_all(connection).await?;
    let due = |row| {
        let delivery = delivery(row)?;
        let recorded = rows::event(row)?;
        let position = delivery.position;
        Ok((delivery, Positioned { position, recorded }))
    };
    Ok(rows.iter().map(due).collect())
}

/// How an endpoint is doing: in a word, since when, and why.
pub(crate) fn health(
    settlement: &DeliverySettlement,
) -> (&'static str, Timestamp, Option<Arc<str>>) {
    match &settlement.health {
        Health::Works => ("works", settlement.at, None),
        Health::Fails(since) => ("fails", *since, None),
        Health::Disabled(reason) => ("disabled", settlement.at, Some(reason.shared())),
    }
}

pub(crate) async fn settle(
    connection: &mut SqliteConnection,
    id: &Arc<str>,
    settled: &Settled,
    lines: &mut Lines,
) -> Result<(), sqlx::Error> {
    let attempts = serde_json::to_string(&settled.attempts);
    let query = sqlx::query_scalar(SETTLE)
        .bind(Arc::clone(id))
        .bind(settled.position.cast_signed())
        .bind(settled.state.as_str())
        .bind(settled.next_at.map(Timestamp::millis))
        .bind(settled.tries)
        .bind(attempts.map_err(|error| sqlx::Error::Encode(error.into()))?);
    let order_id: Option<String> = query.fetch_optional(connection).await?;
    lines.0.extend(order_id.map(|order_id| [id.to_string(), order_id]));
    Ok(())
}

pub(crate) async fn hasten(
    connection: &mut SqliteConnection,
    id: &Arc<str>,
    at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(HASTEN).bind(Arc::clone(id)).bind(at).execute(connection).await.map(|_| ())
}

pub(crate) async fn replay(
    connection: &mut SqliteConnection,
    id: &Arc<str>,
    replay: Replay,
    at: i64,
) -> Result<u32, sqlx::Error> {
    let query = match replay {
        Replay::One(position) => {
            let position = i64::try_from(position).unwrap_or_default();
            sqlx::query_scalar(REPLAY_ONE).bind(Arc::clone(id)).bind(position)
        }
        Replay::Failed(since) => sqlx::query_scalar(REPLAY_FAILED)
            .bind(Arc::clone(id))
            .bind(since.millis())
            .bind(REPLAY_MAX),
    };
    let order_ids: Vec<String> = query.fetch_all(&mut *connection).await?;
    let count = u32::try_from(order_ids.len()).unwrap_or(REPLAY_MAX);
    let lines = order_ids.into_iter().map(|order_id| [id.to_string(), order_id]);
    align(connection, Lines(lines.collect()), at).await?;
    Ok(count)
}

pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    before: i64,
    at: i64,
    limit: u32,
) -> Result<u32, sqlx::Error> {
    let query = sqlx::query(FORGET).bind(before).bind(limit);
    let rows = query.fetch_all(&mut *connection).await?;
    let line = |row: &SqliteRow| Ok([row.try_get(0)?, row.try_get(1)?]);
    let lines: Result<_, sqlx::Error> = rows.iter().map(line).collect();
    align(connection, Lines(lines?), at).await?;
    Ok(u32::try_from(rows.len()).unwrap_or(limit))
}

pub(crate) async fn page(
    reads: &SqlitePool,
    id: &SubscriptionId,
    query: &DeliveryQuery,
) -> Result<DeliveryPage, StoreError> {
    let limit = query.limit as usize;
    let before = query.before.map_or(i64::MAX, |it| i64::try_from(it).unwrap_or(i64::MAX));
    let asked = sqlx::query(if query.state.is_some() { PAGE_OF_STATE } else { PAGE })
        .bind(id.shared())
        .bind(before)
        .bind(i64::from(query.limit) + 1);
    let asked = match query.state {
        Some(state) => asked.bind(state.as_str()),
        None => asked,
    };
    let rows = asked.fetch_all(reads).await.map_err(from_sqlx)?;
    let deliveries = rows.iter().take(limit).map(delivery).collect::<Result<_, _>>()?;
    Ok(DeliveryPage { deliveries, more: rows.len() > limit })
}

pub(crate) async fn pending(reads: &SqlitePool, limit: u32) -> Result<u32, StoreError> {
    let query = sqlx::query_scalar(PENDING).bind(limit);
    let count: i64 = query.fetch_one(reads).await.map_err(from_sqlx)?;
    u32::try_from(count).map_err(|error| corrupt("order_webhook_delivery", "state", "all", error))
}

fn delivery(row: &SqliteRow) -> Result<Delivery, StoreError> {
    let row = Reading::new(row, "order_webhook_delivery", 6)?;
    let event_id = EventId {
        order_id: row.parse::<OrderId>(14, "order_id")?,
        version: row.count(15, "version")?,
        ordinal: row.count(16, "ordinal")?,
    };
    Ok(Delivery {
        subscription_id: row.parse(6, "subscription_id")?,
        position: row.count(7, "position")?,
        event_id,
        kind: row.parse::<Label>(8, "kind")?,
        state: row.parse(9, "state")?,
        tries: row.count(10, "tries")?,
        next_at: row.time_some(11, "next_at")?,
        attempts: row.json::<Vec<Attempt>>(12, "attempts")?,
        created_at: row.time(13, "created_at")?,
    })
}
