//! The table.

use self::Kind::{Count, Decimal, Facts, Flag, List, Object, OneOf, Text, Texts};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// An exact decimal number, written as a text.
    Decimal,
    Count,
    /// A whole number of either sign.
    Change,
    Flag,
    Texts,
    Facts,
    OneOf(&'static [&'static str]),
    Object(&'static str),
    List(&'static str),
}

/// A field of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
}

/// A kind of event.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) fields: &'static [Field],
}

pub(super) const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: true }
}

pub(super) const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: false }
}

pub(super) const fn event(
    name: &'static str,
    about: &'static str,
    fields: &'static [Field],
) -> Event {
    Event { name, about, fields }
}

const OPERATIONS: Kind = OneOf(&["authorize", "capture", "void", "refund"]);
const ADJUSTMENTS: Kind = OneOf(&["discount", "shipping", "fee", "tax"]);
const COLLECTIONS: Kind = OneOf(&["on_invoice", "before_confirm", "on_shipment"]);

/// Objects that several events have.
pub(super) const OBJECTS: &[(&str, &[Field])] = &[
    ("Money", &[must("amount", Decimal), must("currency", Text)]),
    ("LineQuantity", &[must("lineId", Text), must("quantity", Count)]),
    ("Units", &[must("productId", Text), must("quantity", Count)]),
    (
        "Line",
        &[
            must("id", Text),
            must("productId", Text),
            must("name", Text),
            must("quantity", Count),
            must("unitPrice", Object("Money")),
            may("tracked", Flag),
            may("cancelled", Count),
            may("shipped", Count),
            may("delivered", Count),
            may("returnRequested", Count),
            may("returned", Count),
        ],
    ),
    (
        "Adjustment",
        &[
            must("id", Text),
            must("kind", ADJUSTMENTS),
            must("label", Text),
            may("lineId", Text),
            must("value", Object("AdjustmentValue")),
        ],
    ),
    ("AdjustmentValue", &[may("amount", Object("Money")), may("percent", Decimal)]),
    ("PayWith", &[must("method", Text)]),
    (
        "Plan",
        &[
            may("collect", COLLECTIONS),
            may("hold", Flag),
            may("confirm", Flag),
            may("expireAfterMs", Count),
            may("completeAfterMs", Count),
        ],
    ),
];

const CONTENT: &[Field] = &[
    must("number", Text),
    may("customerId", Text),
    must("currency", Text),
    may("country", Text),
    must("lines", List("Line")),
    may("adjustments", List("Adjustment")),
    may("tags", Texts),
    may("metadata", Facts),
    may("plan", Object("Plan")),
    may("payWith", Object("PayWith")),
];

const EDITED: &[Field] = &[
    may("lines", List("Line")),
    may("adjustments", List("Adjustment")),
    may("tags", Texts),
    may("metadata", Facts),
    may("country", Text),
    may("person", Flag),
];

const SHIPPED: &[Field] = &[
    must("shipmentId", Text),
    must("items", List("LineQuantity")),
    may("carrier", Text),
    may("trackingNumber", Text),
];

const AUTHORIZED: &[Field] = &[
    must("paymentId", Text),
    must("amount", Object("Money")),
    must("method", Text),
    may("reference", Text),
    may("remote", Flag),
];

const CAPTURED: &[Field] = &[
    must("paymentId", Text),
    must("amount", Object("Money")),
    must("method", Text),
    may("reference", Text),
];

const FAILED: &[Field] =
    &[must("paymentId", Text), must("method", Text), may("reason", Text), may("remote", Flag)];

const REFUNDED: &[Field] = &[
    must("refundId", Text),
    must("paymentId", Text),
    must("amount", Object("Money")),
    may("returnId", Text),
    may("reason", Text),
];

const REQUESTED: &[Field] = &[
    must("operation", OPERATIONS),
    must("paymentId", Text),
    must("amount", Object("Money")),
    must("method", Text),
    may("refundId", Text),
    may("returnId", Text),
    may("reason", Text),
];

const REFUSED: &[Field] = &[
    must("operation", OPERATIONS),
    must("paymentId", Text),
    may("refundId", Text),
    may("reason", Text),
];

const PAID: &[Field] = &[must("paymentId", Text), must("amount", Object("Money"))];
const WHY: &[Field] = &[may("reason", Text)];
const UNITS: &[Field] = &[must("items", List("LineQuantity")), may("reason", Text)];
const BACK: &[Field] =
    &[must("returnId", Text), must("items", List("LineQuantity")), may("reason", Text)];
const RECEIVED: &[Field] =
    &[must("returnId", Text), must("items", List("LineQuantity")), must("restock", Flag)];

/// Every kind of event, in the order of its declaration.
pub(super) const EVENTS: &[Event] = &[
    event("order.drafted", "An order was begun.", CONTENT),
    event("order.placed", "An order was placed.", CONTENT),
    event("order.edited", "Parts of the order were replaced.", EDITED),
    event("order.confirmed", "The seller accepted the order.", &[]),
    event("order.processing_started", "Picking and packing began.", &[]),
    event("order.held", "The order was stopped.", WHY),
    event("order.released", "The order goes on.", &[]),
    event("order.cancelled", "The whole order was called off.", WHY),
    event("order.items_cancelled", "Units were called off.", UNITS),
    event("order.completed", "The order is done.", &[]),
    event("order.archived", "The order was put away.", &[]),
    event("order.unarchived", "The order was taken out of the archive.", &[]),
    event("order.noted", "A note was written; its text is not here.", &[must("noteId", Text)]),
    event(
        "order.person_erased",
        "The person behind the order was forgotten: forget them too.",
        &[],
    ),
    event("fulfillment.shipped", "A parcel was handed over.", SHIPPED),
    event("fulfillment.delivered", "A parcel arrived.", &[must("shipmentId", Text)]),
    event("payment.authorized", "Money was authorized.", AUTHORIZED),
    event("payment.captured", "Money was captured.", CAPTURED),
    event("payment.voided", "What was open of an authorization was given up.", PAID),
    event("payment.failed", "A payment was declined.", FAILED),
    event("payment.refunded", "Money went back.", REFUNDED),
    event("payment.requested", "A payment provider is asked.", REQUESTED),
    event("payment.request_refused", "A payment provider will not do it.", REFUSED),
    event("payment.disputed", "The customer's bank disputes captured money.", PAID),
    event(
        "stock.hold_requested",
        "An inventory is asked to hold just this.",
        &[must("units", List("Units"))],
    ),
    event("stock.held", "The inventory holds what it was asked to.", &[]),
    event("stock.hold_refused", "The inventory has not enough.", WHY),
    event(
        "process.stalled",
        "The process cannot go on: somebody has to look at it.",
        &[must("code", Text), may("detail", Text)],
    ),
    event("process.resumed", "Somebody looked at it, and it goes on.", &[]),
    event("process.closed", "Somebody took the order over.", &[]),
    event("return.requested", "Somebody asked to send units back.", BACK),
    event("return.received", "Units came back.", RECEIVED),
    event(
        "return.rejected",
        "What had not come back was refused.",
        &[must("returnId", Text), may("reason", Text)],
    ),
];
