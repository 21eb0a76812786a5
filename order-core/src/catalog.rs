//! Products.

use serde::{Deserialize, Serialize};

use crate::{Category, Money, Name, ProductId, Timestamp, ports::StoreError};

/// The longest description of a product, in bytes.
pub const DESCRIPTION_MAX: usize = 10_000;
/// The highest level a stock can have, and the most units that can be owed.
pub const STOCK_MAX: i64 = 1_000_000_000_000;
/// The highest bound of a list of low stock. Stores keep an index of what is below it and of nothing
/// else, so that a well-filled stock moves without touching one.
pub const LOW_STOCK_MAX: i64 = 1_000;

/// A product that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Names the product.
    pub id: ProductId,
    /// What people call it.
    pub name: Name,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The price of one unit.
    pub price: Money,
    /// Units that can be sold; none if they are not counted. Below zero, so many units are owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// Whether it sells on when nothing is left.
    #[serde(default)]
    pub backorder: bool,
    /// What kind of product it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// How often it was written, not counting changes of stock.
    pub version: u64,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it, or its stock, was last written.
    pub updated_at: Timestamp,
}

impl Product {
    /// Its stock, if that is counted.
    pub fn counted(&self) -> Option<Stock> {
        self.stock.map(|level| Stock { level, backorder: self.backorder })
    }
}

/// A stock that is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Stock {
    /// Units that can be sold; below zero, so many units are owed.
    pub level: i64,
    /// Whether it may go below zero.
    pub backorder: bool,
}

impl Stock {
    /// The level after a change, if it can have it.
    ///
    /// # Errors
    /// [`StoreError::InsufficientStock`] below zero without backorder, [`StoreError::StockOverflow`]
    /// more than [`STOCK_MAX`] from zero.
    pub fn after(self, product_id: &ProductId, delta: i64) -> Result<i64, StoreError> {
        match self.level.checked_add(delta) {
            Some(after) if after < 0 && !self.backorder => Err(StoreError::InsufficientStock {
                product_id: product_id.clone(),
                available: self.level,
                requested: delta.saturating_neg(),
            }),
            Some(after) if (-STOCK_MAX..=STOCK_MAX).contains(&after) => Ok(after),
            _ => Err(StoreError::StockOverflow { product_id: product_id.clone() }),
        }
    }

    /// Whether the level is one that it may stay at: without backorder nothing is owed.
    ///
    /// # Errors
    /// [`StoreError::UnitsOwed`].
    pub fn check(self, product_id: &ProductId) -> Result<(), StoreError> {
        if self.level < 0 && !self.backorder {
            let owed = self.level.saturating_neg();
            return Err(StoreError::UnitsOwed { product_id: product_id.clone(), owed });
        }
        Ok(())
    }
}
