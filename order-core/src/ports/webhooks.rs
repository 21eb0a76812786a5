//! Who sends to the endpoints of subscriptions.

use std::{borrow::Cow, fmt::Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::feed::Positioned;
use crate::{EndpointUrl, ErrorKind, Label, SubscriptionId, Timestamp, webhook::SigningSecret};

/// Why an endpoint or a secret is not one to send with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Nothing is sent to this address.
    #[error("the address {0}")]
    Url(&'static str),
    /// Nothing can be signed with this secret.
    #[error("the secret is not whsec_ and base64 of 24 to 64 bytes")]
    Secret,
    /// The machine gives no random numbers for a secret.
    #[error("no secret can be made")]
    NoSecret,
}

impl EndpointError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "webhook.url_invalid",
            Self::Secret => "webhook.secret_invalid",
            Self::NoSecret => "webhook.no_secret",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Url(_) | Self::Secret => ErrorKind::Invalid,
            Self::NoSecret => ErrorKind::Unavailable,
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookMessage {
    /// Something that happened to an order.
    Event(Box<Positioned>),
    /// A trial, which says nothing of any order.
    Trial {
        /// Names it.
        id: Label,
        /// Whose endpoint is tried.
        subscription_id: SubscriptionId,
    },
}

/// One request to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookCall {
    /// Where it goes.
    pub url: EndpointUrl,
    /// What it is signed with: each signs.
    pub secrets: Vec<SigningSecret>,
    /// What it says.
    pub message: WebhookMessage,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookOutcome {
    /// The endpoint has it.
    Delivered,
    /// It does not, or did not say so.
    Failed {
        /// Why, as a stable code such as `webhook.timed_out`.
        code: Cow<'static, str>,
        /// How long it asks to wait, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The endpoint is no more.
    Gone,
}

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookReply {
    /// When the request began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The status that it answered with, if it answered.
    pub status: Option<u16>,
    /// What came of it.
    pub outcome: WebhookOutcome,
}

impl WebhookReply {
    /// Why it failed, as a stable code; none if the endpoint took it.
    pub fn code(&self) -> Option<Label> {
        match &self.outcome {
            WebhookOutcome::Delivered => None,
            WebhookOutcome::Failed { code, .. } => Label::try_from(code.as_ref()).ok(),
            WebhookOutcome::Gone => Some(Label::fixed("webhook.gone")),
        }
    }
}

/// Who sends to endpoints.
///
/// 1. Every request ends in time.
/// 2. Where an address leads is looked at for every request, whatever was found before.
/// 3. Neither secrets nor what is sent are in errors or debug output.
#[async_trait]
pub trait WebhookSender: Debug + Send + Sync {
    /// Whether something is sent to this address, as far as its form tells.
    ///
    /// # Errors
    /// [`EndpointError::Url`].
    fn check_url(&self, url: &EndpointUrl) -> Result<(), EndpointError>;

    /// Whether something can be signed with this secret.
    ///
    /// # Errors
    /// [`EndpointError::Secret`].
    fn check_secret(&self, secret: &SigningSecret) -> Result<(), EndpointError>;

    /// A new secret that nobody can guess.
    ///
    /// # Errors
    /// [`EndpointError::NoSecret`].
    fn new_secret(&self) -> Result<SigningSecret, EndpointError>;

    /// Sends all of these at once and gives what came of each, in the same order.
    async fn send(&self, calls: Vec<WebhookCall>) -> Vec<WebhookReply>;
}
