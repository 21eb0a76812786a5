//! Products and stock.

use order_core::{NewProduct, ProductChange};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Read, order::read_currency};
use crate::extract::Fields;

const STOCK: &[&str] = &["stock", "stock_quantity", "stockQuantity"];
const BACKORDER: &[&str] = &["backorder", "allow_backorder", "allowBackorder"];

/// A product to add.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductRequest {
    /// Its id; a new one if absent. Also read as `_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "prod-456")]
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The price of one unit, as a decimal string or a number.
    #[schema(example = "29.99")]
    pub price: String,
    /// The price's ISO 4217 currency; the service's own if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Units that can be sold; they are not counted if absent. Below zero, only with `backorder`, so
    /// many units are owed. Also read as `stock_quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// Whether it sells on when nothing is left; no if absent. Also read as `allow_backorder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backorder: Option<bool>,
    /// What kind of product it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

impl Read for NewProduct {
    type Doc = ProductRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let name = fields.required(&["name"]).and_then(|value| value.typed());
        let price = fields.required(&["price"]).and_then(|value| value.decimal());
        let ProductChange { description, currency, stock, backorder, category, .. } =
            read_change(fields);
        let backorder = backorder.unwrap_or_default();
        let id = fields.text(&["id", "_id"]);
        let (name, price) = (name?, price?);
        Some(Self { id, name, description, price, currency, stock, backorder, category })
    }
}

/// A change of a product; parts left out stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductChangeRequest {
    /// The name instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The price instead, as a decimal string or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// The price's currency instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The stock instead, as a level; below zero only with `backorder`. Also read as
    /// `stock_quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// Whether it sells on from now on when nothing is left; cannot end while units are owed. Also
    /// read as `allow_backorder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backorder: Option<bool>,
    /// The category instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

impl Read for ProductChange {
    type Doc = ProductChangeRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let price = fields.get(&["price"]).and_then(|value| value.decimal());
        Some(Self { name: fields.typed(&["name"]), price, ..read_change(fields) })
    }
}

/// What a new product and a changed one have in common.
fn read_change(fields: Fields<'_>) -> ProductChange {
    let description = fields.get(&["description"]).and_then(|value| value.string());
    ProductChange {
        name: None,
        description: description.map(str::to_owned),
        price: None,
        currency: fields.get(&["currency"]).and_then(|value| read_currency(&value)),
        stock: fields.get(STOCK).and_then(|value| value.integer()),
        backorder: fields.get(BACKORDER).and_then(|value| value.flag()),
        category: fields.typed(&["category"]),
    }
}

/// A change of stock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockRequest {
    /// Units to add, or with a minus to take. Also read as `delta`.
    #[schema(example = -3)]
    pub quantity: i64,
}

/// Units to add, or with a minus to take.
#[derive(Debug)]
pub(crate) struct StockChange(pub(crate) i64);

impl Read for StockChange {
    type Doc = StockRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        fields.required(&["quantity", "delta"])?.integer().map(Self)
    }
}
