//! Figures of a store behind a pointer.

use async_trait::async_trait;
use order_core::{
    OrderId, Recorded,
    analytics::Changes,
    ports::{FigureQuery, FigureRow, RankQuery, RollUps, StoreError},
};

use super::SharedStore;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl RollUps for SharedStore {
    async fn counted(&self) -> Result<Option<u64>, StoreError> {
        self.store().await.counted().await
    }

    async fn histories(&self, ids: &[OrderId]) -> Result<Vec<Recorded>, StoreError> {
        self.store().await.histories(ids).await
    }

    async fn count(&self, from: u64, to: u64, changes: &Changes) -> Result<bool, StoreError> {
        self.store_to_write().await.count(from, to, changes).await
    }

    async fn recount(&self) -> Result<(), StoreError> {
        self.store_to_write().await.recount().await
    }

    async fn figures(&self, query: &FigureQuery) -> Result<Vec<FigureRow>, StoreError> {
        self.store().await.figures(query).await
    }

    async fn ranking(&self, query: &RankQuery) -> Result<Vec<FigureRow>, StoreError> {
        self.store().await.ranking(query).await
    }
}
