//! Brings events from the feed to a publisher.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use thiserror::Error;
use uuid::Uuid;

use crate::{
    ErrorKind, Label, Timestamp,
    ports::{Clock, EventFeed, EventPublisher, PublishError, StoreError},
};

/// The most events that one step moves.
pub const BATCH_MAX: u32 = 256;

/// How long a relay keeps others of its name from the same work, in milliseconds. A publisher should
/// answer within half of it; one that does not loses nothing, but another relay may publish the same
/// meanwhile.
pub const LEASE_MS: i64 = 30_000;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// So many events were published and passed. After [`BATCH_MAX`] there may be more at once.
    Moved(u32),
    /// Another relay of this name is at work.
    Elsewhere,
    /// Another relay of this name took over while this one published. Both published these events.
    Overtaken,
}

impl Step {
    /// How many events were published and passed.
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
    held: Mutex<Option<Held>>,
}

/// A lease, and where it was left.
#[derive(Debug, Clone, Copy)]
struct Held {
    since: Timestamp,
    place: u64,
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
        Self { feed, publisher, clock, name, holder, held: Mutex::default() }
    }

    /// Which relay it is.
    pub fn name(&self) -> &Label {
        &self.name
    }

    /// Moves the next events, at most [`BATCH_MAX`].
    ///
    /// # Errors
    /// [`RelayError::Publish`] if they may not all have arrived, [`RelayError::Store`]. The next step
    /// begins with the same events.
    pub async fn step(&self) -> Result<Step, RelayError> {
        self.feed.sequence().await?;
        let Some(held) = self.hold().await? else {
            return Ok(Step::Elsewhere);
        };
        let events = self.feed.after(held.place, BATCH_MAX).await?;
        let Some(last) = events.last() else {
            *self.held() = Some(held);
            return Ok(Step::Moved(0));
        };
        self.publisher.publish(&events).await?;
        let place = last.position;
        if !self.feed.advance(&self.name, self.holder, held.place, place).await? {
            return Ok(Step::Overtaken);
        }
        *self.held() = Some(Held { place, ..held });
        // No more than were asked for.
        Ok(Step::Moved(u32::try_from(events.len()).unwrap_or(BATCH_MAX)))
    }

    /// Gives the lease up, so that another relay of this name need not wait for its end. For a host
    /// that stops; a later step takes it again.
    ///
    /// # Errors
    /// [`RelayError::Store`]; then the lease ends by itself.
    pub async fn release(&self) -> Result<(), RelayError> {
        self.held().take();
        let now = self.clock.now();
        self.feed.claim(&self.name, self.holder, now, now).await?;
        Ok(())
    }

    /// The lease: the one at hand for the first half of its time, so that a relay without work writes
    /// nothing, else a new one.
    async fn hold(&self) -> Result<Option<Held>, StoreError> {
        let now = self.clock.now();
        let held = self.held().take();
        if let Some(held) = held
            && (0..LEASE_MS / 2).contains(&now.millis_since(held.since))
        {
            return Ok(Some(held));
        }
        let until = now.plus_millis(LEASE_MS);
        let place = self.feed.claim(&self.name, self.holder, now, until).await?;
        Ok(place.map(|place| Held { since: now, place }))
    }

    /// Only ever set as a whole, so a poisoned lock says nothing.
    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
