//! Webhooks as GraphQL shows them.

use std::fmt;

use async_graphql::{ID, InputObject, SimpleObject};
use serde::Serialize;

use super::{
    part::{of_text, text},
    scalar::{DateTime, Long},
    word::{DeliveryState, WebhookState},
};
use crate::body::{AttemptBody, DeliveryBody, WebhookBody};

/// A webhook: an address that events are delivered to.
#[derive(SimpleObject)]
pub(super) struct Webhook {
    /// Names the webhook.
    id: ID,
    /// Where the events go.
    url: String,
    /// Which events: names, families such as `order.*`, or `*` for all.
    events: Vec<String>,
    /// What it is for.
    description: Option<String>,
    /// Whether events are delivered.
    state: WebhookState,
    /// Since when it is disabled.
    disabled_since: Option<DateTime>,
    /// Why it is disabled, as a stable code: `webhook.by_hand`, `webhook.failing`, `webhook.gone`.
    disabled_reason: Option<String>,
    /// Since when the endpoint has done nothing but fail. After five days it is disabled.
    failing_since: Option<DateTime>,
    /// Until when requests are also signed with the secret that was replaced.
    old_secret_until: Option<DateTime>,
    /// What requests are signed with, as in Standard Webhooks. Only in the answer to the mutation that
    /// made it; it is never shown again.
    secret: Option<String>,
    /// How often it was written: the `expectedVersion` of the next change.
    version: u64,
    /// When it was made.
    created_at: DateTime,
    /// When it was last written.
    updated_at: DateTime,
}

impl fmt::Debug for Webhook {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Webhook");
        shown.field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl From<WebhookBody> for Webhook {
    fn from(webhook: WebhookBody) -> Self {
        let is_disabled = webhook.disabled_since.is_some();
        Self {
            id: of_text(&webhook.id),
            url: webhook.url.to_string(),
            events: webhook.events,
            description: text(webhook.description.as_ref()),
            state: if is_disabled { WebhookState::Disabled } else { WebhookState::Active },
            disabled_since: webhook.disabled_since.map(Into::into),
            disabled_reason: text(webhook.disabled_reason.as_ref()),
            failing_since: webhook.failing_since.map(Into::into),
            old_secret_until: webhook.old_secret_until.map(Into::into),
            secret: webhook.secret,
            version: webhook.version,
            created_at: webhook.created_at.into(),
            updated_at: webhook.updated_at.into(),
        }
    }
}

/// One attempt to deliver an event.
#[derive(Debug, SimpleObject)]
pub(super) struct DeliveryAttempt {
    /// When it began.
    at: DateTime,
    /// How long it took, in milliseconds.
    duration_ms: Long,
    /// The status that the endpoint answered with, if it answered.
    status: Option<u16>,
    /// Why it failed, as a stable code such as `webhook.timed_out`; null if the endpoint took the event.
    code: Option<String>,
}

impl From<AttemptBody> for DeliveryAttempt {
    fn from(AttemptBody { at, duration_ms, status, code }: AttemptBody) -> Self {
        let code = text(code.as_ref());
        Self { at: at.into(), duration_ms: duration_ms.into(), status, code }
    }
}

/// An event on its way to a webhook.
#[derive(Debug, SimpleObject)]
pub(super) struct WebhookDelivery {
    /// Names it within the webhook: the event's place among all events.
    id: ID,
    /// The event's id, which is also `webhook-id` of its requests.
    event_id: ID,
    /// The event's name, such as `order.placed`.
    #[graphql(name = "type")]
    kind: String,
    /// The order that it is about.
    order_id: ID,
    /// What became of it.
    state: DeliveryState,
    /// How often it was tried since it was made or replayed.
    tries: u32,
    /// When it is tried next; null if it is not, or waits for the event of its order before it.
    next_at: Option<DateTime>,
    /// The last attempts, the newest last.
    attempts: Vec<DeliveryAttempt>,
    /// When it was made.
    created_at: DateTime,
}

impl From<DeliveryBody> for WebhookDelivery {
    fn from(delivery: DeliveryBody) -> Self {
        Self {
            id: of_text(&delivery.id),
            event_id: ID(delivery.event_id),
            kind: delivery.kind.to_string(),
            order_id: ID(delivery.order_id),
            state: delivery.state.into(),
            tries: delivery.tries,
            next_at: delivery.next_at.map(Into::into),
            attempts: delivery.attempts.into_iter().map(Into::into).collect(),
            created_at: delivery.created_at.into(),
        }
    }
}

/// A webhook to make.
#[derive(Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookInput {
    /// Where the events go: an https address that leads to the public internet.
    url: String,
    /// Which events: names, families such as `order.*`, or `*`; all of them if absent.
    events: Option<Vec<String>>,
    /// What it is for.
    description: Option<String>,
    /// What requests are signed with: `whsec_` and base64 of 24 to 64 bytes. A new one if absent.
    secret: Option<String>,
}

impl fmt::Debug for WebhookInput {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookInput").field("events", &self.events).finish_non_exhaustive()
    }
}

/// A change of a webhook: parts left out stay as they are.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateWebhookInput {
    /// Where the events go instead.
    url: Option<String>,
    /// Which events instead.
    events: Option<Vec<String>>,
    /// What it is for instead.
    description: Option<String>,
    /// Whether events are delivered from now on. One that becomes active goes on with what was pending.
    state: Option<WebhookState>,
}

/// A new secret for a webhook.
#[derive(Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct RotationInput {
    /// The new secret: `whsec_` and base64 of 24 to 64 bytes. One is made if absent.
    secret: Option<String>,
    /// For how many seconds requests are also signed with the old one: up to 604800, a week; 86400, a day,
    /// if absent.
    overlap_seconds: Option<Long>,
}

impl fmt::Debug for RotationInput {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RotationInput");
        shown.field("overlap_seconds", &self.overlap_seconds).finish_non_exhaustive()
    }
}
