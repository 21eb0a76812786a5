//! Webhooks of a store behind a pointer.

use async_trait::async_trait;
use order_core::{
    SubscriptionId, Timestamp,
    ports::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, DueDeliveries, NewDelivery, Replay,
        StoreError, Subscriptions,
    },
    webhook::Subscription,
};

use super::SharedStore;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Subscriptions for SharedStore {
    async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        self.store().await.subscriptions().await
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        self.store().await.subscription(id).await
    }

    async fn put_subscription(&self, subscription: &Subscription) -> Result<(), StoreError> {
        self.store_to_write().await.put_subscription(subscription).await
    }

    async fn remove_subscription(
        &self,
        id: &SubscriptionId,
        version: u64,
    ) -> Result<(), StoreError> {
        self.store_to_write().await.remove_subscription(id, version).await
    }

    async fn fan_out(
        &self,
        deliveries: &[NewDelivery<'_>],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.store_to_write().await.fan_out(deliveries, at).await
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Option<DueDeliveries>, StoreError> {
        self.store_to_write().await.claim_deliveries(now, until, limit).await
    }

    async fn settle_deliveries(&self, settlement: &DeliverySettlement) -> Result<bool, StoreError> {
        self.store_to_write().await.settle_deliveries(settlement).await
    }

    async fn deliveries(
        &self,
        id: &SubscriptionId,
        query: &DeliveryQuery,
    ) -> Result<DeliveryPage, StoreError> {
        self.store().await.deliveries(id, query).await
    }

    async fn replay_deliveries(
        &self,
        id: &SubscriptionId,
        replay: Replay,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        self.store_to_write().await.replay_deliveries(id, replay, at).await
    }

    async fn forget_deliveries(
        &self,
        before: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.store_to_write().await.forget_deliveries(before, at, limit).await
    }

    async fn pending_deliveries(&self, limit: u32) -> Result<u32, StoreError> {
        self.store().await.pending_deliveries(limit).await
    }
}
