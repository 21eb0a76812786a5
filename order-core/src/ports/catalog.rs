//! Where products and their stock are kept.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::store::StoreError;
use crate::{Category, Product, ProductId, Timestamp};

/// Which products to list: sorted by id, or those of low stock by level and id, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductQuery {
    /// Those of a category.
    pub category: Option<Category>,
    /// Those with every one of these words at the beginning of some word of their id or name.
    pub words: Vec<String>,
    /// Those whose counted stock is below this level, at most
    /// [`LOW_STOCK_MAX`](crate::catalog::LOW_STOCK_MAX).
    pub stock_below: Option<i64>,
    /// Those after this place.
    pub after: Option<ProductPlace>,
    /// How many, from 1 to [`PAGE_MAX`](super::PAGE_MAX).
    pub limit: u32,
}

impl ProductQuery {
    /// The level of the place that a list of low stock goes on from; the lowest at its beginning.
    pub fn level_after(&self) -> i64 {
        self.after.as_ref().and_then(|place| place.level).unwrap_or(i64::MIN)
    }
}

/// A place in a list of products: just after one of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductPlace {
    /// The level that it had, in a list of low stock.
    pub level: Option<i64>,
    /// Which product.
    pub id: ProductId,
}

impl From<ProductId> for ProductPlace {
    /// The place in a list by id.
    fn from(id: ProductId) -> Self {
        Self { level: None, id }
    }
}

/// A page of products.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductPage {
    /// The products.
    pub products: Vec<Product>,
    /// Whether there are more.
    pub more: bool,
}

/// One change of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogChange {
    /// As [`Catalog::put`].
    Put {
        /// The product.
        product: Box<Product>,
        /// Whether its stock is written too.
        with_stock: bool,
    },
    /// As [`Catalog::change_stock`], but a product has to be there.
    MoveStock {
        /// Which product.
        id: ProductId,
        /// So many units come, or go if below zero.
        delta: i64,
        /// When.
        at: Timestamp,
    },
    /// As [`Catalog::remove_product`].
    Remove {
        /// Which product.
        id: ProductId,
        /// The version that it has.
        version: u64,
    },
    /// None: all is as it should be.
    Nothing,
}

/// Where products and their stock are kept.
///
/// 1. [`put`](Self::put) of a product with version 1 inserts it; of one with version `n > 1`
///    replaces version `n − 1`. Anything else is [`StoreError::ProductConflict`].
/// 2. A stock is written by `put` only when asked to, so that it never undoes a sale.
/// 3. [`change_stock`](Self::change_stock) never lets a stock go below zero, however many run at
///    once, alone or beside commits, unless the product has backorder. It counts from 0 if the stock
///    was not counted before.
/// 4. A product without backorder never has a stock below zero: a `put` that would leave it so is
///    [`StoreError::UnitsOwed`], whatever is sold at the same time.
/// 5. [`remove_product`](Self::remove_product) removes a version; another version, or what is not
///    there, is [`StoreError::ProductConflict`], and one that owes units [`StoreError::UnitsOwed`].
///    Orders are left alone.
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
    /// [`StoreError::ProductConflict`], [`StoreError::UnitsOwed`], [`StoreError::Unavailable`].
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

    /// Removes a product of this version.
    ///
    /// # Errors
    /// [`StoreError::ProductConflict`], [`StoreError::UnitsOwed`], [`StoreError::Unavailable`].
    async fn remove_product(&self, id: &ProductId, version: u64) -> Result<(), StoreError>;

    /// A page of products.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError>;
}
