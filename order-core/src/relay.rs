//! Brings events from the feed to a publisher.

mod batch;
mod tally;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use thiserror::Error;
use uuid::Uuid;

pub use self::tally::Tally;
use self::{
    batch::Batch,
    tally::{Count, Counts},
};
use crate::{
    ErrorKind, Label, OrderId, Timestamp,
    ports::{
        Clock, EventFeed, EventPublisher, Passage, Positioned, PublishError, Refusal, StoreError,
    },
};

/// The most events that one step moves.
pub const BATCH_MAX: u32 = 256;

/// How long a relay keeps others of its name from the same work, in milliseconds. A publisher should
/// answer within half of it; one that does not loses nothing, but another relay may publish the same
/// meanwhile.
pub const LEASE_MS: i64 = 30_000;

/// How often the first event of an order is refused before the order is parked.
pub const TRIES_MAX: u32 = 10;

/// How long an order is held after its event was refused first, in milliseconds. Every further refusal
/// doubles it, so that an order is parked some eight minutes after the first.
pub const RETRY_MS: i64 = 1_000;

/// How many orders in a row may be refused, with nothing taken in between, until the receiver is to blame
/// and not the orders: a queue that is gone parks no more of them than these. From then on the relay
/// stays where it is, and tries again, until something is taken.
pub const REFUSED_MAX: u32 = 16;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// So many events were published, or passed because their orders are held. After [`BATCH_MAX`] there
    /// may be more at once.
    Moved(u32),
    /// Another relay of this name is at work.
    Elsewhere,
    /// Another relay of this name took over while this one published. Both published these events.
    Overtaken,
}

impl Step {
    /// How many events were published or passed.
    pub const fn moved(self) -> u32 {
        match self {
            Self::Moved(events) => events,
            Self::Elsewhere | Self::Overtaken => 0,
        }
    }
}

/// Why a step failed. The relay stays where it was, or where it already got to; some events may have
/// been published, and are published again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The feed could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The publisher could not do it.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl RelayError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Publish(error) => error.code(),
        }
    }

    /// What the caller should do. Whatever it is, a later step begins with the same events.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Publish(error) => error.kind(),
        }
    }
}

/// Brings every event to a publisher: at least once, in order per order, none left out.
///
/// An event that the publisher refuses holds its own order and no other. The relay tries it again by
/// itself, less and less often, at most [`TRIES_MAX`] times; then the order is parked, and somebody lets
/// it be tried again or gives the event up through the [`Outbox`](crate::ports::Outbox).
///
/// Any number of relays may have one name, in one process or many: one works, the others wait until
/// it stops. Relays of different names go their own ways, each through every event. The host owns
/// the loop, the pause and the end; dropping a step half-way does no harm.
///
/// ```
/// use std::{sync::Arc, time::Duration};
///
/// use order_core::{
///     Currency, ItemInput, Meta, NewOrder, OrderService, Orders, Principal, Relay,
///     memory::InMemoryStore,
///     ports::{EventPublisher, Positioned, PublishError, SystemClock},
///     relay::BATCH_MAX,
/// };
///
/// #[derive(Debug)]
/// struct Printer;
///
/// #[async_trait::async_trait]
/// impl EventPublisher for Printer {
///     async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
///         for Positioned { position, recorded } in events {
///             println!("{position}: {} of {}", recorded.event.name(), recorded.id.order_id);
///         }
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = InMemoryStore::default();
/// let orders = OrderService::new(store.clone(), SystemClock, || uuid::Uuid::from_u128(7));
/// let mug = ItemInput {
///     line_id: None,
///     product_id: "mug".try_into()?,
///     name: None,
///     quantity: 2,
///     unit_price: Some("9.50".to_owned()),
/// };
/// let order = NewOrder { items: vec![mug], currency: Some(Currency::EUR), ..NewOrder::default() };
/// orders.place(&Principal::admin("me".try_into()?), order, Meta::default()).await?;
///
/// let (name, holder) = ("printer".try_into()?, uuid::Uuid::from_u128(1)); // use `Uuid::now_v7`
/// let relay =
///     Relay::new(Arc::new(store), Arc::new(Printer), Arc::new(SystemClock), name, holder);
/// loop {
///     let moved = relay.step().await?.moved();
///     if moved < BATCH_MAX {
///         # assert_eq!(moved, 2);
///         # break;
///         tokio::time::sleep(Duration::from_millis(200)).await;
///     }
/// }
/// # assert_eq!(relay.step().await?.moved(), 0);
/// # Ok(())
/// # }
/// ```
pub struct Relay {
    feed: Arc<dyn EventFeed>,
    publisher: Arc<dyn EventPublisher>,
    clock: Arc<dyn Clock>,
    name: Label,
    holder: Uuid,
    /// Empty while a step is under way, and after one that did not end well.
    lease: Mutex<Option<Lease>>,
    counts: Counts,
}

/// A lease, and where it was left.
#[derive(Debug)]
struct Lease {
    since: Timestamp,
    place: u64,
    /// The orders that are held.
    held: HashSet<OrderId>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut relay = f.debug_struct("Relay");
        relay.field("name", &self.name).field("holder", &self.holder);
        relay.field("publisher", &self.publisher).finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay that brings what `feed` gives to `publisher`. The name is that of the place in the
    /// feed, so it stays the same for ever; the holder is a new id for each relay that is made.
    pub fn new(
        feed: Arc<dyn EventFeed>,
        publisher: Arc<dyn EventPublisher>,
        clock: Arc<dyn Clock>,
        name: Label,
        holder: Uuid,
    ) -> Self {
        let (lease, counts) = (Mutex::default(), Counts::default());
        Self { feed, publisher, clock, name, holder, lease, counts }
    }

    /// Which relay it is.
    pub fn name(&self) -> &Label {
        &self.name
    }

    /// What it has done since it was made.
    pub fn tally(&self) -> Tally {
        self.counts.tally()
    }

    /// Tries what is held and due, then moves the next events, at most [`BATCH_MAX`] of each.
    ///
    /// # Errors
    /// [`RelayError::Publish`] if events may not have arrived, or if the receiver takes nothing of
    /// anybody; [`RelayError::Store`]. The next step begins with the same events.
    pub async fn step(&self) -> Result<Step, RelayError> {
        self.feed.sequence().await?;
        let Some(mut lease) = self.hold().await? else {
            return Ok(Step::Elsewhere);
        };
        let Some(tried) = self.try_held(&mut lease).await? else {
            return Ok(Step::Overtaken);
        };
        let passed = if lease.held.is_empty() && self.publisher.is_idle().await? {
            self.skip(&mut lease).await?
        } else {
            self.pass(&mut lease).await?
        };
        let Some(passed) = passed else {
            return Ok(Step::Overtaken);
        };
        *self.lease() = Some(lease);
        Ok(Step::Moved((tried + passed).min(BATCH_MAX)))
    }

    /// Gives the lease up, so that another relay of this name need not wait for its end. For a host
    /// that stops; a later step takes it again.
    ///
    /// # Errors
    /// [`RelayError::Store`]; then the lease ends by itself.
    pub async fn release(&self) -> Result<(), RelayError> {
        self.lease().take();
        let now = self.clock.now();
        self.feed.claim(&self.name, self.holder, now, now).await?;
        Ok(())
    }

    /// Tries the events of held orders that are due, and says how many were published. None if another
    /// relay has taken over.
    async fn try_held(&self, lease: &mut Lease) -> Result<Option<u32>, RelayError> {
        if lease.held.is_empty() {
            return Ok(Some(0));
        }
        let due = self.feed.due(&self.name, self.clock.now(), BATCH_MAX).await?;
        if due.is_empty() {
            return Ok(Some(0));
        }
        let events = due.iter().flat_map(|stream| stream.events.iter().cloned());
        let mut events: Vec<Positioned> = events.collect();
        events.sort_unstable_by_key(|event| event.position);
        let refused = self.publish(&events).await?;
        let now = self.clock.now();
        let settlements: Vec<_> =
            due.iter().map(|stream| batch::settlement(stream, &refused, now)).collect();
        let settled = self.feed.settle(&self.name, self.holder, &settlements).await?;
        let Some(freed) = settled else {
            return Ok(None);
        };
        for order_id in &freed {
            lease.held.remove(order_id);
        }
        let published = batch::published(&due, &settlements);
        if published > 0 {
            self.counts.set(Count::InARow, 0);
        }
        let parked = settlements.iter().filter(|it| it.hold.next_at.is_none()).count();
        self.counts.add(Count::Published, published);
        self.counts.add(Count::Refused, refused.len());
        self.counts.add(Count::Parked, parked);
        // No more than were asked for.
        Ok(Some(u32::try_from(published).unwrap_or(BATCH_MAX)))
    }

    /// Moves over the next events, and says over how many. None if another relay has taken over.
    async fn pass(&self, lease: &mut Lease) -> Result<Option<u32>, RelayError> {
        let events = self.feed.after(lease.place, BATCH_MAX).await?;
        let (Some(last), count) = (events.last(), events.len()) else {
            return Ok(Some(0));
        };
        let to = last.position;
        let mut batch = Batch::new(events, &lease.held);
        let refused = self.publish(batch.open()).await?;
        let published = batch.close(&refused, self.clock.now());
        let before = self.counts.get(Count::InARow);
        let in_a_row = if published > 0 { 0 } else { before + batch.refused() as u64 };
        self.counts.set(Count::InARow, in_a_row);
        if in_a_row > REFUSED_MAX.into() && !refused.is_empty() {
            return Err(PublishError::Refused { events: refused }.into());
        }
        let new: Vec<OrderId> = batch.newly_held();
        let passage = Passage { from: lease.place, to, left: batch.left, holds: batch.holds };
        if !self.feed.advance(&self.name, self.holder, &passage).await? {
            return Ok(None);
        }
        lease.place = to;
        lease.held.extend(new);
        self.counts.add(Count::Published, published);
        self.counts.add(Count::Refused, refused.len());
        Ok(Some(u32::try_from(count).unwrap_or(BATCH_MAX)))
    }

    /// Moves to the end of the feed, unless somebody wants events by now. None if another relay has taken
    /// over. Nothing is over what was moved: there is no more at once.
    async fn skip(&self, lease: &mut Lease) -> Result<Option<u32>, RelayError> {
        let end = self.feed.end().await?;
        // Asked once more: who began to want events before this gets those that follow the end, too.
        if end <= lease.place || !self.publisher.is_idle().await? {
            return Ok(Some(0));
        }
        let passage = Passage::over(lease.place, end);
        if !self.feed.advance(&self.name, self.holder, &passage).await? {
            return Ok(None);
        }
        lease.place = end;
        Ok(Some(0))
    }

    /// Publishes events, and gives those that were refused.
    async fn publish(&self, events: &[Positioned]) -> Result<Vec<Refusal>, PublishError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        match self.publisher.publish(events).await {
            Ok(()) => Ok(Vec::new()),
            Err(PublishError::Refused { events: refused })
                if !refused.is_empty() && batch::are_of(&refused, events) =>
            {
                Ok(refused)
            }
            Err(error) => Err(error),
        }
    }

    /// The lease: the one at hand for the first half of its time, so that a relay without work writes
    /// nothing, else a new one.
    async fn hold(&self) -> Result<Option<Lease>, StoreError> {
        let now = self.clock.now();
        let lease = self.lease().take();
        if let Some(lease) = lease
            && (0..LEASE_MS / 2).contains(&now.millis_since(lease.since))
        {
            return Ok(Some(lease));
        }
        let until = now.plus_millis(LEASE_MS);
        let Some(place) = self.feed.claim(&self.name, self.holder, now, until).await? else {
            return Ok(None);
        };
        // Nobody else holds an order or lets one go from here on.
        let held = self.feed.held(&self.name).await?.into_iter().collect();
        Ok(Some(Lease { since: now, place, held }))
    }

    /// Only ever set as a whole, so a poisoned lock says nothing.
    fn lease(&self) -> MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
