//! How relays are doing, and what somebody does about the orders that they hold.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{feed::LeftOut, store::StoreError};
use crate::{Label, OrderId, Timestamp};

/// How a relay holds an order one of whose events was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Which order.
    pub order_id: OrderId,
    /// How often its first event has been refused.
    pub tries: u32,
    /// When it is tried again; none if the order is parked until somebody sees to it.
    pub next_at: Option<Timestamp>,
    /// Why it was refused, as a stable code.
    pub code: Label,
    /// Since when the first event is held back.
    pub since: Timestamp,
}

/// An order that a relay holds, and the events that wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldStream {
    /// Which relay.
    pub relay: Label,
    /// How it is held.
    pub hold: Hold,
    /// The first event that waits. None if the last one was given up and the relay has not been there
    /// since.
    pub first: Option<LeftOut>,
    /// How many events wait that the relay has passed.
    pub events: u64,
}

/// How a relay is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayStatus {
    /// Which relay.
    pub name: Label,
    /// The last position that it has passed.
    pub position: u64,
    /// The last position in the feed.
    pub head: u64,
    /// How many events are not published: those that it has not passed, and those of held orders.
    pub backlog: u64,
    /// When the oldest of them happened.
    pub oldest: Option<Timestamp>,
    /// How many orders it holds, those included that are parked.
    pub held: u64,
    /// How many orders are parked.
    pub parked: u64,
}

/// How relays are doing, and the orders that they hold.
///
/// 1. Whoever has claimed a relay once is in the list of relays.
/// 2. [`retry`](Self::retry) sets the time and counts the tries anew; the relay does the rest.
/// 3. [`skip`](Self::skip) gives up one event, the first, and only if it is the one that is named. The
///    order stays held until the relay has seen to the rest.
#[async_trait]
pub trait Outbox: Debug + Send + Sync {
    /// Every relay there ever was, by name. Events without a position do not count.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn relays(&self) -> Result<Vec<RelayStatus>, StoreError>;

    /// Held orders, by relay and order, at most `limit`: of one relay or of all, after an order, only
    /// those that are parked if `parked`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn streams(
        &self,
        relay: Option<&Label>,
        after: Option<&OrderId>,
        limit: u32,
        parked: bool,
    ) -> Result<Vec<HeldStream>, StoreError>;

    /// One held order; none if the relay does not hold it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn stream(
        &self,
        relay: &Label,
        order_id: &OrderId,
    ) -> Result<Option<HeldStream>, StoreError>;

    /// Lets a relay try a held order now, or every order that is parked, and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn retry(
        &self,
        relay: &Label,
        order_id: Option<&OrderId>,
        at: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Gives up the first event of a held order, lets the relay try the rest now, and says whether the
    /// event was the first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn skip(
        &self,
        relay: &Label,
        order_id: &OrderId,
        position: u64,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
}
