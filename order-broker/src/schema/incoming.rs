//! The table of what other services send: [`incoming`](crate::incoming) reads it.

use super::table::{
    Event, Field,
    Kind::{Change, Count, Decimal, Flag, List, Object, Text},
    event, may, must,
};

/// Objects that only these events have.
pub(super) const OBJECTS: &[(&str, &[Field])] =
    &[("RefundFact", &[must("id", Text), must("amount", Object("Money"))])];

const PRODUCT: &[Field] = &[
    must("id", Text),
    must("name", Text),
    must("price", Decimal),
    may("description", Text),
    may("currency", Text),
    may("stock", Count),
    may("backorder", Flag),
    may("category", Text),
];

const FACTS: &[Field] = &[
    must("orderId", Text),
    must("paymentId", Text),
    must("authorized", Object("Money")),
    must("captured", Object("Money")),
    must("voided", Object("Money")),
    must("disputed", Object("Money")),
    may("refunds", List("RefundFact")),
    may("reference", Text),
    may("declined", Text),
];

/// Every kind of event that is read.
pub(super) const EVENTS: &[Event] = &[
    event("product.created", "A product is like this; without stock it is not counted.", PRODUCT),
    event("product.updated", "A product is like this now; without stock its level stays.", PRODUCT),
    event("product.deleted", "A product is not sold any more.", &[must("id", Text)]),
    event(
        "stock.changed",
        "So many units came, or went if below zero.",
        &[must("productId", Text), must("quantity", Change)],
    ),
    event(
        "stock.counted",
        "So many units are there.",
        &[must("productId", Text), must("stock", Count)],
    ),
    event(
        "payment.*",
        "What is known of a payment: sums since it began, never differences.",
        FACTS,
    ),
];
