//! What callers ask for, before prices and ids are looked up.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    Address, AdjustmentId, AdjustmentKind, Category, Collection, Country, Currency, CustomerId,
    Email, IdempotencyKey, Label, LineId, Name, Order, OrderId, OrderNumber, PayWith, Person,
    PersonalData, ProductId, Rate, Recorded, Tag,
};

/// How a command is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Makes a repeat of the same request get the first answer.
    pub key: Option<IdempotencyKey>,
    /// The version the caller knows; another one is an error.
    pub expected_version: Option<u64>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// One product wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemInput {
    /// Names the line; the next number if none.
    pub line_id: Option<LineId>,
    /// Which product.
    pub product_id: ProductId,
    /// What to call it; the catalogue's name, else the product's id, if none.
    pub name: Option<Name>,
    /// Units.
    pub quantity: u32,
    /// The price of one unit as exact decimal text; the catalogue's if none.
    pub unit_price: Option<String>,
}

/// How much an adjustment is, before the currency is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentValueInput {
    /// A fixed amount as exact decimal text.
    Amount(String),
    /// A percentage.
    Percent(Rate),
}

/// One discount, shipping charge, fee or tax wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentInput {
    /// Names the adjustment; the next number if none.
    pub id: Option<AdjustmentId>,
    /// What it is for.
    pub kind: AdjustmentKind,
    /// What people read; the kind's name if none.
    pub label: Option<Label>,
    /// The line it is about; none for the whole order.
    pub line_id: Option<LineId>,
    /// How much.
    pub value: AdjustmentValueInput,
}

/// An order that somebody wants to draft or place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder {
    /// Its id; a new one if none.
    pub id: Option<OrderId>,
    /// What people call it; the next number if none.
    pub number: Option<OrderNumber>,
    /// Whose it is; a customer's own if none, else a guest's.
    pub customer_id: Option<CustomerId>,
    /// Its currency; the products' if none.
    pub currency: Option<Currency>,
    /// The country it is sold to; the shipping address's if none.
    pub country: Option<Country>,
    /// What is wanted.
    pub items: Vec<ItemInput>,
    /// Discounts, shipping, fees and taxes.
    pub adjustments: Vec<AdjustmentInput>,
    /// Words to find it by.
    pub tags: Vec<Tag>,
    /// Facts the host attaches; not for personal data.
    pub metadata: BTreeMap<String, String>,
    /// Personal data.
    pub person: Person,
    /// What the customer pays with.
    pub pay_with: Option<PayWith>,
    /// When a payment provider is asked for the money; as the policy says if none. Only staff may
    /// choose, and only where a provider is asked at all.
    pub collect: Option<Collection>,
    /// Whether to draft it only.
    pub draft: bool,
}

/// A change that somebody wants; parts left out stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// What is wanted instead.
    pub items: Option<Vec<ItemInput>>,
    /// The adjustments instead.
    pub adjustments: Option<Vec<AdjustmentInput>>,
    /// The tags instead.
    pub tags: Option<Vec<Tag>>,
    /// The metadata instead.
    pub metadata: Option<BTreeMap<String, String>>,
    /// The country instead.
    pub country: Option<Country>,
    /// Where to write instead.
    pub email: Option<Email>,
    /// The customer's name instead.
    pub name: Option<Name>,
    /// Where to call instead.
    pub phone: Option<Label>,
    /// Where the parcels go instead.
    pub shipping_address: Option<Address>,
    /// Where the invoice goes instead.
    pub billing_address: Option<Address>,
}

/// What a command did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The order after it.
    pub order: Arc<Order>,
    /// The personal data after it.
    pub person: Arc<PersonalData>,
    /// What happened.
    pub events: Vec<Recorded>,
    /// Whether this is the answer of an earlier request with the same key.
    pub replayed: bool,
}

/// A product that somebody wants to sell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewProduct {
    /// Its id; a new one if none.
    pub id: Option<ProductId>,
    /// What people call it.
    pub name: Name,
    /// What it is.
    pub description: Option<String>,
    /// The price of one unit as exact decimal text.
    pub price: String,
    /// The price's currency; the policy's if none.
    pub currency: Option<Currency>,
    /// Units that can be sold; none if they are not counted.
    pub stock: Option<i64>,
    /// Whether it sells on when nothing is left.
    pub backorder: bool,
    /// What kind of product it is.
    pub category: Option<Category>,
}

/// A change of a product; parts left out stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductChange {
    /// The name instead.
    pub name: Option<Name>,
    /// The description instead.
    pub description: Option<String>,
    /// The price instead, as exact decimal text.
    pub price: Option<String>,
    /// The price's currency instead.
    pub currency: Option<Currency>,
    /// The stock instead, as a level.
    pub stock: Option<i64>,
    /// Whether it sells on from now on when nothing is left.
    pub backorder: Option<bool>,
    /// The category instead.
    pub category: Option<Category>,
}
