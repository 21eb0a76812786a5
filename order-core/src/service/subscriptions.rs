//! Use cases on webhooks.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{
    ATTEMPTS_MAX,
    acts::Recorder,
    error::ServiceError,
    execute::check_version,
    place::check_page,
    principal::{Principal, Role},
    webhooks::{NewSubscription, Rotation, SubscriptionChange, Webhooks},
};
use crate::{
    Label, SubscriptionId, Timestamp,
    ports::{
        Act, AuditLog, Clock, DeliveryPage, DeliveryQuery, IdSource, Replay, StoreError,
        Subscriptions, WebhookCall, WebhookMessage, WebhookReply, WebhookSender,
    },
    webhook::{
        Disabled, EventFilter, FILTERS_MAX, OVERLAP_MAX_MS, OVERLAP_MS, SUBSCRIPTIONS_MAX,
        SigningSecret, SigningSecrets, Subscription,
    },
};

const GONE: ServiceError = ServiceError::NotFound { what: "webhook" };

/// The use cases on webhooks over a store. Cheap to clone.
#[derive(Clone)]
pub struct WebhookService {
    store: Arc<dyn Subscriptions>,
    sender: Arc<dyn WebhookSender>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    acts: Recorder,
}

impl fmt::Debug for WebhookService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookService").field("store", &self.store).finish_non_exhaustive()
    }
}

impl WebhookService {
    /// The use cases over subscriptions, with who sends to them.
    pub fn new(
        store: impl Subscriptions + 'static,
        sender: Arc<dyn WebhookSender>,
        clock: impl Clock + 'static,
        ids: impl IdSource + 'static,
    ) -> Self {
        let (store, clock, ids) = (Arc::new(store), Arc::new(clock), Arc::new(ids));
        Self { store, sender, clock, ids, acts: Recorder::default() }
    }

    /// The same with a log of administrative acts.
    #[must_use]
    pub fn with_audit_log(mut self, log: Arc<dyn AuditLog>) -> Self {
        self.acts = Recorder::new(log);
        self
    }

    async fn note<T>(
        &self,
        who: &Principal,
        act: Act,
        id: &str,
        done: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        self.acts.note(&*self.clock, who, (act, Some(id), 1), done).await
    }

    async fn present(
        &self,
        id: &SubscriptionId,
        expected: Option<u64>,
    ) -> Result<Subscription, ServiceError> {
        let subscription = self.store.subscription(id).await?.ok_or(GONE)?;
        check_version(expected, subscription.version)?;
        Ok(subscription)
    }

    /// Writes a subscription as a change makes it, however often others write it meanwhile.
    async fn rewrite(
        &self,
        id: &SubscriptionId,
        expected: Option<u64>,
        change: impl Fn(Subscription, Timestamp) -> Subscription + Send + Sync,
    ) -> Result<Subscription, ServiceError> {
        for _ in 0..ATTEMPTS_MAX {
            let present = self.present(id, expected).await?;
            let now = self.clock.now();
            let version = present.version + 1;
            let changed = Subscription { version, updated_at: now, ..change(present, now) };
            match self.store.put_subscription(&changed).await {
                // How the endpoint is doing is not ours to say.
                Ok(()) => return Ok(self.store.subscription(id).await?.unwrap_or(changed)),
                Err(StoreError::SubscriptionConflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::SubscriptionConflict.into())
    }

    /// The secret that was given, or a new one.
    fn secret(&self, given: Option<SigningSecret>) -> Result<SigningSecret, ServiceError> {
        match given {
            Some(secret) => {
                self.sender.check_secret(&secret)?;
                Ok(secret)
            }
            None => Ok(self.sender.new_secret()?),
        }
    }
}

impl Principal {
    fn check_webhooks(&self) -> Result<(), ServiceError> {
        match self.role {
            Role::Service | Role::Admin => Ok(()),
            Role::Customer(_) | Role::Staff => {
                Err(ServiceError::Forbidden { what: "manage webhooks" })
            }
        }
    }
}

/// The filters to keep: each once, and all events if there is none.
fn filters(given: &[EventFilter]) -> Result<Vec<EventFilter>, ServiceError> {
    if given.len() > FILTERS_MAX {
        let detail = format!("a subscription has at most {FILTERS_MAX} filters");
        return Err(ServiceError::invalid("/events", "webhook.too_many_filters", detail));
    }
    let mut filters = Vec::new();
    for filter in given {
        if !filters.contains(filter) {
            filters.push(*filter);
        }
    }
    Ok(if filters.is_empty() { vec![EventFilter::All] } else { filters })
}

impl WebhookService {
    async fn add(
        &self,
        who: &Principal,
        new: NewSubscription,
    ) -> Result<Subscription, ServiceError> {
        who.check_webhooks()?;
        self.sender.check_url(&new.url)?;
        let events = filters(&new.events)?;
        let secrets = SigningSecrets::only(self.secret(new.secret)?);
        if self.store.subscriptions().await?.len() >= SUBSCRIPTIONS_MAX {
            let detail = format!("there are {SUBSCRIPTIONS_MAX} webhooks, which is the most");
            return Err(ServiceError::invalid("", "webhook.too_many", detail));
        }
        let now = self.clock.now();
        let subscription = Subscription {
            id: SubscriptionId::of_uuid(self.ids.next_id()),
            url: new.url,
            events,
            description: new.description,
            secrets,
            disabled: None,
            failing_since: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.store.put_subscription(&subscription).await?;
        Ok(subscription)
    }

    async fn change(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        change: SubscriptionChange,
        expected_version: Option<u64>,
    ) -> Result<Subscription, ServiceError> {
        who.check_webhooks()?;
        if let Some(url) = &change.url {
            self.sender.check_url(url)?;
        }
        let events = change.events.as_deref().map(filters).transpose()?;
        let changed = |present: Subscription, now| Subscription {
            url: change.url.clone().unwrap_or(present.url),
            events: events.clone().unwrap_or(present.events),
            description: change.description.clone().or(present.description),
            disabled: match change.enabled {
                Some(true) => None,
                Some(false) => present.disabled.or_else(|| {
                    Some(Disabled { since: now, reason: Label::fixed("webhook.by_hand") })
                }),
                None => present.disabled,
            },
            ..present
        };
        self.rewrite(id, expected_version, changed).await
    }

    async fn remove(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError> {
        who.check_webhooks()?;
        for _ in 0..ATTEMPTS_MAX {
            let present = self.present(id, expected_version).await?;
            match self.store.remove_subscription(id, present.version).await {
                Ok(()) => return Ok(()),
                Err(StoreError::SubscriptionConflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::SubscriptionConflict.into())
    }

    async fn rotate(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        rotation: Rotation,
        expected_version: Option<u64>,
    ) -> Result<Subscription, ServiceError> {
        who.check_webhooks()?;
        let overlap = rotation.overlap_ms.unwrap_or(OVERLAP_MS);
        if !(0..=OVERLAP_MAX_MS).contains(&overlap) {
            let detail = "the old secret counts for at most a week beside the new one";
            let code = "webhook.overlap_out_of_range";
            return Err(ServiceError::invalid("/overlapSeconds", code, detail));
        }
        let secret = self.secret(rotation.secret)?;
        let changed = |present: Subscription, now: Timestamp| {
            let secrets = present.secrets.replaced(secret.clone(), now.plus_millis(overlap));
            Subscription { secrets, ..present }
        };
        self.rewrite(id, expected_version, changed).await
    }

    async fn send_again(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        replay: Replay,
    ) -> Result<u32, ServiceError> {
        who.check_webhooks()?;
        self.present(id, None).await?;
        let replayed = self.store.replay_deliveries(id, replay, self.clock.now()).await?;
        match replay {
            Replay::One(_) if replayed == 0 => Err(ServiceError::NotFound { what: "delivery" }),
            Replay::One(_) | Replay::Failed(_) => Ok(replayed),
        }
    }
}

#[async_trait]
impl Webhooks for WebhookService {
    async fn subscribe(
        &self,
        who: &Principal,
        new: NewSubscription,
    ) -> Result<Subscription, ServiceError> {
        let done = self.add(who, new).await;
        let id = done.as_ref().map_or("", |made| made.id.as_str()).to_owned();
        self.note(who, Act::WebhookCreated, &id, done).await
    }

    async fn subscriptions(&self, who: &Principal) -> Result<Vec<Subscription>, ServiceError> {
        who.check_webhooks()?;
        Ok(self.store.subscriptions().await?)
    }

    async fn subscription(
        &self,
        who: &Principal,
        id: &SubscriptionId,
    ) -> Result<Subscription, ServiceError> {
        who.check_webhooks()?;
        self.present(id, None).await
    }

    async fn change_subscription(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        change: SubscriptionChange,
        expected_version: Option<u64>,
    ) -> Result<Subscription, ServiceError> {
        let done = self.change(who, id, change, expected_version).await;
        self.note(who, Act::WebhookChanged, id.as_str(), done).await
    }

    async fn unsubscribe(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError> {
        let done = self.remove(who, id, expected_version).await;
        self.note(who, Act::WebhookRemoved, id.as_str(), done).await
    }

    async fn rotate_secret(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        rotation: Rotation,
        expected_version: Option<u64>,
    ) -> Result<Subscription, ServiceError> {
        let done = self.rotate(who, id, rotation, expected_version).await;
        self.note(who, Act::WebhookRotated, id.as_str(), done).await
    }

    async fn try_subscription(
        &self,
        who: &Principal,
        id: &SubscriptionId,
    ) -> Result<WebhookReply, ServiceError> {
        who.check_webhooks()?;
        let subscription = self.present(id, None).await?;
        let message = WebhookMessage::Trial {
            id: Label::of_uuid(self.ids.next_id()),
            subscription_id: subscription.id,
        };
        let secrets = subscription.secrets.at(self.clock.now());
        let call = WebhookCall { url: subscription.url, secrets, message };
        self.sender.send(vec![call]).await.pop().ok_or(GONE)
    }

    async fn deliveries(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        query: DeliveryQuery,
    ) -> Result<DeliveryPage, ServiceError> {
        who.check_webhooks()?;
        check_page(query.limit, 0)?;
        self.present(id, None).await?;
        Ok(self.store.deliveries(id, &query).await?)
    }

    async fn replay(
        &self,
        who: &Principal,
        id: &SubscriptionId,
        replay: Replay,
    ) -> Result<u32, ServiceError> {
        let done = self.send_again(who, id, replay).await;
        self.note(who, Act::WebhookReplayed, id.as_str(), done).await
    }
}
