//! A store behind a pointer, as a store.

mod audit_log;
mod feed;
mod rollups;
mod subscriptions;

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    CreditNote, CreditNoteId, Email, Label, OrderId, Product, ProductId, RefusedRow, Timestamp,
    UserId,
    accounts::Account,
    ports::{
        Accounts, Agenda, AgendaEntry, Audited, Books, Catalog, CatalogChange, Commit, Due,
        Finding, Inbox, KeptNotice, Maintenance, NoticeFate, OrderPage, OrderQueries, OrderQuery,
        OrderStore, OrderView, Origin, PaymentNotice, ProductPage, ProductQuery, Remembered,
        RequestKey, Revalidated, Revalidation, Stamp, StatsQuery, StatsRow, Store, StoreError,
        Stored, UserPage, UserQuery,
    },
};

use crate::CrashPoint;

/// Any store, chosen at run time, where a store of its own is asked for. It gives way to other tasks
/// before every call, so that use cases interleave even over a store that never waits; or whoever
/// uses it dies before a call that writes, where a [`CrashPoint`] says so.
#[derive(Debug, Clone)]
pub struct SharedStore {
    store: Arc<dyn Store>,
    /// Where reads for screens go, if not to the store.
    queries: Option<Arc<dyn OrderQueries>>,
    crash: CrashPoint,
}

impl SharedStore {
    /// A store that never fails by itself.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, queries: None, crash: CrashPoint::never() }
    }

    /// The same for somebody who may die before any call that writes.
    #[must_use]
    pub fn crashing(self, crash: CrashPoint) -> Self {
        Self { crash, ..self }
    }

    /// The same with other reads for screens: a cache in front of the store.
    #[must_use]
    pub fn with_queries(self, queries: Arc<dyn OrderQueries>) -> Self {
        Self { queries: Some(queries), ..self }
    }

    async fn queries(&self) -> &dyn OrderQueries {
        match &self.queries {
            Some(queries) => &**queries,
            None => self.store().await,
        }
    }

    async fn store(&self) -> &dyn Store {
        tokio::task::yield_now().await;
        &*self.store
    }

    /// Whoever dies before a read dies as well before the write after it.
    async fn store_to_write(&self) -> &dyn Store {
        self.crash.pass().await;
        self.store().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl OrderStore for SharedStore {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        self.store().await.load(id).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.store_to_write().await.commit(commit).await
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        self.store().await.recall(key).await
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        self.store_to_write().await.next_number().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl OrderQueries for SharedStore {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        self.queries().await.find(reference).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        self.queries().await.list(query).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        self.queries().await.stats(query).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Revalidation for SharedStore {
    async fn revalidate(
        &self,
        reference: &str,
        known: Option<&Stamp>,
    ) -> Result<Revalidated, StoreError> {
        self.store().await.revalidate(reference, known).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Catalog for SharedStore {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        self.store().await.products(ids).await
    }

    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        self.store_to_write().await.put(product, with_stock).await
    }

    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        self.store_to_write().await.change_stock(id, delta, at).await
    }

    async fn remove_product(&self, id: &ProductId, version: u64) -> Result<(), StoreError> {
        self.store_to_write().await.remove_product(id, version).await
    }

    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        self.store().await.list_products(query).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Books for SharedStore {
    async fn issue(&self, note: &CreditNote) -> Result<bool, StoreError> {
        self.store_to_write().await.issue(note).await
    }

    async fn credit_notes(
        &self,
        after: Option<&CreditNoteId>,
        limit: u32,
    ) -> Result<Vec<CreditNote>, StoreError> {
        self.store().await.credit_notes(after, limit).await
    }

    async fn refuse(&self, rows: &[RefusedRow]) -> Result<(), StoreError> {
        self.store_to_write().await.refuse(rows).await
    }

    async fn refused(&self) -> Result<Vec<RefusedRow>, StoreError> {
        self.store().await.refused().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Maintenance for SharedStore {
    async fn audit(&self, after: Option<&OrderId>, limit: u32) -> Result<Vec<Audited>, StoreError> {
        self.store().await.audit(after, limit).await
    }

    async fn doctor(&self) -> Result<Vec<Finding>, StoreError> {
        self.store().await.doctor().await
    }

    async fn sweep(&self) -> Result<Vec<Finding>, StoreError> {
        self.store_to_write().await.sweep().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store().await.ping().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Agenda for SharedStore {
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        self.store_to_write().await.claim_due(now, until, limit).await
    }

    async fn put_off(
        &self,
        id: &OrderId,
        version: Option<u64>,
        at: Option<Timestamp>,
        trouble: Option<&Label>,
    ) -> Result<(), StoreError> {
        self.store_to_write().await.put_off(id, version, at, trouble).await
    }

    async fn agenda(
        &self,
        after: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, StoreError> {
        self.store().await.agenda(after, limit, waiting).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Inbox for SharedStore {
    async fn receive(&self, notice: &PaymentNotice, at: Timestamp) -> Result<bool, StoreError> {
        self.store_to_write().await.receive(notice, at).await
    }

    async fn claim_notices(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, StoreError> {
        self.store_to_write().await.claim_notices(now, until, limit).await
    }

    async fn settle_notice(
        &self,
        provider: &Label,
        id: &Label,
        fate: &NoticeFate,
    ) -> Result<(), StoreError> {
        self.store_to_write().await.settle_notice(provider, id, fate).await
    }

    async fn take_change(
        &self,
        origin: &Origin,
        change: &CatalogChange,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.store_to_write().await.take_change(origin, change, at).await
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store_to_write().await.forget(before, limit).await
    }

    async fn open_notices(&self, limit: u32) -> Result<Vec<KeptNotice>, StoreError> {
        self.store().await.open_notices(limit).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Accounts for SharedStore {
    async fn account(&self, id: &UserId) -> Result<Option<Account>, StoreError> {
        self.store().await.account(id).await
    }

    async fn account_of(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        self.store().await.account_of(email).await
    }

    async fn put_account(&self, account: &Account) -> Result<(), StoreError> {
        self.store().await.put_account(account).await
    }

    async fn remove_account(&self, id: &UserId, version: u64) -> Result<(), StoreError> {
        self.store().await.remove_account(id, version).await
    }

    async fn list_users(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        self.store().await.list_users(query).await
    }
}
