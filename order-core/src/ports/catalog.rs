//! Where products and their stock are kept.

use std::fmt::Debug;

use async_trait::async_trait;

use super::store::StoreError;
use crate::{Category, Product, ProductId, Timestamp};

/// Which products to list, sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ProductQuery {
    /// Those of a category.
    pub category: Option<Category>,
    /// Those with every one of these words at the beginning of some word of their id or name.
    pub words: Vec<String>,
    /// Those after this id.
    pub after: Option<ProductId>,
    /// How many, from 1 to [`PAGE_MAX`](super::PAGE_MAX).
    pub limit: u32,
}

/// A page of products.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProductPage {
    /// The products.
    pub products: Vec<Product>,
    /// Whether there are more.
    pub more: bool,
}

/// Where products and their stock are kept.
///
/// 1. [`put`](Self::put) of a product with version 1 inserts it; of one with version `n > 1`
///    replaces version `n − 1`. Anything else is [`StoreError::ProductConflict`].
/// 2. A stock is written by `put` only when asked to, so that it never undoes a sale.
/// 3. [`change_stock`](Self::change_stock) never lets a stock go below zero, however many run at
///    once, alone or beside commits. It counts from 0 if the stock was not counted before.
#[async_trait]
pub trait Catalog: Debug + Send + Sync {
    /// The known ones among these products, in any order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError>;

    /// Inserts or replaces a product; its stock only `with_stock` or when it is new.
    ///
    /// # Errors
    /// [`StoreError::ProductConflict`], [`StoreError::Unavailable`].
    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError>;

    /// Changes the stock of a product and gives it back; none if there is no such product.
    ///
    /// # Errors
    /// [`StoreError::InsufficientStock`], [`StoreError::StockOverflow`],
    /// [`StoreError::Unavailable`].
    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError>;

    /// A page of products.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError>;
}
