//! Webhook subscriptions. Their deliveries are next door.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    Label, SubscriptionId, Timestamp,
    ports::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, DueDeliveries, NewDelivery, Replay,
        StoreError, Subscriptions,
    },
    webhook::{Disabled, Subscription},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    deliveries::{self, Incoming, Lines},
    error::{corrupt, from_sqlx},
    rows::{Reading, json},
    store::unexpected,
    writer::{Done, Task},
};

macro_rules! subscriptions {
    ($rest:literal) => {
        concat!(
            "SELECT id, url, events, description, secrets, disabled_since, disabled_reason,
                failing_since, version, created_at, updated_at
            FROM order_webhook ",
            $rest
        )
    };
}

pub(crate) const ALL: &str = subscriptions!("ORDER BY id");
pub(crate) const BY_ID: &str = subscriptions!("WHERE id = ?1");

/// The one that has waited longest of those of which something is due.
pub(crate) const READY: &str = subscriptions!(
    "WHERE disabled_since IS NULL AND next_at <= ?1 AND EXISTS (
        SELECT 1 FROM order_webhook_delivery d
        WHERE d.subscription_id = order_webhook.id AND d.next_at <= ?1)
    ORDER BY next_at, id LIMIT 1"
);

pub(crate) const INSERT: &str = "
    INSERT INTO order_webhook (id, url, events, description, secrets, disabled_since,
        disabled_reason, version, created_at, updated_at, next_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
    ON CONFLICT (id) DO NOTHING";

/// Of one that is enabled nothing is known against its endpoint, and it is due at once.
pub(crate) const REPLACE: &str = "
    UPDATE order_webhook SET url = ?2, events = ?3, description = ?4, secrets = ?5,
        disabled_since = ?6, disabled_reason = ?7, version = ?8, created_at = ?9, updated_at = ?10,
        failing_since = iif(disabled_since IS NOT NULL AND ?6 IS NULL, NULL, failing_since),
        next_at = iif(disabled_since IS NOT NULL AND ?6 IS NULL, ?10, next_at)
    WHERE id = ?1 AND version = ?8 - 1";

pub(crate) const IS_DISABLED: &str =
    "SELECT disabled_since IS NOT NULL FROM order_webhook WHERE id = ?1";

pub(crate) const REMOVE: &str = "DELETE FROM order_webhook WHERE id = ?1 AND version = ?2";

pub(crate) const LEASE: &str = "UPDATE order_webhook SET next_at = ?2 WHERE id = ?1";

/// Gives a subscription back, if the lease is still the present one. Whoever disables it changes it.
pub(crate) const RELEASE: &str = "
    UPDATE order_webhook SET next_at = ?3,
        failing_since = CASE ?4 WHEN 'works' THEN NULL WHEN 'fails' THEN coalesce(failing_since, ?5)
            ELSE failing_since END,
        version = version + (?4 = 'disabled' AND disabled_since IS NULL),
        updated_at = iif(?4 = 'disabled' AND disabled_since IS NULL, ?5, updated_at),
        disabled_reason = iif(?4 = 'disabled', coalesce(disabled_reason, ?6), disabled_reason),
        disabled_since = iif(?4 = 'disabled', coalesce(disabled_since, ?5), disabled_since)
    WHERE id = ?1 AND next_at = ?2";

/// Something to write about subscriptions and their deliveries.
#[derive(Debug)]
pub(crate) enum Change {
    Put(Box<SubscriptionRow>),
    Remove { id: Arc<str>, version: i64 },
    FanOut { incoming: Vec<Incoming>, at: i64 },
    Claim { now: Timestamp, until: Timestamp, limit: u32 },
    Settle(Box<DeliverySettlement>),
    Replay { id: Arc<str>, replay: Replay, at: i64 },
    Forget { before: i64, at: i64, limit: u32 },
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Changed {
    Written,
    Count(u32),
    Claimed(Option<Box<DueDeliveries>>),
    Settled(bool),
}

/// A subscription, ready to be bound.
#[derive(Debug)]
pub(crate) struct SubscriptionRow {
    subscription: Subscription,
    events: Arc<str>,
    secrets: Arc<str>,
    version: i64,
}

impl SubscriptionRow {
    fn of(subscription: &Subscription) -> Result<Self, StoreError> {
        let id = subscription.id.as_str();
        Ok(Self {
            events: json("order_webhook", "events", id, &subscription.events)?,
            secrets: json("order_webhook", "secrets", id, &subscription.secrets)?,
            version: i64::try_from(subscription.version)
                .map_err(|_| StoreError::SubscriptionConflict)?,
            subscription: subscription.clone(),
        })
    }
}

/// Carries out a change. The write lock must be held.
pub(crate) async fn perform(
    connection: &mut SqliteConnection,
    change: &Change,
) -> Result<Result<Changed, StoreError>, sqlx::Error> {
    Ok(match change {
        Change::Put(row) => put(connection, row).await?.map(|()| Changed::Written),
        Change::Remove { id, version } => {
            let query = sqlx::query(REMOVE).bind(Arc::clone(id)).bind(*version);
            written(query.execute(connection).await?.rows_affected()).map(|()| Changed::Written)
        }
        Change::FanOut { incoming, at } => {
            deliveries::insert(connection, incoming, *at).await?;
            Ok(Changed::Written)
        }
        Change::Claim { now, until, limit } => claim(connection, *now, *until, *limit)
            .await?
            .map(|due| Changed::Claimed(due.map(Box::new))),
        Change::Settle(settlement) => Ok(Changed::Settled(settle(connection, settlement).await?)),
        Change::Replay { id, replay, at } => {
            Ok(Changed::Count(deliveries::replay(connection, id, *replay, *at).await?))
        }
        Change::Forget { before, at, limit } => {
            Ok(Changed::Count(deliveries::forget(connection, *before, *at, *limit).await?))
        }
    })
}

fn written(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::SubscriptionConflict) }
}

async fn put(
    connection: &mut SqliteConnection,
    row: &SubscriptionRow,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    let subscription = &row.subscription;
    let disabled = subscription.disabled.as_ref();
    let (id, at) = (subscription.id.shared(), subscription.updated_at.millis());
    let query = sqlx::query_scalar(IS_DISABLED).bind(Arc::clone(&id));
    let was_disabled: Option<bool> = query.fetch_optional(&mut *connection).await?;
    let query = sqlx::query(if row.version == 1 { INSERT } else { REPLACE })
        .bind(Arc::clone(&id))
        .bind(subscription.url.shared())
        .bind(Arc::clone(&row.events))
        .bind(subscription.description.as_ref().map(Label::shared))
        .bind(Arc::clone(&row.secrets))
        .bind(disabled.map(|disabled| disabled.since.millis()))
        .bind(disabled.map(|disabled| disabled.reason.shared()))
        .bind(row.version)
        .bind(subscription.created_at.millis())
        .bind(at);
    let done = query.execute(&mut *connection).await?.rows_affected();
    if done == 1 && was_disabled == Some(true) && disabled.is_none() {
        deliveries::hasten(connection, &id, at).await?;
    }
    Ok(written(done))
}

async fn claim(
    connection: &mut SqliteConnection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Result<Option<DueDeliveries>, StoreError>, sqlx::Error> {
    let query = sqlx::query(READY).bind(now.millis());
    let Some(row) = query.fetch_optional(&mut *connection).await? else {
        return Ok(Ok(None));
    };
    let subscription = match subscription(&row) {
        Ok(subscription) => subscription,
        Err(error) => return Ok(Err(error)),
    };
    let id = subscription.id.shared();
    let query = sqlx::query(LEASE).bind(Arc::clone(&id)).bind(until.millis());
    query.execute(&mut *connection).await?;
    let limit = if subscription.failing_since.is_some() { limit.min(1) } else { limit };
    let due = deliveries::due(connection, id, now, limit).await?;
    Ok(due.map(|deliveries| Some(DueDeliveries { subscription, lease: until, deliveries })))
}

async fn settle(
    connection: &mut SqliteConnection,
    settlement: &DeliverySettlement,
) -> Result<bool, sqlx::Error> {
    let (word, since, reason) = deliveries::health(settlement);
    let id = settlement.subscription_id.shared();
    let query = sqlx::query(RELEASE)
        .bind(Arc::clone(&id))
        .bind(settlement.lease.millis())
        .bind(settlement.rest_until.millis())
        .bind(word)
        .bind(since.millis())
        .bind(reason);
    if query.execute(&mut *connection).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let mut lines = Lines::default();
    for settled in &settlement.settled {
        deliveries::settle(connection, &id, settled, &mut lines).await?;
    }
    deliveries::align(connection, lines, settlement.at.millis()).await?;
    Ok(true)
}

fn subscription(row: &SqliteRow) -> Result<Subscription, StoreError> {
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
        version: row.count(8, "version")?,
        created_at: row.time(9, "created_at")?,
        updated_at: row.time(10, "updated_at")?,
    })
}

impl SqliteStore {
    async fn change(&self, change: Change) -> Result<Changed, StoreError> {
        match self.write(Task::Webhook(change)).await? {
            Done::Webhook(changed) => Ok(changed),
            _ => Err(unexpected()),
        }
    }

    async fn change_counted(&self, change: Change) -> Result<u32, StoreError> {
        match self.change(change).await? {
            Changed::Count(count) => Ok(count),
            _ => Err(unexpected()),
        }
    }
}

#[async_trait]
impl Subscriptions for SqliteStore {
    async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let rows = sqlx::query(ALL).fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(subscription).collect()
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let query = sqlx::query(BY_ID).bind(id.shared());
        let row = query.fetch_optional(self.reads()).await.map_err(from_sqlx)?;
        row.as_ref().map(subscription).transpose()
    }

    async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let row = Box::new(SubscriptionRow::of(subscription)?);
        self.change(Change::Put(row)).await.map(|_| ())
    }

    async fn remove_subscription(
        &self,
        id: &SubscriptionId,
        version: u64,
    ) -> Result<(), StoreError> {
        let version = i64::try_from(version).map_err(|_| StoreError::SubscriptionConflict)?;
        self.change(Change::Remove { id: id.shared(), version }).await.map(|_| ())
    }

    async fn fan_out(
        &self,
        deliveries: &[NewDelivery<'_>],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let incoming: Result<_, _> = deliveries.iter().map(Incoming::of).collect();
        let incoming = incoming
            .map_err(|error| corrupt("order_webhook_delivery", "position", "a new row", error))?;
        self.change(Change::FanOut { incoming, at: at.millis() }).await.map(|_| ())
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Option<DueDeliveries>, StoreError> {
        // Asked without the write lock first.
        let any = sqlx::query(READY).bind(now.millis()).fetch_optional(self.reads()).await;
        if any.map_err(from_sqlx)?.is_none() {
            return Ok(None);
        }
        match self.change(Change::Claim { now, until, limit }).await? {
            Changed::Claimed(due) => Ok(due.map(|due| *due)),
            _ => Err(unexpected()),
        }
    }

    async fn settle_deliveries(&self, settlement: &DeliverySettlement) -> Result<bool, StoreError> {
        match self.change(Change::Settle(Box::new(settlement.clone()))).await? {
            Changed::Settled(kept) => Ok(kept),
            _ => Err(unexpected()),
        }
    }

    async fn deliveries(
        &self,
        id: &SubscriptionId,
        query: &DeliveryQuery,
    ) -> Result<DeliveryPage, StoreError> {
        deliveries::page(self.reads(), id, query).await
    }

    async fn replay_deliveries(
        &self,
        id: &SubscriptionId,
        replay: Replay,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        self.change_counted(Change::Replay { id: id.shared(), replay, at: at.millis() }).await
    }

    async fn forget_deliveries(
        &self,
        before: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let (before, at) = (before.millis(), at.millis());
        self.change_counted(Change::Forget { before, at, limit }).await
    }

    async fn pending_deliveries(&self, limit: u32) -> Result<u32, StoreError> {
        deliveries::pending(self.reads(), limit).await
    }
}
