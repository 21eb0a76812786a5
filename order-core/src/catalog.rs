//! Products.

use serde::{Deserialize, Serialize};

use crate::{Category, Money, Name, ProductId, Timestamp, ports::StoreError};

/// The longest description of a product, in bytes.
pub const DESCRIPTION_MAX: usize = 10_000;
/// The highest level a stock can have.
pub const STOCK_MAX: i64 = 1_000_000_000_000;

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
    /// Units that can be sold; none if they are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
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

/// The level of a stock after a change, if it can have it.
///
/// # Errors
/// [`StoreError::InsufficientStock`] below zero, [`StoreError::StockOverflow`] above [`STOCK_MAX`].
pub fn level_after(product_id: &ProductId, level: i64, delta: i64) -> Result<i64, StoreError> {
    match level.checked_add(delta) {
        Some(after) if after < 0 => Err(StoreError::InsufficientStock {
            product_id: product_id.clone(),
            available: level,
            requested: delta.saturating_neg(),
        }),
        Some(after) if after <= STOCK_MAX => Ok(after),
        _ => Err(StoreError::StockOverflow { product_id: product_id.clone() }),
    }
}
