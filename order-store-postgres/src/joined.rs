//! The host's transaction as a store: what a service over it writes becomes lasting with the host's
//! own rows, or not at all.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    OrderId, Product, ProductId, Timestamp,
    ports::{
        Catalog, Commit, OrderPage, OrderQueries, OrderQuery, OrderStore, OrderView, ProductPage,
        ProductQuery, Remembered, RequestKey, StatsQuery, StatsRow, StoreError, Stored,
    },
};
use sqlx::{Postgres, Transaction};
use tokio::sync::Mutex;

use crate::{
    PgOrderStore, catalog,
    error::{Ended, from_sqlx},
    queries, stats, store,
};

/// The host's transaction as a store, made by [`PgOrderStore::join`]. Clones share the transaction;
/// one does its work at a time.
///
/// If a call is dropped before it is done, the transaction is rolled back, and
/// [`leave`](Self::leave) says so.
#[derive(Debug, Clone)]
pub struct PgJoined {
    store: PgOrderStore,
    transaction: Arc<Mutex<Option<Transaction<'static, Postgres>>>>,
}

impl PgOrderStore {
    /// Joins the host's transaction: give what comes back to
    /// [`OrderService::within`](order_core::OrderService::within), call that, then
    /// [`leave`](PgJoined::leave) and commit.
    ///
    /// ```no_run
    /// # async fn example(
    /// #     pool: sqlx::PgPool,
    /// #     store: order_store_postgres::PgOrderStore,
    /// #     orders: order_core::OrderService,
    /// #     me: order_core::Principal,
    /// #     order: order_core::NewOrder,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// use order_core::{Meta, Orders};
    ///
    /// let mut transaction = pool.begin().await?;
    /// sqlx::query("INSERT INTO invoice (amount) VALUES (5)").execute(&mut *transaction).await?;
    /// let joined = store.join(transaction);
    /// orders.within(joined.clone()).place(&me, order, Meta::default()).await?;
    /// joined.leave().await?.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn join(&self, transaction: Transaction<'static, Postgres>) -> PgJoined {
        let transaction = Arc::new(Mutex::new(Some(transaction)));
        PgJoined { store: self.clone(), transaction }
    }
}

/// Does something with the transaction, which is taken out meanwhile: if that is not finished, the
/// transaction goes with it.
macro_rules! with {
    ($joined:expr, |$store:ident, $connection:ident| $work:expr) => {{
        let mut slot = $joined.transaction.lock().await;
        let mut transaction = slot.take().ok_or_else(ended)?;
        let ($store, $connection) = ($joined.store.schema(), &mut *transaction);
        let done = $work;
        *slot = Some(transaction);
        done
    }};
}

fn ended() -> StoreError {
    StoreError::Unavailable(Ended.into())
}

impl PgJoined {
    /// Gives the transaction back to the host, who commits it or rolls it back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if a call was dropped before it was done, or the transaction was
    /// given back before: everything in it is rolled back.
    pub async fn leave(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.transaction.lock().await.take().ok_or_else(ended)
    }
}

/// The only answer to the only question.
fn only<T: Default>(mut answers: Vec<(usize, Result<T, StoreError>)>) -> Result<T, StoreError> {
    answers.pop().map_or_else(|| Ok(T::default()), |(_, answer)| answer)
}

#[async_trait]
impl OrderStore for PgJoined {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        let found = with!(self, |schema, it| store::load_all(schema, it, vec![(0, id)]).await);
        only(found.map_err(from_sqlx)?)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        with!(self, |schema, it| store::commit_on(schema, it, commit).await)
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        let found = with!(self, |schema, it| store::recall_all(schema, it, vec![(0, key)]).await);
        only(found.map_err(from_sqlx)?)
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        // Numbers are given outside of every transaction.
        self.store.next_number().await
    }
}

#[async_trait]
impl OrderQueries for PgJoined {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        if reference.contains('\0') {
            return Ok(None);
        }
        let asked = vec![(0, reference)];
        let found = with!(self, |schema, it| queries::find_all(schema, it, asked).await);
        only(found.map_err(from_sqlx)?)
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        with!(self, |schema, it| queries::list(schema, it, query).await)
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        with!(self, |schema, it| stats::report(schema, it, query).await)
    }
}

#[async_trait]
impl Catalog for PgJoined {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let rows = with!(self, |schema, it| catalog::rows_of(schema, it, ids.iter()).await);
        rows.map_err(from_sqlx)?.iter().map(crate::rows::product).collect()
    }

    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        with!(self, |schema, it| catalog::put(schema, it, product, with_stock).await)
    }

    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        with!(self, |schema, it| catalog::change_stock(schema, it, id, delta, at).await)
    }

    async fn remove_product(&self, id: &ProductId, version: u64) -> Result<(), StoreError> {
        with!(self, |schema, it| catalog::remove(schema, it, id, version).await)
    }

    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        with!(self, |schema, it| catalog::list(schema, it, query).await)
    }
}
