//! The parts of an order as clients see them.

use order_core::{
    Adjustment, AdjustmentId, AdjustmentKind, AdjustmentValue, Carrier, Label, Line, LineId,
    LineQuantity, Name, Payment, PaymentId, PaymentState, ProductId, Rate, Reason, Return,
    ReturnId, ReturnState, Shipment, ShipmentId, Timestamp, TrackingNumber,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decimal::Decimal;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// One line of an order. Counts of zero are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemBody {
    /// Names the line within its order.
    #[schema(value_type = String, example = "1")]
    pub id: LineId,
    /// What is sold.
    #[schema(value_type = String)]
    pub product_id: ProductId,
    /// The product's name when it was ordered.
    #[schema(value_type = String)]
    pub name: Name,
    /// Units ordered.
    pub quantity: u32,
    /// The price of one unit when it was ordered.
    #[schema(value_type = String, example = "29.99")]
    pub unit_price: Decimal,
    /// The price of the live units.
    #[schema(value_type = String, example = "59.98")]
    pub total: Decimal,
    /// Units called off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cancelled: u32,
    /// Units handed over to a carrier.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shipped: u32,
    /// Units that arrived.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delivered: u32,
    /// Units that somebody asked to send back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub return_requested: u32,
    /// Units that came back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub returned: u32,
}

impl From<&Line> for ItemBody {
    fn from(line: &Line) -> Self {
        Self {
            id: line.id.clone(),
            product_id: line.product_id.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            // The totals of an order that exists fit.
            total: line.total().unwrap_or(line.unit_price).into(),
            cancelled: line.cancelled,
            shipped: line.shipped,
            delivered: line.delivered,
            return_requested: line.return_requested,
            returned: line.returned,
        }
    }
}

/// A discount, shipping charge, fee or tax: an amount or a percentage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentBody {
    /// Names the adjustment within its order.
    #[schema(value_type = String)]
    pub id: AdjustmentId,
    /// `discount`, `shipping`, `fee` or `tax`.
    #[schema(value_type = String, example = "discount")]
    pub kind: AdjustmentKind,
    /// What people read on the invoice.
    #[schema(value_type = String)]
    pub label: Label,
    /// The line it is about; absent for the whole order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub line_id: Option<LineId>,
    /// A fixed amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "5.00")]
    pub amount: Option<Decimal>,
    /// A percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "7.7")]
    pub percent: Option<Rate>,
}

impl From<&Adjustment> for AdjustmentBody {
    fn from(adjustment: &Adjustment) -> Self {
        let (amount, percent) = match adjustment.value {
            AdjustmentValue::Amount(amount) => (Some(amount.into()), None),
            AdjustmentValue::Percent(rate) => (None, Some(rate)),
        };
        Self {
            id: adjustment.id.clone(),
            kind: adjustment.kind,
            label: adjustment.label.clone(),
            line_id: adjustment.line_id.clone(),
            amount,
            percent,
        }
    }
}

/// One parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentBody {
    /// Names the parcel within its order.
    #[schema(value_type = String)]
    pub id: ShipmentId,
    /// Who carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub carrier: Option<Carrier>,
    /// The carrier's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tracking_number: Option<TrackingNumber>,
    /// What is in it.
    #[schema(value_type = Vec<LineQuantityBody>)]
    pub items: Vec<LineQuantity>,
    /// When it was handed over.
    #[schema(value_type = String, format = DateTime)]
    pub shipped_at: Timestamp,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
}

impl From<&Shipment> for ShipmentBody {
    fn from(shipment: &Shipment) -> Self {
        Self {
            id: shipment.id.clone(),
            carrier: shipment.carrier.clone(),
            tracking_number: shipment.tracking_number.clone(),
            items: shipment.items.clone(),
            shipped_at: shipment.shipped_at,
            delivered_at: shipment.delivered_at,
        }
    }
}

/// One payment and its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentBody {
    /// Names the payment within its order.
    #[schema(value_type = String)]
    pub id: PaymentId,
    /// How it is paid.
    #[schema(value_type = String, example = "card")]
    pub method: Label,
    /// The provider's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Label>,
    /// Where it stands.
    #[schema(value_type = String, example = "captured")]
    pub state: PaymentState,
    /// What was authorized, or captured at once.
    #[schema(value_type = String)]
    pub authorized: Decimal,
    /// What was captured.
    #[schema(value_type = String)]
    pub captured: Decimal,
    /// What was authorized and then given up.
    #[schema(value_type = String)]
    pub voided: Decimal,
    /// What went back.
    #[schema(value_type = String)]
    pub refunded: Decimal,
    /// What the customer's bank disputes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub disputed: Option<Decimal>,
    /// Whether a payment provider moves its money, not somebody who records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub remote: bool,
    /// When it was first heard of.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<&Payment> for PaymentBody {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id.clone(),
            method: payment.method.clone(),
            reference: payment.reference.clone(),
            state: payment.state(),
            authorized: payment.authorized.into(),
            captured: payment.captured.into(),
            voided: payment.voided.into(),
            refunded: payment.refunded.into(),
            disputed: payment.disputed.map(Decimal::from),
            remote: payment.remote,
            at: payment.at,
        }
    }
}

/// One return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnBody {
    /// Names the return within its order.
    #[schema(value_type = String)]
    pub id: ReturnId,
    /// Where it stands.
    #[schema(value_type = String, example = "requested")]
    pub state: ReturnState,
    /// What was asked for.
    #[schema(value_type = Vec<LineQuantityBody>)]
    pub items: Vec<LineQuantity>,
    /// What came back.
    #[schema(value_type = Vec<LineQuantityBody>)]
    pub received: Vec<LineQuantity>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Reason>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
}

impl From<&Return> for ReturnBody {
    fn from(back: &Return) -> Self {
        Self {
            id: back.id.clone(),
            state: back.state,
            items: back.items.clone(),
            received: back.received.clone(),
            reason: back.reason.clone(),
            requested_at: back.requested_at,
        }
    }
}

/// Units of one line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineQuantityBody {
    /// Which line.
    #[schema(example = "1")]
    pub line_id: String,
    /// How many units.
    #[schema(example = 2, minimum = 1)]
    pub quantity: u32,
}

/// A note on an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoteBody {
    /// Names the note within its order.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What it says.
    pub text: String,
}
