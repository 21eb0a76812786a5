//! How relays are doing, and the orders that they hold.

use order_core::{
    Label, OrderId, OutboxPage, Timestamp,
    ports::{HeldStream, RelayStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How relays are doing, and orders that they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutboxBody {
    /// Every relay there ever was, by name.
    pub relays: Vec<RelayBody>,
    /// Orders that they hold, by relay and order.
    pub held: Vec<HeldBody>,
    /// The last order of a full page: `after` of the next one, with its `relay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next: Option<OrderId>,
}

impl OutboxBody {
    /// A page of so many, as it was at a time.
    pub(crate) fn new(page: OutboxPage, limit: u32, now: Timestamp) -> Self {
        let last = page.held.last().filter(|_| page.held.len() == limit as usize);
        let next = last.map(|held| held.hold.order_id.clone());
        let relays = page.relays.into_iter().map(|status| RelayBody::new(status, now)).collect();
        Self { relays, held: page.held.into_iter().map(Into::into).collect(), next }
    }
}

/// How a relay is doing: what brings every event to one receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelayBody {
    /// Which relay.
    #[schema(value_type = String, example = "rabbitmq")]
    pub name: Label,
    /// The last position in the feed that it has passed.
    pub position: u64,
    /// The last position there is.
    pub head: u64,
    /// How many events are not published.
    pub backlog: u64,
    /// When the oldest of them happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_at: Option<Timestamp>,
    /// How long ago that was, in whole seconds; 0 if there is none.
    pub lag_seconds: u64,
    /// How many orders it holds.
    pub held: u64,
    /// How many of them are parked: they wait for somebody.
    pub parked: u64,
}

impl RelayBody {
    fn new(status: RelayStatus, now: Timestamp) -> Self {
        let RelayStatus { name, position, head, backlog, oldest, held, parked } = status;
        let lag = oldest.map_or(0, |oldest| now.millis_since(oldest) / 1_000);
        let lag_seconds = u64::try_from(lag).unwrap_or_default();
        Self { name, position, head, backlog, oldest_at: oldest, lag_seconds, held, parked }
    }
}

/// An order whose next event was refused by a receiver, and whose later events wait behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldBody {
    /// Which relay holds it.
    #[schema(value_type = String, example = "rabbitmq")]
    pub relay: Label,
    /// Which order.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// The position of the first event that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The id of that event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "o-17.1.0")]
    pub event_id: Option<String>,
    /// How many events wait.
    pub events: u64,
    /// How often the first one has been refused.
    pub tries: u32,
    /// When it is tried again; absent if the order is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// Whether it waits for somebody: to be tried again, or the event to be given up.
    pub parked: bool,
    /// Why it was refused, as a stable code.
    #[schema(value_type = String, example = "publisher.unroutable")]
    pub code: Label,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

impl From<HeldStream> for HeldBody {
    fn from(stream: HeldStream) -> Self {
        let HeldStream { relay, hold, first, events } = stream;
        Self {
            relay,
            order_id: hold.order_id,
            position: first.as_ref().map(|first| first.position),
            event_id: first.map(|first| first.id.to_string()),
            events,
            tries: hold.tries,
            next_at: hold.next_at,
            parked: hold.next_at.is_none(),
            code: hold.code,
            since: hold.since,
        }
    }
}

/// What was done about held orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SteeredBody {
    /// How many orders are tried again now.
    pub orders: u64,
}
