//! What happened to every order, in one line, and how far each relay has come along it.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{outbox::Hold, store::StoreError};
use crate::{CustomerId, EventId, Label, Order, OrderId, OrderNumber, Recorded, Timestamp};

/// An event with its place in the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Positioned {
    /// Its place among all events, from 1.
    pub position: u64,
    /// The event.
    pub recorded: Recorded,
}

/// What the feed tells of an order beside its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedOrder {
    /// Which order.
    pub id: OrderId,
    /// What people call it now.
    pub number: OrderNumber,
    /// Whose it is; none for a guest. An order never changes hands.
    pub customer_id: Option<CustomerId>,
}

impl From<&Order> for FeedOrder {
    fn from(order: &Order) -> Self {
        let (id, number) = (order.id().clone(), order.number().clone());
        Self { id, number, customer_id: order.customer_id().cloned() }
    }
}

/// An event that a relay passed without publishing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// Its place in the feed.
    pub position: u64,
    /// Which event.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
}

impl From<&Positioned> for LeftOut {
    fn from(event: &Positioned) -> Self {
        let Positioned { position, recorded } = event;
        Self { position: *position, id: recorded.id.clone(), at: recorded.at }
    }
}

/// A run of the feed that a relay has passed, and what of it was not published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage {
    /// Where the relay was.
    pub from: u64,
    /// Where it is now.
    pub to: u64,
    /// The events of held orders in it, by position.
    pub left: Vec<LeftOut>,
    /// How each order of those is held. An order that is held already stays as it is held.
    pub holds: Vec<Hold>,
}

impl Passage {
    /// A run of which everything was published.
    pub fn over(from: u64, to: u64) -> Self {
        Self { from, to, ..Self::default() }
    }
}

/// A held order that is due, with the first of the events that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueStream {
    /// How it is held.
    pub hold: Hold,
    /// The events, by position; there may be more. None are left if the last one was given up.
    pub events: Vec<Positioned>,
}

/// What became of a held order that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Its events up to this position are published; 0 if none was.
    pub published: u64,
    /// How often it had been tried before. If that is another number by now, somebody has asked for it
    /// to be tried anew, and how it is held stays.
    pub tried: u32,
    /// How it is held from now on, if events are left.
    pub hold: Hold,
}

/// The events of every order in one line, and how far each relay has come along it.
///
/// Events land in any order while many write, so that none can be followed by what it is called or
/// when it was written. They get positions once they have landed, and from then on the line never
/// changes: who has passed a position has missed nothing before it.
///
/// 1. Positions begin with 1, are dense and never change. Every committed event gets exactly one,
///    and nothing else does.
/// 2. The events of one order have positions in their order: by version, then by ordinal.
/// 3. An event gets its position with its commit or from a [`sequence`](Self::sequence) after it:
///    once one answers 0 while no other is at work, all that was committed before it has positions.
/// 4. [`after`](Self::after) gives a run without gaps: what follows the position, and on from there.
/// 5. A relay's place begins at 0 and is moved by [`advance`](Self::advance) alone, as a
///    compare-and-set: of those who move it from one place, one does, and what it left out is written
///    with the move or not at all. No clock decides that; a lease only keeps two from doing the same
///    work.
/// 6. A relay has one holder: whoever [`claim`](Self::claim)ed it last. A holder whose lease has
///    ended stays the holder until somebody else claims.
/// 7. Relays of different names know nothing of each other.
/// 8. [`end`](Self::end) is the last position that was given, 0 if none was.
/// 9. [`of_order`](Self::of_order) gives those events of a whole walk with [`after`](Self::after) that
///    are of one order, and reads no others.
/// 10. [`orders`](Self::orders) gives each order that exists once, and nothing for one that does not.
/// 11. An order is held from the [`advance`](Self::advance) that left an event of it out until a
///    [`settle`](Self::settle) after which none is left. Nobody but the relay's holder begins or ends
///    that, so who has claimed knows which orders are held.
#[async_trait]
pub trait EventFeed: Debug + Send + Sync {
    /// Gives the next positions to committed events that have none, and says to how many. Any number
    /// of servers may call it: one works at a time, the others answer 0.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn sequence(&self) -> Result<u64, StoreError>;

    /// The events after a position, by position, at most `limit`. After 0 is from the beginning.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Positioned>, StoreError>;

    /// The last position that was given; 0 if none was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn end(&self) -> Result<u64, StoreError>;

    /// The events of one order after a position, by position, at most `limit`. Costs at most what the
    /// history of the order is long.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn of_order(
        &self,
        id: &OrderId,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Positioned>, StoreError>;

    /// What orders are called and whose they are, in any order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn orders(&self, ids: &[OrderId]) -> Result<Vec<FeedOrder>, StoreError>;

    /// Takes the lease on a relay, or sets the end of one's own anew, and gives the relay's place:
    /// the last position that it has passed. None while another holder's lease lasts, which it does
    /// as long as `at` is before its `until`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn claim(
        &self,
        relay: &Label,
        holder: Uuid,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError>;

    /// The orders that a relay holds.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn held(&self, relay: &Label) -> Result<Vec<OrderId>, StoreError>;

    /// The held orders whose time has come, the earliest first, with their events, together at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn due(
        &self,
        relay: &Label,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueStream>, StoreError>;

    /// Moves a relay's place over a run, if it is at the run's beginning and this is its holder, and says
    /// whether it did. What of the run was left out is kept with it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn advance(
        &self,
        relay: &Label,
        holder: Uuid,
        passage: &Passage,
    ) -> Result<bool, StoreError>;

    /// Writes down what became of held orders, if this is the relay's holder, and gives those that are
    /// held no more; else none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn settle(
        &self,
        relay: &Label,
        holder: Uuid,
        settlements: &[Settlement],
    ) -> Result<Option<Vec<OrderId>>, StoreError>;
}
