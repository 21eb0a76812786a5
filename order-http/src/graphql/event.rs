//! What happened, as GraphQL shows it.

use async_graphql::{ID, Json, SimpleObject};
use serde_json::Value;

use super::{
    part::of_text,
    scalar::{DateTime, Long},
};
use crate::body::{EventBody, FeedEventBody};

/// One event of an order.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderEvent {
    /// Names the event for ever.
    id: ID,
    /// Its place among all events, from 1; null where it was not read from the feed.
    position: Option<Long>,
    /// Whose event it is.
    order_id: ID,
    /// The order's version that the event belongs to.
    version: u64,
    /// When it happened.
    occurred_at: DateTime,
    /// Who did it.
    actor: String,
    /// The event's name, such as `order.placed`.
    #[graphql(name = "type")]
    kind: &'static str,
    /// What the event says.
    data: Json<Value>,
}

impl OrderEvent {
    /// An event of an order.
    pub(super) fn new(order_id: &impl ToString, event: EventBody) -> Self {
        // Plain data with text keys is always JSON.
        let mut said = serde_json::to_value(&event.event).unwrap_or_default();
        Self {
            id: ID(event.id),
            position: None,
            order_id: of_text(order_id),
            version: event.version,
            occurred_at: event.occurred_at.into(),
            actor: event.actor.to_string(),
            kind: event.event.name(),
            data: Json(said["data"].take()),
        }
    }
}

impl From<FeedEventBody> for OrderEvent {
    fn from(body: FeedEventBody) -> Self {
        let FeedEventBody { position, order_id, event, .. } = body;
        Self { position: Some(position.into()), ..Self::new(&order_id, event) }
    }
}

/// A page of the feed.
#[derive(Debug, SimpleObject)]
pub(super) struct EventPage {
    /// The events, by position.
    pub(super) events: Vec<OrderEvent>,
    /// The last position that was looked at: the `after` to go on with, also where no event was fit.
    pub(super) next: Long,
}
