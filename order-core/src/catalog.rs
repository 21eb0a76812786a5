//! Products.

use serde::{Deserialize, Serialize};

use crate::{Category, Money, Name, ProductId, Timestamp};

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
