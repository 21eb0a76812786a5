//! Deliveries in memory, with their events beside them: those of the contract are in no store.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use order_core::{
    SubscriptionId, Timestamp,
    memory::InMemoryStore,
    ports::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, DueDeliveries, NewDelivery, Positioned,
        Replay, StoreError, Subscriptions,
    },
    webhook::{DeliveryState, Subscription},
};

/// A store of deliveries. It gives what is due as the store in memory has it, and the events as they
/// were given to it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    store: InMemoryStore,
    events: Mutex<HashMap<u64, Positioned>>,
}

impl Ledger {
    /// Which of these events have not been delivered.
    pub(crate) async fn left(&self, id: &SubscriptionId, events: &[Positioned]) -> Vec<u64> {
        let query =
            DeliveryQuery { state: Some(DeliveryState::Delivered), before: None, limit: u32::MAX };
        let done = self.store.deliveries(id, &query).await.unwrap().deliveries;
        let done: Vec<u64> = done.into_iter().map(|delivery| delivery.position).collect();
        let positions = events.iter().map(|event| event.position);
        positions.filter(|position| !done.contains(position)).collect()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Subscriptions for Ledger {
    async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        self.store.subscriptions().await
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        self.store.subscription(id).await
    }

    async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        self.store.put_subscription(subscription).await
    }

    async fn remove_subscription(
        &self,
        id: &SubscriptionId,
        version: u64,
    ) -> Result<(), StoreError> {
        self.store.remove_subscription(id, version).await
    }

    async fn fan_out(
        &self,
        deliveries: &[NewDelivery<'_>],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let events = deliveries.iter().map(|new| (new.event.position, new.event.clone()));
        self.events.lock().unwrap().extend(events);
        self.store.fan_out(deliveries, at).await
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Option<DueDeliveries>, StoreError> {
        let Some(due) = self.store.claim_deliveries(now, until, limit).await? else {
            return Ok(None);
        };
        // Whose it is nobody else touches now. The store knows none of the events, so it gives none.
        let limit = if due.subscription.failing_since.is_some() { 1 } else { limit as usize };
        let query =
            DeliveryQuery { state: Some(DeliveryState::Pending), before: None, limit: u32::MAX };
        let pending = self.store.deliveries(&due.subscription.id, &query).await?.deliveries;
        let mut pending: Vec<_> =
            pending.into_iter().filter(|it| it.next_at.is_some_and(|at| at <= now)).collect();
        pending.sort_by_key(|delivery| (delivery.next_at, delivery.position));
        let events = self.events.lock().unwrap();
        let with_event = |delivery: order_core::webhook::Delivery| {
            let event = events[&delivery.position].clone();
            (delivery, event)
        };
        let deliveries = pending.into_iter().take(limit).map(with_event).collect();
        Ok(Some(DueDeliveries { deliveries, ..due }))
    }

    async fn settle_deliveries(&self, settlement: &DeliverySettlement) -> Result<bool, StoreError> {
        self.store.settle_deliveries(settlement).await
    }

    async fn deliveries(
        &self,
        id: &SubscriptionId,
        query: &DeliveryQuery,
    ) -> Result<DeliveryPage, StoreError> {
        self.store.deliveries(id, query).await
    }

    async fn replay_deliveries(
        &self,
        id: &SubscriptionId,
        replay: Replay,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        self.store.replay_deliveries(id, replay, at).await
    }

    async fn forget_deliveries(
        &self,
        before: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.store.forget_deliveries(before, at, limit).await
    }

    async fn pending_deliveries(&self, limit: u32) -> Result<u32, StoreError> {
        self.store.pending_deliveries(limit).await
    }
}
