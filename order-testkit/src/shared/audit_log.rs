//! The log of administrative acts of a store behind a pointer.

use async_trait::async_trait;
use order_core::ports::{AuditEntry, AuditLog, AuditPage, AuditQuery, StoreError};

use super::SharedStore;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl AuditLog for SharedStore {
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.store_to_write().await.append(entry).await
    }

    async fn entries(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        self.store().await.entries(query).await
    }
}
