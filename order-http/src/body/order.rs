//! An order as clients see it.

use std::collections::BTreeMap;

use order_core::{
    Action, Address, Country, Currency, CustomerId, Email, FulfillmentStatus, Label, Lifecycle,
    Money, Name, Note, Order, OrderId, OrderNumber, PaymentStatus, PersonalData, Reason,
    ReturnStatus, Status, Tag, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{address::AddressBody, part::NoteBody};
use super::{
    decimal::Decimal,
    part::{AdjustmentBody, ItemBody, PaymentBody, ReturnBody, ShipmentBody},
    process::{AttentionBody, PendingCallBody},
};

/// An order. Amounts are decimal strings in the order's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderBody {
    /// Names the order for programs.
    #[schema(value_type = String)]
    pub id: OrderId,
    /// Names the order for people.
    #[schema(value_type = String, example = "ORD-000042")]
    pub number: OrderNumber,
    /// Whose order it is; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// The one word people see.
    #[schema(value_type = String, example = "confirmed")]
    pub status: Status,
    /// Where it stands in its life.
    #[schema(value_type = String, example = "confirmed")]
    pub lifecycle: Lifecycle,
    /// What the payments amount to.
    #[schema(value_type = String, example = "unpaid")]
    pub payment_status: PaymentStatus,
    /// What the parcels amount to.
    #[schema(value_type = String, example = "unfulfilled")]
    pub fulfillment_status: FulfillmentStatus,
    /// What came, or shall come, back.
    #[schema(value_type = String, example = "none")]
    pub return_status: ReturnStatus,
    /// Whether it is stopped from going on.
    pub on_hold: bool,
    /// Why it is held or was cancelled, if somebody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Reason>,
    /// The currency of every amount.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The country it is sold to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub country: Option<Country>,
    /// What is sold.
    pub items: Vec<ItemBody>,
    /// The price of the live units.
    #[schema(value_type = String, example = "59.98")]
    pub subtotal: Decimal,
    /// What is taken off.
    #[schema(value_type = String, example = "0.00")]
    pub discount_total: Decimal,
    /// Carriage.
    #[schema(value_type = String, example = "0.00")]
    pub shipping_total: Decimal,
    /// Other charges.
    #[schema(value_type = String, example = "0.00")]
    pub fee_total: Decimal,
    /// Taxes.
    #[schema(value_type = String, example = "0.00")]
    pub tax_total: Decimal,
    /// What the order comes to.
    #[schema(value_type = String, example = "59.98")]
    pub total: Decimal,
    /// What may still be captured.
    #[schema(value_type = String, example = "59.98")]
    pub amount_due: Decimal,
    /// What was captured.
    #[schema(value_type = String, example = "0.00")]
    pub amount_paid: Decimal,
    /// What went back.
    #[schema(value_type = String, example = "0.00")]
    pub amount_refunded: Decimal,
    /// Discounts, shipping, fees and taxes.
    pub adjustments: Vec<AdjustmentBody>,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub email: Option<Email>,
    /// The customer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Name>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Label>,
    /// Where the parcels go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AddressBody>)]
    pub shipping_address: Option<Address>,
    /// Where the invoice goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AddressBody>)]
    pub billing_address: Option<Address>,
    /// The parcels, oldest first.
    pub shipments: Vec<ShipmentBody>,
    /// The payments, oldest first.
    pub payments: Vec<PaymentBody>,
    /// The returns, oldest first.
    pub returns: Vec<ReturnBody>,
    /// What people wrote about it.
    #[schema(value_type = Vec<NoteBody>)]
    pub notes: Vec<Note>,
    /// Facts the host attached.
    pub metadata: BTreeMap<String, String>,
    /// Words to find it by.
    #[schema(value_type = Vec<String>)]
    pub tags: Vec<Tag>,
    /// How many changes made it what it is; also the `ETag`.
    pub version: u64,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When anything last happened to it.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was placed; absent for a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub placed_at: Option<Timestamp>,
    /// When it was put away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    /// When the person behind it was last forgotten; what there is of one was written later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Timestamp>,
    /// Why somebody has to look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<AttentionBody>,
    /// What a payment provider was asked and has not answered yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub pending_calls: Vec<PendingCallBody>,
    /// What may be done to it now.
    #[schema(value_type = Vec<String>)]
    pub allowed_actions: Vec<Action>,
}

impl OrderBody {
    /// An order and the personal data beside it.
    pub fn new(order: &Order, person: &PersonalData) -> Self {
        let money = |minor: i64| Decimal::from(Money::new(minor, order.currency()));
        let totals = order.totals();
        Self {
            id: order.id().clone(),
            number: order.number().clone(),
            customer_id: order.customer_id().cloned(),
            status: order.status(),
            lifecycle: order.lifecycle(),
            payment_status: order.payment_status(),
            fulfillment_status: order.fulfillment_status(),
            return_status: order.return_status(),
            on_hold: order.on_hold(),
            reason: order.reason().cloned(),
            currency: order.currency(),
            country: order.country().cloned(),
            items: order.lines().iter().map(ItemBody::from).collect(),
            subtotal: totals.subtotal.into(),
            discount_total: totals.discount.into(),
            shipping_total: totals.shipping.into(),
            fee_total: totals.fees.into(),
            tax_total: totals.tax.into(),
            total: totals.total.into(),
            amount_due: order.due().into(),
            amount_paid: money(order.captured()),
            amount_refunded: money(order.refunded()),
            adjustments: order.adjustments().iter().map(AdjustmentBody::from).collect(),
            email: person.email.clone(),
            name: person.name.clone(),
            phone: person.phone.clone(),
            shipping_address: person.shipping_address.clone(),
            billing_address: person.billing_address.clone(),
            shipments: order.shipments().iter().map(ShipmentBody::from).collect(),
            payments: order.payments().iter().map(PaymentBody::from).collect(),
            returns: order.returns().iter().map(ReturnBody::from).collect(),
            notes: person.notes.clone(),
            metadata: order.metadata().clone(),
            tags: order.tags().to_vec(),
            version: order.version(),
            created_at: order.created_at(),
            updated_at: order.updated_at(),
            placed_at: order.placed_at(),
            archived_at: order.archived_at(),
            erased_at: order.erased_at(),
            attention: order.attention().map(AttentionBody::from),
            pending_calls: order.calls().iter().map(PendingCallBody::from).collect(),
            allowed_actions: order.allowed_actions().public().iter().collect(),
        }
    }
}
