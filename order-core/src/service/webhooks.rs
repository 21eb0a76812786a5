//! The driving port for webhooks: what every way in speaks to.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{error::ServiceError, principal::Principal};
use crate::{
    EndpointUrl, Label, SubscriptionId,
    ports::{DeliveryPage, DeliveryQuery, Replay, WebhookReply},
    webhook::{EventFilter, SigningSecret, Subscription},
};

/// A subscription that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubscription {
    /// Where the events go.
    pub url: EndpointUrl,
    /// Which events; all of them if none is named.
    pub events: Vec<EventFilter>,
    /// What it is for.
    pub description: Option<Label>,
    /// What its requests are signed with; a new secret if none.
    pub secret: Option<SigningSecret>,
}

/// A change of a subscription; parts left out stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionChange {
    /// Where the events go instead.
    pub url: Option<EndpointUrl>,
    /// Which events instead; all of them if none is named.
    pub events: Option<Vec<EventFilter>>,
    /// What it is for instead.
    pub description: Option<Label>,
    /// Whether events are sent.
    pub enabled: Option<bool>,
}

/// A new secret for a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// The secret; a new one if none.
    pub secret: Option<SigningSecret>,
    /// For how long the old one counts beside it, in milliseconds; for
    /// [`OVERLAP_MS`](crate::webhook::OVERLAP_MS) if nothing is said.
    pub overlap_ms: Option<i64>,
}

/// The driving port for webhooks; [`WebhookService`](crate::WebhookService) implements it over the driven
/// ports, a client of a remote server can implement it too.
///
/// It is for administrators and services: for everybody else all of it is [`ServiceError::Forbidden`].
#[async_trait]
pub trait Webhooks: Debug + Send + Sync {
    /// Makes a subscription, which is given the events that happen from now on.
    ///
    /// # Errors
    /// `webhook.url_invalid`, `webhook.secret_invalid`, `webhook.too_many`, `webhook.too_many_filters`.
    async fn subscribe(
        &self,
        who: &Principal,
        new: NewSubscription,
    ) -> Result<Subscription, ServiceError>;

    /// All subscriptions, by id.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    async fn subscriptions(&self, who: &Principal) -> Result<Vec<Subscription>, ServiceError>;

    /// A subscription.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    async fn subscription(
        &self,
        who: &Principal,
        id: &SubscriptionId,
    ) -> Result<Subscription, ServiceError>;

    /// Changes a subscription. One that is enabled goes on with what was pending.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::Stale`] against `expected_version`, and as for
    /// [`subscribe`](Self::subscribe).
    async fn change_subscription(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        change: SubscriptionChange,
        expected_version: Option<u64>,
    ) -> Result<Subscription, ServiceError>;

    /// Removes a subscription and its deliveries.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::Stale`] against `expected_version`.
    async fn unsubscribe(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError>;

    /// Replaces the secret of a subscription. For a while requests are signed with both.
    ///
    /// # Errors
    /// As for [`change_subscription`](Self::change_subscription); `webhook.overlap_out_of_range`.
    async fn rotate_secret(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        rotation: Rotation,
        expected_version: Option<u64>,
    ) -> Result<Subscription, ServiceError>;

    /// Sends an event of the kind `webhook.test` now, also to a subscription that is disabled, and says
    /// what came of it. It is not in the log of deliveries and says nothing of how the endpoint is doing.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    async fn try_subscription(
        &self,
        who: &Principal,
        id: &SubscriptionId,
    ) -> Result<WebhookReply, ServiceError>;

    /// A page of the deliveries of a subscription, the newest first.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], `page.limit_out_of_range`.
    async fn deliveries(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        query: DeliveryQuery,
    ) -> Result<DeliveryPage, ServiceError>;

    /// Has deliveries of a subscription sent once more, and says how many: after
    /// [`REPLAY_MAX`](crate::webhook::REPLAY_MAX) there may be more.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], also of a delivery that is not there.
    async fn replay(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        replay: Replay,
    ) -> Result<u32, ServiceError>;
}
