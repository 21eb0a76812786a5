//! Webhooks: who wants which events, and what became of each.

use order_core::{
    EndpointUrl, Label, SubscriptionId, Timestamp,
    ports::WebhookReply,
    webhook::{Attempt, Delivery, DeliveryState, Subscription},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookBody {
    /// The id.
    #[schema(value_type = String)]
    pub id: SubscriptionId,
    /// Where the events go.
    #[schema(value_type = String, example = "https://example.com/hooks/orders")]
    pub url: EndpointUrl,
    /// Which events: names, families such as `order.*`, or `*` for all.
    pub events: Vec<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Label>,
    /// `active` or `disabled`. What happens while it is disabled is kept and sent when it is active
    /// again, for 30 days.
    #[schema(example = "active")]
    pub state: String,
    /// Since when it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub disabled_since: Option<Timestamp>,
    /// Why it is disabled, as a stable code: `webhook.by_hand`, `webhook.failing`, `webhook.gone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub disabled_reason: Option<Label>,
    /// Since when the endpoint has done nothing but fail. After five days it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// Until when requests are also signed with the secret that was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub old_secret_until: Option<Timestamp>,
    /// What requests are signed with, as in Standard Webhooks. Only in the answer to the request that
    /// made it; it is never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// How often it was written; also the `ETag`.
    pub version: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last written.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for WebhookBody {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("WebhookBody");
        shown.field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl WebhookBody {
    /// A webhook without its secret.
    pub fn new(subscription: Subscription) -> Self {
        let disabled = subscription.disabled;
        let state = if disabled.is_some() { "disabled" } else { "active" };
        Self {
            id: subscription.id,
            url: subscription.url,
            events: subscription.events.iter().map(ToString::to_string).collect(),
            description: subscription.description,
            state: state.to_owned(),
            disabled_since: disabled.as_ref().map(|disabled| disabled.since),
            disabled_reason: disabled.map(|disabled| disabled.reason),
            failing_since: subscription.failing_since,
            old_secret_until: subscription.secrets.previous.map(|previous| previous.until),
            secret: None,
            version: subscription.version,
            created_at: subscription.created_at,
            updated_at: subscription.updated_at,
        }
    }

    /// A webhook with its newest secret, for whoever had it made.
    pub fn with_secret(subscription: Subscription) -> Self {
        let secret = Some(subscription.secrets.current.expose().to_owned());
        Self { secret, ..Self::new(subscription) }
    }
}

/// All webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookListBody {
    /// By id.
    pub webhooks: Vec<WebhookBody>,
}

/// One attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttemptBody {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The status that the endpoint answered with, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it failed, as a stable code such as `webhook.timed_out`; absent if the endpoint took the
    /// event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub code: Option<Label>,
}

impl From<Attempt> for AttemptBody {
    fn from(attempt: Attempt) -> Self {
        let Attempt { at, duration_ms, status, code } = attempt;
        Self { at, duration_ms, status, code }
    }
}

impl From<WebhookReply> for AttemptBody {
    fn from(reply: WebhookReply) -> Self {
        let code = reply.code();
        Self { at: reply.at, duration_ms: reply.duration_ms, status: reply.status, code }
    }
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryBody {
    /// The id, within the webhook: the event's place among all events.
    pub id: u64,
    /// The event's id, which is also `webhook-id` of its requests.
    pub event_id: String,
    /// The event's name.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "order.placed")]
    pub kind: Label,
    /// The order that it is about.
    pub order_id: String,
    /// `pending`, `delivered` or `failed`.
    #[schema(value_type = String, example = "pending")]
    pub state: DeliveryState,
    /// How often it was tried since it was made or replayed.
    pub tries: u32,
    /// When it is tried next; absent if it is not, or waits for the event of its order before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// The last attempts, the newest last.
    pub attempts: Vec<AttemptBody>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.position,
            event_id: delivery.event_id.to_string(),
            kind: delivery.kind,
            order_id: delivery.event_id.order_id.to_string(),
            state: delivery.state,
            tries: delivery.tries,
            next_at: delivery.next_at,
            attempts: delivery.attempts.into_iter().map(Into::into).collect(),
            created_at: delivery.created_at,
        }
    }
}

/// A page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryListBody {
    /// The newest first.
    pub deliveries: Vec<DeliveryBody>,
    /// The most deliveries on a page.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// The `cursor` of the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// How many deliveries are sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayedBody {
    /// So many. After 10,000 there may be more: ask again.
    pub replayed: u32,
}
