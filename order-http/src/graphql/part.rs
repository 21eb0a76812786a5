//! The parts of an order as GraphQL shows them.

use async_graphql::{ComplexObject, ID, SimpleObject};
use order_core::AdjustmentValue;

use super::{
    product::Product,
    scalar::{DateTime, Decimal},
    word::{AdjustmentKind, OrderAction, OrderStatus, PaymentOperation, PaymentState, ReturnState},
};

/// An id as GraphQL has it.
pub(super) fn of_text(id: &(impl ToString + ?Sized)) -> ID {
    ID(id.to_string())
}

/// An optional text.
pub(super) fn text(text: Option<&(impl ToString + ?Sized)>) -> Option<String> {
    text.map(ToString::to_string)
}

/// One line of an order.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(super) struct OrderItem {
    /// Names the line within its order.
    id: ID,
    /// What is sold.
    product_id: ID,
    /// The product's name when it was ordered.
    name: String,
    /// Units ordered.
    quantity: u32,
    /// The price of one unit when it was ordered.
    unit_price: Decimal,
    /// The price of the live units.
    total: Decimal,
    /// Units called off.
    cancelled: u32,
    /// Units handed over to a carrier.
    shipped: u32,
    /// Units that arrived.
    delivered: u32,
    /// Units that somebody asked to send back.
    return_requested: u32,
    /// Units that came back.
    returned: u32,
    #[graphql(skip)]
    product: order_core::ProductId,
}

#[ComplexObject]
impl OrderItem {
    /// What is sold, as it is now.
    async fn product(&self) -> Product {
        Product::named(self.product.clone())
    }
}

impl From<&order_core::Line> for OrderItem {
    fn from(line: &order_core::Line) -> Self {
        Self {
            id: of_text(&line.id),
            product_id: of_text(&line.product_id),
            name: line.name.to_string(),
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            // The totals of an order that exists fit.
            total: line.total().unwrap_or(line.unit_price).into(),
            cancelled: line.cancelled,
            shipped: line.shipped,
            delivered: line.delivered,
            return_requested: line.return_requested,
            returned: line.returned,
            product: line.product_id.clone(),
        }
    }
}

/// A discount, shipping charge, fee or tax: an amount or a percentage.
#[derive(Debug, SimpleObject)]
pub(super) struct Adjustment {
    /// Names the adjustment within its order.
    id: ID,
    /// What it is for.
    kind: AdjustmentKind,
    /// What people read on the invoice.
    label: String,
    /// The line it is about; null for the whole order.
    line_id: Option<ID>,
    /// A fixed amount.
    amount: Option<Decimal>,
    /// A percentage.
    percent: Option<String>,
}

impl From<&order_core::Adjustment> for Adjustment {
    fn from(adjustment: &order_core::Adjustment) -> Self {
        let (amount, percent) = match adjustment.value {
            AdjustmentValue::Amount(amount) => (Some(amount.into()), None),
            AdjustmentValue::Percent(rate) => (None, Some(rate.to_string())),
        };
        Self {
            id: of_text(&adjustment.id),
            kind: adjustment.kind.into(),
            label: adjustment.label.to_string(),
            line_id: adjustment.line_id.as_ref().map(of_text),
            amount,
            percent,
        }
    }
}

/// Units of one line.
#[derive(Debug, SimpleObject)]
pub(super) struct LineQuantity {
    /// Which line.
    line_id: ID,
    /// How many units.
    quantity: u32,
}

impl From<&order_core::LineQuantity> for LineQuantity {
    fn from(units: &order_core::LineQuantity) -> Self {
        Self { line_id: of_text(&units.line_id), quantity: units.quantity }
    }
}

/// One parcel.
#[derive(Debug, SimpleObject)]
pub(super) struct Shipment {
    /// Names the parcel within its order.
    id: ID,
    /// Who carries it.
    carrier: Option<String>,
    /// The carrier's number for it.
    tracking_number: Option<String>,
    /// What is in it.
    items: Vec<LineQuantity>,
    /// When it was handed over.
    shipped_at: DateTime,
    /// When it arrived.
    delivered_at: Option<DateTime>,
}

impl From<&order_core::Shipment> for Shipment {
    fn from(shipment: &order_core::Shipment) -> Self {
        Self {
            id: of_text(&shipment.id),
            carrier: text(shipment.carrier.as_ref()),
            tracking_number: text(shipment.tracking_number.as_ref()),
            items: shipment.items.iter().map(LineQuantity::from).collect(),
            shipped_at: shipment.shipped_at.into(),
            delivered_at: shipment.delivered_at.map(DateTime),
        }
    }
}

/// One payment and its ledger.
#[derive(Debug, SimpleObject)]
pub(super) struct Payment {
    /// Names the payment within its order.
    id: ID,
    /// How it is paid.
    method: String,
    /// The provider's own reference.
    reference: Option<String>,
    /// Where it stands.
    state: PaymentState,
    /// What was authorized, or captured at once.
    authorized: Decimal,
    /// What was captured.
    captured: Decimal,
    /// What was authorized and then given up.
    voided: Decimal,
    /// What went back.
    refunded: Decimal,
    /// What the customer's bank disputes.
    disputed: Option<Decimal>,
    /// Whether a payment provider moves its money, not somebody who records it.
    remote: bool,
    /// When it was first heard of.
    at: DateTime,
}

impl From<&order_core::Payment> for Payment {
    fn from(payment: &order_core::Payment) -> Self {
        Self {
            id: of_text(&payment.id),
            method: payment.method.to_string(),
            reference: text(payment.reference.as_ref()),
            state: payment.state().into(),
            authorized: payment.authorized.into(),
            captured: payment.captured.into(),
            voided: payment.voided.into(),
            refunded: payment.refunded.into(),
            disputed: payment.disputed.map(Decimal::from),
            remote: payment.remote,
            at: payment.at.into(),
        }
    }
}

/// One return.
#[derive(Debug, SimpleObject)]
pub(super) struct Return {
    /// Names the return within its order.
    id: ID,
    /// Where it stands.
    state: ReturnState,
    /// What was asked for.
    items: Vec<LineQuantity>,
    /// What came back.
    received: Vec<LineQuantity>,
    /// Why.
    reason: Option<String>,
    /// When it was asked for.
    requested_at: DateTime,
}

impl From<&order_core::Return> for Return {
    fn from(back: &order_core::Return) -> Self {
        Self {
            id: of_text(&back.id),
            state: back.state.into(),
            items: back.items.iter().map(LineQuantity::from).collect(),
            received: back.received.iter().map(LineQuantity::from).collect(),
            reason: text(back.reason.as_ref()),
            requested_at: back.requested_at.into(),
        }
    }
}

/// A note on an order.
#[derive(Debug, SimpleObject)]
pub(super) struct Note {
    /// Names the note within its order.
    id: ID,
    /// Who wrote it.
    author: String,
    /// When.
    at: DateTime,
    /// What it says.
    text: String,
}

impl From<&order_core::Note> for Note {
    fn from(note: &order_core::Note) -> Self {
        Self {
            id: of_text(&note.id),
            author: note.author.to_string(),
            at: note.at.into(),
            text: note.text.clone(),
        }
    }
}

/// A postal address; every part is optional.
#[derive(Debug, SimpleObject)]
pub(super) struct Address {
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
    /// The country, as the client wrote it.
    country: Option<String>,
    /// A telephone number for the carrier.
    phone: Option<String>,
}

impl From<&order_core::Address> for Address {
    fn from(address: &order_core::Address) -> Self {
        Self {
            name: text(address.name.as_ref()),
            company: text(address.company.as_ref()),
            street: text(address.street.as_ref()),
            street2: text(address.street2.as_ref()),
            city: text(address.city.as_ref()),
            state: text(address.state.as_ref()),
            zip_code: text(address.zip_code.as_ref()),
            country: text(address.country.as_ref()),
            phone: text(address.phone.as_ref()),
        }
    }
}

/// Why somebody has to look at an order.
#[derive(Debug, SimpleObject)]
pub(super) struct Attention {
    /// The stable code, such as `payment.request_refused`.
    code: String,
    /// What there is to know.
    detail: Option<String>,
    /// Since when.
    since: DateTime,
    /// Whether nothing more happens to the order by itself until then.
    stops: bool,
}

impl From<&order_core::Attention> for Attention {
    fn from(attention: &order_core::Attention) -> Self {
        Self {
            code: attention.code.to_string(),
            detail: text(attention.detail.as_ref()),
            since: attention.since.into(),
            stops: attention.stops(),
        }
    }
}

/// Something that a payment provider was asked and has not answered yet.
#[derive(Debug, SimpleObject)]
pub(super) struct PendingCall {
    /// What is asked.
    operation: PaymentOperation,
    /// Of which payment.
    payment_id: ID,
    /// How much.
    amount: Decimal,
    /// The refund's name.
    refund_id: Option<ID>,
    /// Since when.
    since: DateTime,
}

impl From<&order_core::Call> for PendingCall {
    fn from(call: &order_core::Call) -> Self {
        Self {
            operation: call.operation.into(),
            payment_id: of_text(&call.payment_id),
            amount: call.amount.into(),
            refund_id: call.refund_id.as_ref().map(of_text),
            since: call.at.into(),
        }
    }
}

/// Whether an action is allowed now, and if not, why.
#[derive(Debug, SimpleObject)]
pub(super) struct Advice {
    /// The action.
    action: OrderAction,
    /// Whether it would do something now.
    allowed: bool,
    /// The code of the error it would get.
    code: Option<&'static str>,
    /// The same in words.
    reason: Option<String>,
}

impl From<order_core::Advice> for Advice {
    fn from(advice: order_core::Advice) -> Self {
        let order_core::Advice { action, allowed, code, reason } = advice;
        Self { action: action.into(), allowed, code, reason }
    }
}

/// A legal move of an order.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderTransition {
    /// The status before; null where the action begins an order.
    from: Option<OrderStatus>,
    /// What is done.
    action: OrderAction,
    /// The status after.
    to: OrderStatus,
}

impl From<&order_core::Transition> for OrderTransition {
    fn from(transition: &order_core::Transition) -> Self {
        Self {
            from: transition.from.map(Into::into),
            action: transition.action.into(),
            to: transition.to.into(),
        }
    }
}
