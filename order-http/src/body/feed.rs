//! The feed: what happened to every order, in one line.

use order_core::{FeedEvent, FeedPage, OrderId, OrderNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::history::EventBody;

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedBody {
    /// The events, by position.
    pub events: Vec<FeedEventBody>,
    /// The last position that was looked at: the `after` to go on with, also where no event was fit. If
    /// it is the one that was given there was nothing more.
    pub next: u64,
}

impl From<FeedPage> for FeedBody {
    fn from(page: FeedPage) -> Self {
        let FeedPage { events, next } = page;
        Self { events: events.into_iter().map(FeedEventBody::from).collect(), next }
    }
}

/// An event of the feed: as in the history of its order, with its place among all events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeedEventBody {
    /// Its place among all events, from 1: the id of the event in a stream.
    pub position: u64,
    /// Whose event it is.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// What people call the order now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order_number: Option<OrderNumber>,
    /// The event.
    #[serde(flatten)]
    pub event: EventBody,
}

impl From<FeedEvent> for FeedEventBody {
    fn from(event: FeedEvent) -> Self {
        let FeedEvent { position, number, recorded } = event;
        let order_id = recorded.id.order_id.clone();
        Self { position, order_id, order_number: number, event: recorded.into() }
    }
}
