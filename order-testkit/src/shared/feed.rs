//! The feed of a store behind a pointer, and the relays along it.

use async_trait::async_trait;
use order_core::{
    Label, OrderId, Timestamp,
    ports::{
        DueStream, EventFeed, FeedOrder, HeldStream, Outbox, Passage, Positioned, RelayStatus,
        Settlement, StoreError,
    },
};
use uuid::Uuid;

use super::SharedStore;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl EventFeed for SharedStore {
    async fn sequence(&self) -> Result<u64, StoreError> {
        self.store_to_write().await.sequence().await
    }

    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Positioned>, StoreError> {
        self.store().await.after(position, limit).await
    }

    async fn end(&self) -> Result<u64, StoreError> {
        self.store().await.end().await
    }

    async fn of_order(
        &self,
        id: &OrderId,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Positioned>, StoreError> {
        self.store().await.of_order(id, position, limit).await
    }

    async fn orders(&self, ids: &[OrderId]) -> Result<Vec<FeedOrder>, StoreError> {
        self.store().await.orders(ids).await
    }

    async fn claim(
        &self,
        relay: &Label,
        holder: Uuid,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        self.store_to_write().await.claim(relay, holder, at, until).await
    }

    async fn held(&self, relay: &Label) -> Result<Vec<OrderId>, StoreError> {
        self.store().await.held(relay).await
    }

    async fn due(
        &self,
        relay: &Label,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueStream>, StoreError> {
        self.store().await.due(relay, now, limit).await
    }

    async fn advance(
        &self,
        relay: &Label,
        holder: Uuid,
        passage: &Passage,
    ) -> Result<bool, StoreError> {
        self.store_to_write().await.advance(relay, holder, passage).await
    }

    async fn settle(
        &self,
        relay: &Label,
        holder: Uuid,
        settlements: &[Settlement],
    ) -> Result<Option<Vec<OrderId>>, StoreError> {
        self.store_to_write().await.settle(relay, holder, settlements).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Outbox for SharedStore {
    async fn relays(&self) -> Result<Vec<RelayStatus>, StoreError> {
        self.store().await.relays().await
    }

    async fn streams(
        &self,
        relay: Option<&Label>,
        after: Option<&OrderId>,
        limit: u32,
        parked: bool,
    ) -> Result<Vec<HeldStream>, StoreError> {
        self.store().await.streams(relay, after, limit, parked).await
    }

    async fn stream(
        &self,
        relay: &Label,
        order_id: &OrderId,
    ) -> Result<Option<HeldStream>, StoreError> {
        self.store().await.stream(relay, order_id).await
    }

    async fn retry(
        &self,
        relay: &Label,
        order_id: Option<&OrderId>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.store_to_write().await.retry(relay, order_id, at).await
    }

    async fn skip(
        &self,
        relay: &Label,
        order_id: &OrderId,
        position: u64,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.store_to_write().await.skip(relay, order_id, position, at).await
    }
}
