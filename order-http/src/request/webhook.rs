//! Webhooks.

use std::fmt;

use order_core::{
    EndpointUrl, NewSubscription, Rotation, SubscriptionChange, Timestamp,
    webhook::{EventFilter, SigningSecret},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Read;
use crate::extract::{Fields, Value};

const EVENTS: &[&str] = &["events"];
const SECRET: &[&str] = &["secret"];

/// A webhook to make.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRequest {
    /// Where the events go: an https address that leads to the public internet.
    #[schema(example = "https://example.com/hooks/orders")]
    pub url: String,
    /// Which events: names, families such as `order.*`, or `*`; all of them if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What requests are signed with: `whsec_` and base64 of 24 to 64 bytes. A new one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl fmt::Debug for WebhookRequest {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest").field("events", &self.events).finish_non_exhaustive()
    }
}

impl Read for NewSubscription {
    type Doc = WebhookRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let url = fields.required(&["url"]).and_then(|value| value.typed::<EndpointUrl>());
        let events = read_events(fields).unwrap_or_default();
        let (description, secret) = (fields.typed(&["description"]), read_secret(fields));
        Some(Self { url: url?, events, description, secret })
    }
}

/// A change of a webhook; parts left out stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookChangeRequest {
    /// Where the events go instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Which events instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// What it is for instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `active` or `disabled`. One that becomes active goes on with what was pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "active")]
    pub state: Option<String>,
}

impl Read for SubscriptionChange {
    type Doc = WebhookChangeRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let enabled = |word: &str| match word {
            "active" => Some(true),
            "disabled" => Some(false),
            _ => None,
        };
        let state = fields.get(&["state"]);
        let detail = "a webhook is active or disabled";
        Some(Self {
            url: fields.typed(&["url"]),
            events: read_events(fields),
            description: fields.typed(&["description"]),
            enabled: state.and_then(|it| it.word(enabled, "webhook.state_unknown", detail)),
        })
    }
}

/// A new secret for a webhook.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RotationRequest {
    /// The new secret: `whsec_` and base64 of 24 to 64 bytes. One is made if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// For how many seconds requests are also signed with the old one: up to 604800, a week; 86400, a
    /// day, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<i64>,
}

impl fmt::Debug for RotationRequest {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RotationRequest");
        shown.field("overlap_seconds", &self.overlap_seconds).finish_non_exhaustive()
    }
}

impl Read for Rotation {
    type Doc = RotationRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let overlap = fields.get(&["overlapSeconds"]).and_then(|value| value.integer());
        let overlap_ms = overlap.map(|seconds| seconds.saturating_mul(1_000));
        Some(Self { secret: read_secret(fields), overlap_ms })
    }
}

/// Which deliveries are sent once more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayRequest {
    /// Those that failed and were made from then on.
    #[schema(format = DateTime)]
    pub since: String,
}

/// From when on deliveries that failed are sent once more.
pub(crate) struct Since(pub(crate) Timestamp);

impl Read for Since {
    type Doc = ReplayRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let value = fields.required(&["since"])?;
        let detail = "this must be an RFC 3339 time";
        value.word(|text| text.parse().ok(), "time.invalid", detail).map(Self)
    }
}

fn read_events(fields: Fields<'_>) -> Option<Vec<EventFilter>> {
    let detail = "an event is named as order.placed, a family of them as order.*, all of them as *";
    let read =
        |value: &Value<'_>| value.word(|text| text.parse().ok(), "webhook.event_unknown", detail);
    fields.get(EVENTS)?.list(read)
}

fn read_secret(fields: Fields<'_>) -> Option<SigningSecret> {
    Some(SigningSecret::new(fields.get(SECRET)?.string()?))
}
