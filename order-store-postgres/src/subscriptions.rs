//! Webhook subscriptions. Their deliveries are next door.

use async_trait::async_trait;
use order_core::{
    Label, SubscriptionId, Timestamp,
    ports::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, DueDeliveries, NewDelivery, Replay,
        StoreError, Subscriptions,
    },
    webhook::{Disabled, Subscription},
};
use sqlx::postgres::PgRow;

use crate::{
    PgOrderStore, deliveries,
    error::from_sqlx,
    rows::{Reading, json},
};

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " w.id, w.url, w.events, w.description, w.secrets, w.disabled_since, w.disabled_reason,
            w.failing_since, w.version, w.created_at, w.updated_at ",
            $after
        )
    };
}

pub(crate) const ALL: &str = columns!("SELECT", "FROM order_store.order_webhook w ORDER BY w.id");
pub(crate) const BY_ID: &str =
    columns!("SELECT", "FROM order_store.order_webhook w WHERE w.id = $1");

/// Takes the one that has waited longest of those of which something is due. One that another server
/// takes is passed over.
pub(crate) const CLAIM: &str = columns!(
    "UPDATE order_store.order_webhook w SET next_at = $2
    FROM (
        SELECT c.id FROM order_store.order_webhook c
        WHERE c.disabled_since IS NULL AND c.next_at <= $1 AND EXISTS (
            SELECT 1 FROM order_store.order_webhook_delivery d
            WHERE d.subscription_id = c.id AND d.next_at <= $1)
        ORDER BY c.next_at, c.id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) ready
    WHERE w.id = ready.id RETURNING",
    ""
);

pub(crate) const INSERT: &str = "
    INSERT INTO order_store.order_webhook (id, url, events, description, secrets, disabled_since,
        disabled_reason, version, created_at, updated_at, next_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
    ON CONFLICT DO NOTHING";

/// Of one that is enabled nothing is known against its endpoint, and what is due of it is tried at once,
/// as if it were new.
pub(crate) const REPLACE: &str = "
    WITH present AS (
        SELECT id, disabled_since IS NOT NULL AND $6::bigint IS NULL AS enabled
        FROM order_store.order_webhook WHERE id = $1 FOR UPDATE
    ), replaced AS (
        UPDATE order_store.order_webhook w SET url = $2, events = $3, description = $4, secrets = $5,
            disabled_since = $6, disabled_reason = $7, version = $8, created_at = $9, updated_at = $10,
            failing_since = CASE WHEN enabled THEN NULL ELSE failing_since END,
            next_at = CASE WHEN enabled THEN $10 ELSE next_at END
        FROM present WHERE w.id = present.id AND version = $8 - 1
        RETURNING w.id, enabled
    ), hastened AS (
        UPDATE order_store.order_webhook_delivery d SET next_at = $10, tries = 0
        FROM replaced
        WHERE replaced.enabled AND d.subscription_id = replaced.id AND d.next_at IS NOT NULL
    )
    SELECT 1 FROM replaced";

pub(crate) const REMOVE: &str =
    "DELETE FROM order_store.order_webhook WHERE id = $1 AND version = $2";

fn subscription(row: &PgRow) -> Result<Subscription, StoreError> {
    let row = Reading::new(row, "order_webhook", 0)?;
    let since = row.time_some(5, "disabled_since")?;
    let disabled = match since {
        Some(since) => Some(Disabled { since, reason: row.parse(6, "disabled_reason")? }),
        None => None,
    };
    Ok(Subscription {
        id: row.parse(0, "id")?,
        url: row.parse(1, "url")?,
        events: row.json(2, "events")?,
        description: row.parse_some(3, "description")?,
        secrets: row.json(4, "secrets")?,
        disabled,
        failing_since: row.time_some(7, "failing_since")?,
        version: row.number(8, "version")?,
        created_at: row.time(9, "created_at")?,
        updated_at: row.time(10, "updated_at")?,
    })
}

#[async_trait]
impl Subscriptions for PgOrderStore {
    async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let rows = sqlx::query(self.schema().sql(ALL)).fetch_all(self.pool()).await;
        rows.map_err(from_sqlx)?.iter().map(subscription).collect()
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let query = sqlx::query(self.schema().sql(BY_ID)).bind(id.as_str());
        let row = query.fetch_optional(self.pool()).await.map_err(from_sqlx)?;
        row.as_ref().map(subscription).transpose()
    }

    async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let id = subscription.id.as_str();
        let version =
            i64::try_from(subscription.version).map_err(|_| StoreError::SubscriptionConflict)?;
        let disabled = subscription.disabled.as_ref();
        let statement = if version == 1 { INSERT } else { REPLACE };
        let query = sqlx::query(self.schema().sql(statement))
            .bind(id)
            .bind(subscription.url.as_str())
            .bind(json("order_webhook", "events", id, &subscription.events)?)
            .bind(subscription.description.as_ref().map(Label::as_str))
            .bind(json("order_webhook", "secrets", id, &subscription.secrets)?)
            .bind(disabled.map(|disabled| disabled.since.millis()))
            .bind(disabled.map(|disabled| disabled.reason.as_str()))
            .bind(version)
            .bind(subscription.created_at.millis())
            .bind(subscription.updated_at.millis());
        let done = query.execute(self.pool()).await.map_err(from_sqlx)?;
        written(done.rows_affected())
    }

    async fn remove_subscription(
        &self,
        id: &SubscriptionId,
        version: u64,
    ) -> Result<(), StoreError> {
        let version = i64::try_from(version).map_err(|_| StoreError::SubscriptionConflict)?;
        let query = sqlx::query(self.schema().sql(REMOVE)).bind(id.as_str()).bind(version);
        written(query.execute(self.pool()).await.map_err(from_sqlx)?.rows_affected())
    }

    async fn fan_out(
        &self,
        deliveries: &[NewDelivery<'_>],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        deliveries::fan_out(self, deliveries, at).await
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Option<DueDeliveries>, StoreError> {
        let query = sqlx::query(self.schema().sql(CLAIM)).bind(now.millis()).bind(until.millis());
        let Some(row) = query.fetch_optional(self.pool()).await.map_err(from_sqlx)? else {
            return Ok(None);
        };
        let subscription = subscription(&row)?;
        let limit = if subscription.failing_since.is_some() { limit.min(1) } else { limit };
        let deliveries = deliveries::due(self, &subscription.id, now, limit).await?;
        Ok(Some(DueDeliveries { subscription, lease: until, deliveries }))
    }

    async fn settle_deliveries(&self, settlement: &DeliverySettlement) -> Result<bool, StoreError> {
        deliveries::settle(self, settlement).await
    }

    async fn deliveries(
        &self,
        id: &SubscriptionId,
        query: &DeliveryQuery,
    ) -> Result<DeliveryPage, StoreError> {
        deliveries::page(self, id, query).await
    }

    async fn replay_deliveries(
        &self,
        id: &SubscriptionId,
        replay: Replay,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        deliveries::replay(self, id, replay, at).await
    }

    async fn forget_deliveries(
        &self,
        before: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError> {
        deliveries::forget(self, before, at, limit).await
    }

    async fn pending_deliveries(&self, limit: u32) -> Result<u32, StoreError> {
        deliveries::pending(self, limit).await
    }
}

fn written(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::SubscriptionConflict) }
}
