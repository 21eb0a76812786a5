//! Deliveries of webhook subscriptions. What changes more than one row in turn is a function of the
//! schema: one round trip, whole or not at all, and nobody can leave it half-way.

use order_core::{
    EventId, Label, OrderId, SubscriptionId, Timestamp,
    ports::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, Health, NewDelivery, Positioned, Replay,
        StoreError,
    },
    webhook::{Attempt, Delivery, REPLAY_MAX},
};
use sqlx::postgres::PgRow;

use crate::{
    PgOrderStore,
    error::{corrupt, from_sqlx},
    rows::{self, Reading, json},
};

const TABLE: &str = "order_webhook_delivery";

macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "SELECT d.subscription_id, d.position, d.order_id, d.version, d.ordinal, d.kind, d.state,
                d.tries, d.next_at, d.attempts, d.created_at,
                e.order_id, e.version, e.ordinal, e.at, e.actor, e.event
            FROM order_store.order_webhook_delivery d
            LEFT JOIN order_store.order_event e
                ON e.order_id = d.order_id AND e.version = d.version AND e.ordinal = d.ordinal
            WHERE d.subscription_id = $1 AND ",
            $rest
        )
    };
}

pub(crate) const DUE: &str = deliveries!("d.next_at <= $2 ORDER BY d.next_at, d.position LIMIT $3");
pub(crate) const PAGE: &str = deliveries!("d.position < $2 ORDER BY d.position DESC LIMIT $3");
pub(crate) const PAGE_OF_STATE: &str =
    deliveries!("d.position < $2 AND d.state = $4 ORDER BY d.position DESC LIMIT $3");

pub(crate) const FAN_OUT: &str =
    "SELECT order_store.order_webhook_fan_out($1, $2, $3, $4, $5, $6, $7)";
pub(crate) const SETTLE: &str =
    "SELECT order_store.order_webhook_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
pub(crate) const REPLAY: &str = "SELECT order_store.order_webhook_replay($1, $2, $3, $4, $5)";
pub(crate) const FORGET: &str = "SELECT order_store.order_webhook_forget($1, $2, $3)";

pub(crate) const PENDING: &str = "
    SELECT count(*) FROM (
        SELECT 1 FROM order_store.order_webhook_delivery WHERE state = 'pending' LIMIT $1) p";

pub(crate) async fn fan_out(
    store: &PgOrderStore,
    deliveries: &[NewDelivery<'_>],
    at: Timestamp,
) -> Result<(), StoreError> {
    let (mut ids, mut orders, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut positions, mut versions, mut ordinals) = (Vec::new(), Vec::new(), Vec::new());
    for new in deliveries {
        let event = &new.event.recorded.id;
        let misfit = |error| corrupt(TABLE, "position", event.order_id.as_str(), error);
        ids.push(new.subscription_id.as_str());
        positions.push(i64::try_from(new.event.position).map_err(misfit)?);
        orders.push(event.order_id.as_str());
        versions.push(i64::try_from(event.version).map_err(misfit)?);
        ordinals.push(i32::try_from(event.ordinal).map_err(misfit)?);
        kinds.push(new.event.recorded.event.name());
    }
    let query = sqlx::query(store.schema().sql(FAN_OUT))
        .bind(ids)
        .bind(positions)
        .bind(orders)
        .bind(versions)
        .bind(ordinals)
        .bind(kinds)
        .bind(at.millis());
    query.execute(store.pool()).await.map(|_| ()).map_err(from_sqlx)
}

/// What is due of a subscription, with the events themselves.
pub(crate) async fn due(
    store: &PgOrderStore,
    id: &SubscriptionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Delivery, Positioned)>, StoreError> {
    let query = sqlx::query(store.schema().sql(DUE))
        .bind(id.as_str())
        .bind(now.millis())
        .bind(i64::from(limit));
    let rows = query.fetch_all(store.pool()).await.map_err(from_sqlx)?;
    let due = |row| {
        let delivery = delivery(row)?;
        let recorded = rows::event(row, 11)?;
        let position = delivery.position;
        Ok((delivery, Positioned { position, recorded }))
    };
    rows.iter().map(due).collect()
}

/// How an endpoint is doing: in a word, since when, and why.
fn health(settlement: &DeliverySettlement) -> (&'static str, Timestamp, Option<&str>) {
    match &settlement.health {
        Health::Works => ("works", settlement.at, None),
        Health::Fails(since) => ("fails", *since, None),
        Health::Disabled(reason) => ("disabled", settlement.at, Some(reason.as_str())),
    }
}

pub(crate) async fn settle(
    store: &PgOrderStore,
    settlement: &DeliverySettlement,
) -> Result<bool, StoreError> {
    let (word, since, reason) = health(settlement);
    let (id, settled) = (settlement.subscription_id.as_str(), &settlement.settled);
    let attempts = settled.iter().map(|it| json(TABLE, "attempts", id, &it.attempts));
    let query = sqlx::query_scalar(store.schema().sql(SETTLE))
        .bind(id)
        .bind(settlement.lease.millis())
        .bind(settlement.rest_until.millis())
        .bind(word)
        .bind(since.millis())
        .bind(reason)
        .bind(settlement.at.millis())
        .bind(settled.iter().map(|it| it.position.cast_signed()).collect::<Vec<_>>())
        .bind(settled.iter().map(|it| it.state.as_str()).collect::<Vec<_>>())
        .bind(settled.iter().map(|it| it.next_at.map(Timestamp::millis)).collect::<Vec<_>>())
        .bind(settled.iter().map(|it| i64::from(it.tries)).collect::<Vec<_>>())
        .bind(attempts.collect::<Result<Vec<_>, _>>()?);
    query.fetch_one(store.pool()).await.map_err(from_sqlx)
}

pub(crate) async fn replay(
    store: &PgOrderStore,
    id: &SubscriptionId,
    replay: Replay,
    at: Timestamp,
) -> Result<u32, StoreError> {
    let (one, since) = match replay {
        Replay::One(position) => (Some(i64::try_from(position).unwrap_or_default()), None),
        Replay::Failed(since) => (None, Some(since.millis())),
    };
    let query = sqlx::query_scalar(store.schema().sql(REPLAY))
        .bind(id.as_str())
        .bind(one)
        .bind(since)
        .bind(i64::from(REPLAY_MAX))
        .bind(at.millis());
    counted(query.fetch_one(store.pool()).await.map_err(from_sqlx)?)
}

pub(crate) async fn forget(
    store: &PgOrderStore,
    before: Timestamp,
    at: Timestamp,
    limit: u32,
) -> Result<u32, StoreError> {
    let query = sqlx::query_scalar(store.schema().sql(FORGET))
        .bind(before.millis())
        .bind(i64::from(limit))
        .bind(at.millis());
    counted(query.fetch_one(store.pool()).await.map_err(from_sqlx)?)
}

pub(crate) async fn page(
    store: &PgOrderStore,
    id: &SubscriptionId,
    query: &DeliveryQuery,
) -> Result<DeliveryPage, StoreError> {
    let limit = query.limit as usize;
    let before = query.before.map_or(i64::MAX, |it| i64::try_from(it).unwrap_or(i64::MAX));
    let statement = if query.state.is_some() { PAGE_OF_STATE } else { PAGE };
    let asked = sqlx::query(store.schema().sql(statement))
        .bind(id.as_str())
        .bind(before)
        .bind(i64::from(query.limit) + 1);
    let asked = match query.state {
        Some(state) => asked.bind(state.as_str()),
        None => asked,
    };
    let rows = asked.fetch_all(store.pool()).await.map_err(from_sqlx)?;
    let deliveries = rows.iter().take(limit).map(delivery).collect::<Result<_, _>>()?;
    Ok(DeliveryPage { deliveries, more: rows.len() > limit })
}

pub(crate) async fn pending(store: &PgOrderStore, limit: u32) -> Result<u32, StoreError> {
    let query = sqlx::query_scalar(store.schema().sql(PENDING)).bind(i64::from(limit));
    counted(query.fetch_one(store.pool()).await.map_err(from_sqlx)?)
}

fn counted(rows: i64) -> Result<u32, StoreError> {
    u32::try_from(rows).map_err(|error| corrupt(TABLE, "position", "all", error))
}

fn delivery(row: &PgRow) -> Result<Delivery, StoreError> {
    let row = Reading::new(row, TABLE, 0)?;
    let ordinal: i32 = row.get(4, "ordinal")?;
    let event_id = EventId {
        order_id: row.parse::<OrderId>(2, "order_id")?,
        version: row.number(3, "version")?,
        ordinal: ordinal.try_into().map_err(|error| row.corrupt("ordinal", error))?,
    };
    Ok(Delivery {
        subscription_id: row.parse(0, "subscription_id")?,
        position: row.number(1, "position")?,
        event_id,
        kind: row.parse::<Label>(5, "kind")?,
        state: row.parse(6, "state")?,
        tries: row.number(7, "tries")?,
        next_at: row.time_some(8, "next_at")?,
        attempts: row.json::<Vec<Attempt>>(9, "attempts")?,
        created_at: row.time(10, "created_at")?,
    })
}
