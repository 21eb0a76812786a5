//! Sends what is due, and keeps what came of it.

use std::{fmt, sync::Arc};

use super::{
    BATCH_MAX, DISABLE_AFTER_MS, KEEP_MS, LEASE_MS, PATIENCE_MS, PRUNE_MAX,
    delivery::{Attempt, Delivery, DeliveryState},
    retry::{pause_ms, rest_ms},
    subscription::Subscription,
};
use crate::{
    Label, Timestamp,
    ports::{
        Clock, DeliverySettlement, DueDeliveries, Health, IdSource, Settled, StoreError,
        Subscriptions, WebhookCall, WebhookMessage, WebhookOutcome, WebhookReply, WebhookSender,
    },
};

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Whether there was a subscription to deliver for. There may be more at once.
    pub found: bool,
    /// How many deliveries arrived.
    pub delivered: u32,
    /// How many did not, and are tried again.
    pub retried: u32,
    /// How many did not, and are not tried again by themselves.
    pub failed: u32,
    /// Whether the endpoint was disabled.
    pub disabled: bool,
    /// Whether somebody else took over meanwhile: then all of these are sent again.
    pub overtaken: bool,
}

/// Delivers what is due. Any number of deliverers may work on one store: a subscription is served by one
/// of them at a time, and if that one dies, by another some time later. The host owns the loop, the pause
/// and the end; dropping a step half-way does no harm but that its events are sent once more.
///
/// - A delivery is tried for three days ([`pause_ms`]), longer if the endpoint asks for it with
///   `Retry-After`; then it has failed, and the next event of its order has its turn.
/// - An endpoint that fails is left alone for a while as a whole ([`rest_ms`]) and then given one event,
///   until it takes one.
/// - One that has done nothing but fail for five days ([`DISABLE_AFTER_MS`]), or says that it is gone
///   (410), is disabled. What is pending stays so and goes on when it is enabled.
#[derive(Clone)]
pub struct Deliverer {
    store: Arc<dyn Subscriptions>,
    sender: Arc<dyn WebhookSender>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for Deliverer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliverer").field("sender", &self.sender).finish_non_exhaustive()
    }
}

impl Deliverer {
    /// A deliverer of what is due in a store. The ids are only a source of chance.
    pub fn new(
        store: Arc<dyn Subscriptions>,
        sender: Arc<dyn WebhookSender>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { store, sender, clock, ids }
    }

    /// Delivers what is due of one subscription, at most [`BATCH_MAX`] events.
    ///
    /// # Errors
    /// [`StoreError`]. What was not settled is sent again by a later step.
    pub async fn step(&self) -> Result<Delivered, StoreError> {
        let now = self.clock.now();
        let claimed =
            self.store.claim_deliveries(now, now.plus_millis(LEASE_MS), BATCH_MAX).await?;
        let Some(due) = claimed else {
            return Ok(Delivered::default());
        };
        let secrets = due.subscription.secrets.at(now);
        let calls = due.deliveries.iter().map(|(_, event)| WebhookCall {
            url: due.subscription.url.clone(),
            secrets: secrets.clone(),
            message: WebhookMessage::Event(Box::new(event.clone())),
        });
        let replies = self.sender.send(calls.collect()).await;
        let settlement = self.judge(&due, &replies);
        let kept = self.store.settle_deliveries(&settlement).await?;
        Ok(Delivered { overtaken: !kept, ..told(&settlement) })
    }

    /// Forgets old deliveries, at most [`PRUNE_MAX`], and says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self) -> Result<u32, StoreError> {
        let now = self.clock.now();
        self.store.forget_deliveries(now.plus_millis(-KEEP_MS), now, PRUNE_MAX).await
    }

    /// What becomes of deliveries and of their endpoint.
    fn judge(&self, due: &DueDeliveries, replies: &[WebhookReply]) -> DeliverySettlement {
        let now = self.clock.now();
        let pairs = due.deliveries.iter().map(|(delivery, _)| delivery).zip(replies);
        let settled = pairs.map(|(delivery, reply)| self.fate(delivery, reply, now)).collect();
        let (health, rest_until) = health(&due.subscription, replies, now);
        DeliverySettlement {
            subscription_id: due.subscription.id.clone(),
            lease: due.lease,
            at: now,
            settled,
            health,
            rest_until,
        }
    }

    fn fate(&self, delivery: &Delivery, reply: &WebhookReply, now: Timestamp) -> Settled {
        let attempt = Attempt {
            at: reply.at,
            duration_ms: reply.duration_ms,
            status: reply.status,
            code: reply.code(),
        };
        let tries = delivery.tries.saturating_add(1);
        let first = delivery.first_tried_at().unwrap_or(reply.at);
        let (state, next_at) = match &reply.outcome {
            WebhookOutcome::Delivered => (DeliveryState::Delivered, None),
            // It waits until somebody enables its endpoint.
            WebhookOutcome::Gone => (DeliveryState::Pending, Some(now)),
            WebhookOutcome::Failed { retry_after_ms, .. } => {
                let pause = pause_ms(tries, self.chance(), *retry_after_ms)
                    .filter(|_| now.millis_since(first) < PATIENCE_MS)
                    .map(|pause| now.plus_millis(i64::try_from(pause).unwrap_or(PATIENCE_MS)));
                match pause {
                    Some(at) => (DeliveryState::Pending, Some(at)),
                    None => (DeliveryState::Failed, None),
                }
            }
        };
        let attempts = delivery.attempts_with(attempt);
        Settled { position: delivery.position, state, next_at, tries, attempts }
    }

    /// From 0 to 1, by chance.
    fn chance(&self) -> f64 {
        // The last bytes of an id are as good as any: its first ones are the time.
        let [.., high, low] = self.ids.next_id().into_bytes();
        f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX)
    }
}

/// How an endpoint is doing that answered so, and until when it is left alone.
fn health(
    subscription: &Subscription,
    replies: &[WebhookReply],
    now: Timestamp,
) -> (Health, Timestamp) {
    if replies.is_empty() {
        let health = subscription.failing_since.map_or(Health::Works, Health::Fails);
        return (health, now);
    }
    let outcomes = || replies.iter().map(|reply| &reply.outcome);
    if outcomes().any(|outcome| *outcome == WebhookOutcome::Gone) {
        return (Health::Disabled(Label::fixed("webhook.gone")), now);
    }
    let asked = outcomes().filter_map(|outcome| match outcome {
        WebhookOutcome::Failed { retry_after_ms, .. } => *retry_after_ms,
        WebhookOutcome::Delivered | WebhookOutcome::Gone => None,
    });
    let asked = asked.max();
    if outcomes().any(|outcome| *outcome == WebhookOutcome::Delivered) {
        let rest = asked.map_or(0, |asked| rest_ms(0, Some(asked)));
        return (Health::Works, now.plus_millis(rest));
    }
    let since = subscription.failing_since.unwrap_or(now);
    let failing_ms = now.millis_since(since);
    if failing_ms >= DISABLE_AFTER_MS {
        return (Health::Disabled(Label::fixed("webhook.failing")), now);
    }
    (Health::Fails(since), now.plus_millis(rest_ms(failing_ms, asked)))
}

/// What a settlement says, in numbers.
fn told(settlement: &DeliverySettlement) -> Delivered {
    let count = |state| {
        let of_it = settlement.settled.iter().filter(|settled| settled.state == state);
        u32::try_from(of_it.count()).unwrap_or(BATCH_MAX)
    };
    Delivered {
        found: true,
        delivered: count(DeliveryState::Delivered),
        retried: count(DeliveryState::Pending),
        failed: count(DeliveryState::Failed),
        disabled: matches!(settlement.health, Health::Disabled(_)),
        overtaken: false,
    }
}
