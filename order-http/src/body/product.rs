//! A product as clients see it.

use order_core::{Category, Currency, Name, Product, ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decimal::Decimal;

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductBody {
    /// Names the product.
    #[schema(value_type = String)]
    pub id: ProductId,
    /// What people call it.
    #[schema(value_type = String)]
    pub name: Name,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The price of one unit.
    #[schema(value_type = String, example = "29.99")]
    pub price: Decimal,
    /// The price's currency.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// Units that can be sold; absent if they are not counted. Below zero, so many units are owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// Whether it sells on when nothing is left.
    #[serde(default)]
    pub backorder: bool,
    /// What kind of product it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Category>,
    /// How often it was written, not counting changes of stock; also the `ETag`.
    pub version: u64,
    /// When it was first written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it, or its stock, was last written.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Product> for ProductBody {
    fn from(product: Product) -> Self {
        Self {
            id: product.id,
            name: product.name,
            description: product.description,
            price: product.price.into(),
            currency: product.price.currency(),
            stock: product.stock,
            backorder: product.backorder,
            category: product.category,
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// The stock of a product after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockBody {
    /// Names the product.
    #[schema(value_type = String)]
    pub id: ProductId,
    /// The same.
    #[schema(value_type = String)]
    pub product_id: ProductId,
    /// Units that can be sold; below zero, so many units are owed.
    pub stock: Option<i64>,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Product> for StockBody {
    fn from(product: Product) -> Self {
        let Product { id, stock, updated_at, .. } = product;
        Self { product_id: id.clone(), id, stock, updated_at }
    }
}
