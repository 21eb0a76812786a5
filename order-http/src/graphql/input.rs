//! What mutations are told. Each is read as the body of the same name of REST, with the same rules.

use std::collections::BTreeMap;

use async_graphql::{ID, InputObject};
use serde::Serialize;

use super::{
    scalar::{Decimal, Long},
    word::{AdjustmentKind, OrderStatus, PaymentCollection, RecordedPayment},
};

/// How a command is to be carried out.
#[derive(Debug, Clone, Default, InputObject)]
pub(super) struct CommandOptions {
    /// 1 to 200 visible ASCII characters: a repeat with the same key gets the first answer.
    pub(super) idempotency_key: Option<String>,
    /// The version that the change is meant for.
    pub(super) expected_version: Option<u64>,
    /// Only say what would happen.
    #[graphql(default)]
    pub(super) dry_run: bool,
}

/// One product wanted.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderItemInput {
    /// Names the line; the next number if absent.
    id: Option<ID>,
    /// Which product.
    product_id: ID,
    /// What to call it; the catalogue's name if absent.
    name: Option<String>,
    /// Units.
    quantity: Long,
    /// The price of one unit; the catalogue's if absent. Only staff may name one.
    unit_price: Option<Decimal>,
}

/// Units of one line, which is named by its id or, if only one line has it, by its product.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct PickInput {
    /// Which line.
    line_id: Option<ID>,
    /// Which product, instead of the line.
    product_id: Option<ID>,
    /// How many units.
    quantity: Long,
}

/// A discount, shipping charge, fee or tax: an amount or a percentage.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdjustmentInput {
    /// Names the adjustment; the next number if absent.
    id: Option<ID>,
    /// What it is for.
    kind: AdjustmentKind,
    /// What people read on the invoice; the kind if absent.
    label: Option<String>,
    /// The line it is about; the whole order if absent.
    line_id: Option<ID>,
    /// A fixed amount.
    amount: Option<Decimal>,
    /// A percentage instead.
    percent: Option<Decimal>,
}

/// A postal address; every part is optional.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddressInput {
    /// Whom it is addressed to.
    name: Option<String>,
    /// The company.
    company: Option<String>,
    /// Street and house number.
    street: Option<String>,
    /// A second line for the street.
    street2: Option<String>,
    /// The town.
    city: Option<String>,
    /// State, province or county.
    state: Option<String>,
    /// The postal code.
    zip_code: Option<String>,
    /// The country.
    country: Option<String>,
    /// A telephone number for the carrier.
    phone: Option<String>,
}

/// What the customer pays with, where a payment provider is asked.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct PayWithInput {
    /// How: `card`, `sepa`, …
    method: String,
    /// A token that the payment provider gave to the customer's side.
    source: Option<String>,
    /// When the provider is asked; as the server is set if absent. Only staff may choose.
    collect: Option<PaymentCollection>,
}

/// An order to place, or to draft.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlaceOrderInput {
    /// Its id; a new one if absent.
    id: Option<ID>,
    /// What people call it; the next number if absent.
    number: Option<String>,
    /// Whose it is; a guest's if absent, a customer's own if they ask.
    customer_id: Option<ID>,
    /// Its ISO 4217 currency; the products' if absent.
    currency: Option<String>,
    /// The country it is sold to; the shipping address's if absent.
    country: Option<String>,
    /// What is wanted; only a draft may want nothing yet.
    items: Option<Vec<OrderItemInput>>,
    /// Discounts, shipping, fees and taxes.
    adjustments: Option<Vec<AdjustmentInput>>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
    /// Facts to attach: texts by texts. Not for personal data.
    metadata: Option<BTreeMap<String, String>>,
    /// Where to write.
    email: Option<String>,
    /// The customer's name.
    name: Option<String>,
    /// Where to call.
    phone: Option<String>,
    /// Where the parcels go.
    shipping_address: Option<AddressInput>,
    /// Where the invoice goes.
    billing_address: Option<AddressInput>,
    /// What the customer pays with.
    payment: Option<PayWithInput>,
    /// Whether to draft it only.
    draft: Option<bool>,
}

/// A change of an order: parts left out stay as they are.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateOrderInput {
    /// What is wanted instead.
    items: Option<Vec<OrderItemInput>>,
    /// The adjustments instead.
    adjustments: Option<Vec<AdjustmentInput>>,
    /// The tags instead.
    tags: Option<Vec<String>>,
    /// The metadata instead.
    metadata: Option<BTreeMap<String, String>>,
    /// The country instead.
    country: Option<String>,
    /// Where to write instead.
    email: Option<String>,
    /// The customer's name instead.
    name: Option<String>,
    /// Where to call instead.
    phone: Option<String>,
    /// Where the parcels go instead.
    shipping_address: Option<AddressInput>,
    /// Where the invoice goes instead.
    billing_address: Option<AddressInput>,
}

/// A status to bring an order to.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderStatusInput {
    /// The status.
    status: OrderStatus,
    /// The carrier's number for the parcel.
    tracking_number: Option<String>,
    /// Who carries the parcel.
    carrier: Option<String>,
    /// Why.
    reason: Option<String>,
    /// What is shipped, cancelled or sent back; everything if absent.
    items: Option<Vec<PickInput>>,
    /// Whether what comes back goes back into the stock.
    restock: Option<bool>,
}

/// What to call off.
#[derive(Debug, Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct CancelInput {
    /// Units of some lines; the whole order if absent.
    items: Option<Vec<PickInput>>,
    /// Why.
    reason: Option<String>,
}

/// A parcel to hand over.
#[derive(Debug, Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShipInput {
    /// Names the parcel; the next number if absent.
    id: Option<ID>,
    /// What is in it; all that is still open if absent.
    items: Option<Vec<PickInput>>,
    /// Who carries it.
    carrier: Option<String>,
    /// The carrier's number for it.
    tracking_number: Option<String>,
}

/// A payment to record.
#[derive(Debug, Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentInput {
    /// Names the payment; the next number if absent.
    id: Option<ID>,
    /// What it came to; captured if absent.
    state: Option<RecordedPayment>,
    /// How much; all that is due if absent.
    amount: Option<Decimal>,
    /// The amount's currency; the order's if absent.
    currency: Option<String>,
    /// How it is paid.
    method: Option<String>,
    /// The provider's own reference.
    reference: Option<String>,
    /// Why it failed.
    reason: Option<String>,
}

/// How much to capture of an authorization.
#[derive(Debug, Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaptureInput {
    /// How much; all that is open if absent.
    amount: Option<Decimal>,
    /// The amount's currency; the order's if absent.
    currency: Option<String>,
}

/// Money to give back.
#[derive(Debug, Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundInput {
    /// Names the refund; the next number if absent.
    id: Option<ID>,
    /// From which payment; from the oldest that still hold money if absent.
    payment_id: Option<ID>,
    /// How much; what the items are worth, else all that is left, if absent.
    amount: Option<Decimal>,
    /// The amount's currency; the order's if absent.
    currency: Option<String>,
    /// The units whose worth goes back.
    items: Option<Vec<PickInput>>,
    /// The return it belongs to.
    return_id: Option<ID>,
    /// Why.
    reason: Option<String>,
}

/// What somebody wants to send back.
#[derive(Debug, Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnInput {
    /// Names the return; the next number if absent.
    id: Option<ID>,
    /// Which units; all that arrived if absent.
    items: Option<Vec<PickInput>>,
    /// Why.
    reason: Option<String>,
}

/// What came back.
#[derive(Debug, Default, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceiveInput {
    /// Which units; all that are awaited if absent.
    items: Option<Vec<PickInput>>,
    /// Whether they go back into the stock; they do not if absent.
    restock: Option<bool>,
}

/// A product to add.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductInput {
    /// Its id; a new one if absent.
    id: Option<ID>,
    /// What people call it.
    name: String,
    /// What it is.
    description: Option<String>,
    /// The price of one unit.
    price: Decimal,
    /// The price's ISO 4217 currency; the service's own if absent.
    currency: Option<String>,
    /// Units that can be sold; they are not counted if absent. Below zero, only with `backorder`, so
    /// many units are owed.
    stock: Option<Long>,
    /// Whether it sells on when nothing is left; no if absent.
    backorder: Option<bool>,
    /// What kind of product it is.
    category: Option<String>,
}

/// A change of a product: parts left out stay as they are.
#[derive(Debug, Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateProductInput {
    /// The name instead.
    name: Option<String>,
    /// The description instead.
    description: Option<String>,
    /// The price instead.
    price: Option<Decimal>,
    /// The price's currency instead.
    currency: Option<String>,
    /// The stock instead, as a level; below zero only with `backorder`.
    stock: Option<Long>,
    /// Whether it sells on from now on when nothing is left.
    backorder: Option<bool>,
    /// The category instead.
    category: Option<String>,
}
