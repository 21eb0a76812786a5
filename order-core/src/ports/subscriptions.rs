//! Who wants which events, and what became of them on their way.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{feed::Positioned, store::StoreError};
use crate::{
    Label, SubscriptionId, Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, Subscription},
};

/// An event for a subscription.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    /// Whose it is.
    pub subscription_id: SubscriptionId,
    /// The event.
    pub event: &'a Positioned,
}

/// A subscription that somebody was given to deliver for, and what is due of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDeliveries {
    /// The subscription.
    pub subscription: Subscription,
    /// Until when nobody else is given it.
    pub lease: Timestamp,
    /// What is due, at most one event of an order, each with the event itself.
    pub deliveries: Vec<(Delivery, Positioned)>,
}

/// What became of one delivery of a [`DeliverySettlement`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which one.
    pub position: u64,
    /// How far it has come.
    pub state: DeliveryState,
    /// When it is tried next, if it is pending.
    pub next_at: Option<Timestamp>,
    /// How often it was tried by now.
    pub tries: u32,
    /// The last attempts by now.
    pub attempts: Vec<Attempt>,
}

/// How an endpoint is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It takes events.
    Works,
    /// It has done nothing but fail, since then if not since before.
    Fails(Timestamp),
    /// It is disabled, for this reason.
    Disabled(Label),
}

/// What became of what was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliverySettlement {
    /// Of which subscription.
    pub subscription_id: SubscriptionId,
    /// The lease under which it was sent.
    pub lease: Timestamp,
    /// When it was settled.
    pub at: Timestamp,
    /// What became of each delivery.
    pub settled: Vec<Settled>,
    /// How the endpoint is doing.
    pub health: Health,
    /// Until when the whole endpoint is left alone.
    pub rest_until: Timestamp,
}

/// Which deliveries of a subscription to list, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryQuery {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Those before this position.
    pub before: Option<u64>,
    /// How many, from 1 to [`PAGE_MAX`](super::PAGE_MAX).
    pub limit: u32,
}

/// A page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// Whether there are more.
    pub more: bool,
}

/// Which deliveries to send once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// The one of this position, whatever became of it.
    One(u64),
    /// Those that failed and were made from then on, the oldest first, at most
    /// [`REPLAY_MAX`](crate::webhook::REPLAY_MAX).
    Failed(Timestamp),
}

/// Who wants which events, and what became of each on its way.
///
/// 1. [`put_subscription`](Self::put_subscription) of a subscription with version 1 inserts it; of one
///    with version `n > 1` replaces version `n − 1`, but for how its endpoint is doing. Anything else is
///    [`StoreError::SubscriptionConflict`]. One that was disabled and is no more is due at once, its tries
///    are counted anew, and nothing is known against its endpoint.
/// 2. [`fan_out`](Self::fan_out) makes all of the deliveries or none; those that there are already stay
///    as they are, and none is made for a subscription that is not there.
/// 3. [`claim_deliveries`](Self::claim_deliveries) gives a subscription to one caller until the lease ends
///    or [`settle_deliveries`](Self::settle_deliveries) says when it may be given again. One that is
///    disabled, that rests, or of which nothing is due is given to nobody. Who waits longest comes first.
/// 4. Of one subscription and one order only the earliest pending event is ever due; the next one is due
///    when that one has been delivered or has failed.
/// 5. Of a subscription that fails one delivery is due, of another one as many as asked for.
/// 6. A settlement is written whole, or not at all if its lease is not the present one.
/// 7. Disabling by a settlement is a change like any other: the version goes up.
/// 8. What is replayed is pending and due as if it were new, in its old place among the events of its
///    order.
/// 9. [`forget_deliveries`](Self::forget_deliveries) removes what was made before a time, whatever became
///    of it, and what belongs to subscriptions that are no more. An event that waited for a removed one is
///    due then.
/// 10. A row that does not fit the domain is [`StoreError::Corrupt`].
#[async_trait]
pub trait Subscriptions: Debug + Send + Sync {
    /// All subscriptions, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError>;

    /// The subscription of this id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, StoreError>;

    /// Inserts or replaces a subscription.
    ///
    /// # Errors
    /// [`StoreError::SubscriptionConflict`], [`StoreError::Unavailable`].
    async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError>;

    /// Removes a subscription of this version. Its deliveries are forgotten later.
    ///
    /// # Errors
    /// [`StoreError::SubscriptionConflict`], [`StoreError::Unavailable`].
    async fn remove_subscription(
        &self,
        id: &SubscriptionId,
        version: u64,
    ) -> Result<(), StoreError>;

    /// Makes deliveries, due at once unless an earlier event of their order is pending.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn fan_out(
        &self,
        deliveries: &[NewDelivery<'_>],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Claims a subscription of which something is due, and gives at most `limit` of that.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn claim_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Option<DueDeliveries>, StoreError>;

    /// Says what became of what was due, and gives the subscription back. `false` if somebody else was
    /// given it meanwhile: then nothing was written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn settle_deliveries(&self, settlement: &DeliverySettlement) -> Result<bool, StoreError>;

    /// A page of the deliveries of a subscription, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn deliveries(
        &self,
        id: &SubscriptionId,
        query: &DeliveryQuery,
    ) -> Result<DeliveryPage, StoreError>;

    /// Has deliveries sent once more, and says how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn replay_deliveries(
        &self,
        id: &SubscriptionId,
        replay: Replay,
        at: Timestamp,
    ) -> Result<u32, StoreError>;

    /// Forgets old deliveries, at most `limit`, and says how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn forget_deliveries(
        &self,
        before: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError>;

    /// How many deliveries are pending, counted to at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn pending_deliveries(&self, limit: u32) -> Result<u32, StoreError>;
}
