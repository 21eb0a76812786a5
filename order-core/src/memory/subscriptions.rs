//! Webhook subscriptions and their deliveries.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{InMemoryStore, tables::Tables};
use crate::{
    Label, OrderId, SubscriptionId, Timestamp,
    ports::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, DueDeliveries, Health, NewDelivery,
        Positioned, Replay, Settled, StoreError, Subscriptions,
    },
    webhook::{Delivery, DeliveryState, Disabled, REPLAY_MAX, Subscription},
};

/// A subscription, and when somebody may be given it.
pub(super) struct Subscribed {
    pub(super) subscription: Subscription,
    pub(super) next_at: Timestamp,
}

/// Whose line an event stands in: those of one order wait for each other.
type Line = (SubscriptionId, OrderId);

impl Tables {
    fn subscribed(
        &mut self,
        id: &SubscriptionId,
        version: u64,
    ) -> Result<&mut Subscribed, StoreError> {
        let found = self.subscriptions.get_mut(id);
        let found = found.filter(|found| found.subscription.version == version);
        found.ok_or(StoreError::SubscriptionConflict)
    }

    /// The deliveries of a subscription, by position.
    fn deliveries_of(&self, id: &SubscriptionId) -> impl DoubleEndedIterator<Item = &Delivery> {
        let all = (id.clone(), 0)..=(id.clone(), u64::MAX);
        self.deliveries.range(all).map(|(_, delivery)| delivery)
    }

    /// What is due of a subscription, the longest first.
    fn due_of(&self, id: &SubscriptionId, now: Timestamp) -> Vec<&Delivery> {
        let is_due = |delivery: &&Delivery| delivery.next_at.is_some_and(|at| at <= now);
        let mut due: Vec<_> = self.deliveries_of(id).filter(is_due).collect();
        due.sort_by_key(|delivery| (delivery.next_at, delivery.position));
        due
    }

    /// Lets the first pending event of each line be due, and no other.
    fn align(&mut self, lines: impl IntoIterator<Item = Line>, at: Timestamp) {
        for (id, order_id) in lines.into_iter().collect::<BTreeSet<_>>() {
            let all = (id.clone(), 0)..=(id, u64::MAX);
            let mut is_first = true;
            for (_, delivery) in self.deliveries.range_mut(all) {
                if delivery.state == DeliveryState::Pending
                    && delivery.event_id.order_id == order_id
                {
                    let due = delivery.next_at.or(Some(at));
                    delivery.next_at = due.filter(|_| is_first);
                    is_first = false;
                }
            }
        }
    }

    fn positioned(&self, delivery: &Delivery) -> Option<Positioned> {
        let events = &self.orders.get(&delivery.event_id.order_id)?.events;
        let recorded = events.iter().find(|recorded| recorded.id == delivery.event_id)?.clone();
        Some(Positioned { position: delivery.position, recorded })
    }

    fn settle(&mut self, id: &SubscriptionId, settled: &Settled) -> Option<Line> {
        let delivery = self.deliveries.get_mut(&(id.clone(), settled.position))?;
        if delivery.state != DeliveryState::Pending {
            return None;
        }
        delivery.state = settled.state;
        delivery.next_at = settled.next_at;
        delivery.tries = settled.tries;
        delivery.attempts.clone_from(&settled.attempts);
        Some((id.clone(), delivery.event_id.order_id.clone()))
    }
}

fn is_replayed(delivery: &Delivery, replay: Replay) -> bool {
    match replay {
        Replay::One(position) => delivery.position == position,
        Replay::Failed(since) => {
            delivery.state == DeliveryState::Failed && delivery.created_at >= since
        }
    }
}

#[async_trait]
impl Subscriptions for InMemoryStore {
    async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let tables = self.tables();
        Ok(tables.subscriptions.values().map(|found| found.subscription.clone()).collect())
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let tables = self.tables();
        Ok(tables.subscriptions.get(id).map(|found| found.subscription.clone()))
    }

    async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let (id, new) = (&subscription.id, subscription.clone());
        if subscription.version == 1 {
            if tables.subscriptions.contains_key(id) {
                return Err(StoreError::SubscriptionConflict);
            }
            let next_at = subscription.updated_at;
            let subscribed = Subscribed { subscription: new, next_at };
            tables.subscriptions.insert(id.clone(), subscribed);
            return Ok(());
        }
        let present = tables.subscribed(id, subscription.version.saturating_sub(1))?;
        let is_enabled = present.subscription.disabled.is_some() && new.disabled.is_none();
        let failing_since = present.subscription.failing_since.filter(|_| !is_enabled);
        present.subscription = Subscription { failing_since, ..new };
        if is_enabled {
            let at = subscription.updated_at;
            present.next_at = at;
            let of_it = tables.deliveries.values_mut().filter(|it| it.subscription_id == *id);
            for delivery in of_it.filter(|delivery| delivery.next_at.is_some()) {
                delivery.next_at = Some(at);
                delivery.tries = 0;
            }
        }
        Ok(())
    }

    async fn remove_subscription(
        &self,
        id: &SubscriptionId,
        version: u64,
    ) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.subscribed(id, version)?;
        tables.subscriptions.remove(id);
        Ok(())
    }

    async fn fan_out(
        &self,
        deliveries: &[NewDelivery<'_>],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let mut lines = Vec::new();
        for NewDelivery { subscription_id, event } in deliveries {
            let key = (subscription_id.clone(), event.position);
            let is_known = tables.deliveries.contains_key(&key);
            if is_known || !tables.subscriptions.contains_key(subscription_id) {
                continue;
            }
            let event_id = event.recorded.id.clone();
            lines.push((subscription_id.clone(), event_id.order_id.clone()));
            let delivery = Delivery {
                subscription_id: subscription_id.clone(),
                position: event.position,
                event_id,
                kind: Label::fixed(event.recorded.event.name()),
                state: DeliveryState::Pending,
                tries: 0,
                next_at: None,
                attempts: Vec::new(),
                created_at: at,
            };
            tables.deliveries.insert(key, delivery);
        }
        tables.align(lines, at);
        Ok(())
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Option<DueDeliveries>, StoreError> {
        let mut tables = self.tables();
        let ready = tables.subscriptions.values().filter(|it| {
            it.subscription.disabled.is_none()
                && it.next_at <= now
                && !tables.due_of(&it.subscription.id, now).is_empty()
        });
        let first = ready.min_by_key(|it| (it.next_at, it.subscription.id.clone()));
        let Some(subscription) = first.map(|it| it.subscription.clone()) else {
            return Ok(None);
        };
        let limit = if subscription.failing_since.is_some() { limit.min(1) } else { limit };
        let due = tables.due_of(&subscription.id, now).into_iter().take(limit as usize);
        let deliveries = due
            .filter_map(|delivery| Some((delivery.clone(), tables.positioned(delivery)?)))
            .collect();
        if let Some(claimed) = tables.subscriptions.get_mut(&subscription.id) {
            claimed.next_at = until;
        }
        Ok(Some(DueDeliveries { subscription, lease: until, deliveries }))
    }

    async fn settle_deliveries(&self, settlement: &DeliverySettlement) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let id = &settlement.subscription_id;
        let Some(present) = tables.subscriptions.get_mut(id) else {
            return Ok(false);
        };
        if present.next_at != settlement.lease {
            return Ok(false);
        }
        present.next_at = settlement.rest_until;
        let subscription = &mut present.subscription;
        subscription.failing_since = match &settlement.health {
            Health::Works => None,
            Health::Fails(since) => Some(subscription.failing_since.unwrap_or(*since)),
            Health::Disabled(_) => subscription.failing_since,
        };
        if let Health::Disabled(reason) = &settlement.health
            && subscription.disabled.is_none()
        {
            let (since, reason) = (settlement.at, reason.clone());
            subscription.disabled = Some(Disabled { since, reason });
            subscription.version += 1;
            subscription.updated_at = settlement.at;
        }
        let lines: Vec<Line> =
            settlement.settled.iter().filter_map(|settled| tables.settle(id, settled)).collect();
        tables.align(lines, settlement.at);
        Ok(true)
    }

    async fn deliveries(
        &self,
        id: &SubscriptionId,
        query: &DeliveryQuery,
    ) -> Result<DeliveryPage, StoreError> {
        let tables = self.tables();
        let fits = |delivery: &&Delivery| {
            query.state.is_none_or(|state| delivery.state == state)
                && query.before.is_none_or(|before| delivery.position < before)
        };
        let mut rest = tables.deliveries_of(id).rev().filter(fits);
        let deliveries = rest.by_ref().take(query.limit as usize).cloned().collect();
        let more = rest.next().is_some();
        Ok(DeliveryPage { deliveries, more })
    }

    async fn replay_deliveries(
        &self,
        id: &SubscriptionId,
        replay: Replay,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        let mut tables = self.tables();
        let all = tables.deliveries_of(id).filter(|delivery| is_replayed(delivery, replay));
        let chosen: Vec<u64> =
            all.take(REPLAY_MAX as usize).map(|delivery| delivery.position).collect();
        let mut lines = Vec::new();
        for position in &chosen {
            if let Some(delivery) = tables.deliveries.get_mut(&(id.clone(), *position)) {
                delivery.state = DeliveryState::Pending;
                delivery.next_at = None;
                delivery.tries = 0;
                lines.push((id.clone(), delivery.event_id.order_id.clone()));
            }
        }
        tables.align(lines, at);
        Ok(u32::try_from(chosen.len()).unwrap_or(REPLAY_MAX))
    }

    async fn forget_deliveries(
        &self,
        before: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let mut tables = self.tables();
        let is_old = |delivery: &&Delivery| {
            delivery.created_at < before
                || !tables.subscriptions.contains_key(&delivery.subscription_id)
        };
        let old = tables.deliveries.values().filter(is_old).take(limit as usize);
        let old: Vec<_> = old
            .map(|it| (it.subscription_id.clone(), it.position, it.event_id.order_id.clone()))
            .collect();
        for (id, position, _) in &old {
            tables.deliveries.remove(&(id.clone(), *position));
        }
        let count = u32::try_from(old.len()).unwrap_or(limit);
        tables.align(old.into_iter().map(|(id, _, order_id)| (id, order_id)), at);
        Ok(count)
    }

    async fn pending_deliveries(&self, limit: u32) -> Result<u32, StoreError> {
        let tables = self.tables();
        let pending = tables.deliveries.values().filter(|it| it.state == DeliveryState::Pending);
        Ok(u32::try_from(pending.take(limit as usize).count()).unwrap_or(limit))
    }
}
