//! An order as texts, for writing it out again: amounts and times stay as they came.

use serde::Deserialize;

/// An order.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) customer_id: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) status: String,
    pub(crate) payment_status: String,
    pub(crate) fulfillment_status: String,
    pub(crate) return_status: String,
    pub(crate) currency: String,
    pub(crate) items: Vec<Item>,
    pub(crate) total: String,
    pub(crate) tags: Vec<String>,
    pub(crate) created_at: String,
    pub(crate) placed_at: Option<String>,
}

/// One line of an order.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) product_id: String,
    pub(crate) name: String,
    pub(crate) quantity: u32,
    pub(crate) cancelled: u32,
    pub(crate) shipped: u32,
    pub(crate) delivered: u32,
    pub(crate) returned: u32,
    pub(crate) unit_price: String,
    pub(crate) total: String,
}
