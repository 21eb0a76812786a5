//! Words out of a set, written in capitals as GraphQL has it: what REST calls `partially_shipped` is
//! `PARTIALLY_SHIPPED` here.

use async_graphql::Enum;
use serde::Serialize;

/// A word as REST has it.
pub(super) fn in_rest(word: impl Serialize) -> Option<String> {
    serde_json::to_value(word).ok()?.as_str().map(str::to_owned)
}

/// The one word people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "order_core::Status")]
#[serde(rename_all = "snake_case")]
pub(super) enum OrderStatus {
    /// Being put together.
    Draft,
    /// Placed, waiting to be confirmed.
    Pending,
    /// Accepted by the seller.
    Confirmed,
    /// Being picked and packed.
    Processing,
    /// Some units left the house.
    PartiallyShipped,
    /// Every unit left the house.
    Shipped,
    /// Every unit arrived.
    Delivered,
    /// Delivered, paid, done.
    Completed,
    /// Called off.
    Cancelled,
    /// Every unit came back.
    Returned,
}

/// Where an order stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::Lifecycle")]
pub(super) enum OrderLifecycle {
    /// Being put together; nothing is promised yet.
    Draft,
    /// Placed by the customer, stock is held.
    Placed,
    /// Accepted by the seller.
    Confirmed,
    /// Delivered, paid, done.
    Completed,
    /// Called off as a whole.
    Cancelled,
}

/// What the payments of an order amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::PaymentStatus")]
pub(super) enum PaymentStatus {
    /// Nothing was authorized or captured.
    Unpaid,
    /// An authorization was asked for and not yet answered.
    Pending,
    /// Money is authorized, none is captured.
    Authorized,
    /// Less than the total is captured.
    PartiallyPaid,
    /// The total is captured.
    Paid,
    /// More than what is owed is captured; the rest is due back.
    Overpaid,
    /// A part of what was captured went back.
    PartiallyRefunded,
    /// All that was captured went back.
    Refunded,
    /// Every authorization was voided.
    Voided,
    /// The last attempt to pay failed.
    Failed,
}

/// What the parcels of an order amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::FulfillmentStatus")]
pub(super) enum FulfillmentStatus {
    /// Nothing left the house.
    Unfulfilled,
    /// Some units are on their way.
    PartiallyShipped,
    /// Every unit left the house.
    Shipped,
    /// Some units arrived.
    PartiallyDelivered,
    /// Every unit arrived.
    Delivered,
}

/// What came, or shall come, back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::ReturnStatus")]
pub(super) enum ReturnStatus {
    /// Nothing is asked back.
    None,
    /// A return is open and nothing came back yet.
    Requested,
    /// Some units came back.
    PartiallyReturned,
    /// Every unit came back.
    Returned,
}

/// What can be done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::Action")]
pub(super) enum OrderAction {
    /// Begin an order that is not placed yet.
    Draft,
    /// Place an order, new or drafted.
    Place,
    /// Change lines, adjustments, addresses, tags or metadata.
    Edit,
    /// Accept a placed order.
    Confirm,
    /// Begin to pick and pack.
    Process,
    /// Stop the order from going on.
    Hold,
    /// Let a held order go on.
    Release,
    /// Call off the whole order.
    Cancel,
    /// Call off units of some lines.
    CancelItems,
    /// Hand a parcel over to a carrier.
    Ship,
    /// Record that parcels arrived.
    Deliver,
    /// Close a delivered and paid order.
    Complete,
    /// Put a finished order away.
    Archive,
    /// Take an order out of the archive.
    Unarchive,
    /// Record that money is authorized.
    Authorize,
    /// Record that money is captured.
    Capture,
    /// Record that an authorization is given up.
    Void,
    /// Record that a payment was declined.
    FailPayment,
    /// Record that money went back.
    Refund,
    /// Ask to send units back.
    RequestReturn,
    /// Record that units came back.
    ReceiveReturn,
    /// Refuse what has not come back of a return.
    RejectReturn,
    /// Record what the process asks outside, and what comes back.
    Advance,
    /// Write a note.
    Note,
    /// Forget the person behind the order.
    Erase,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::PaymentState")]
pub(super) enum PaymentState {
    /// A provider was asked, and nothing is known yet.
    Pending,
    /// Money is authorized and none of it captured.
    Authorized,
    /// A part is captured, a part is still authorized.
    PartiallyCaptured,
    /// All that is left of it is captured.
    Captured,
    /// A part of what was captured went back.
    PartiallyRefunded,
    /// All that was captured went back.
    Refunded,
    /// The authorization was given up before anything was captured.
    Voided,
    /// The payment was declined.
    Failed,
}

/// Where a return stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::ReturnState")]
pub(super) enum ReturnState {
    /// Units are still awaited.
    Requested,
    /// All that was asked for came back.
    Received,
    /// What had not come back was refused.
    Rejected,
}

/// What a payment provider is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::Operation")]
pub(super) enum PaymentOperation {
    /// Set money aside on the customer's side.
    Authorize,
    /// Take what was authorized.
    Capture,
    /// Give up what is still open of an authorization.
    Void,
    /// Give money back.
    Refund,
}

/// What an adjustment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "order_core::AdjustmentKind")]
#[serde(rename_all = "snake_case")]
pub(super) enum AdjustmentKind {
    /// Taken off; all discounts together never exceed the subtotal.
    Discount,
    /// Added for carriage.
    Shipping,
    /// Added for anything else, such as gift wrapping.
    Fee,
    /// Added on what is left after discounts, with shipping and fees.
    Tax,
}

/// When a payment provider is asked for the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaymentCollection {
    /// Never: it is paid by invoice, or otherwise, and somebody records it.
    OnInvoice,
    /// It is authorized and captured before the order is confirmed.
    BeforeConfirm,
    /// It is authorized before the order is confirmed, and captured with the first parcel.
    OnShipment,
}

/// What a payment that is recorded came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RecordedPayment {
    /// The money is there.
    Captured,
    /// The money is set aside.
    Authorized,
    /// It was declined.
    Failed,
}

/// How orders are sorted: by when they were placed, drafts by when they were begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum OrderSort {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "order_core::RoleKind")]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// Their own orders and their own account.
    Customer,
    /// All orders.
    Staff,
    /// Another program: what staff may, webhooks too.
    Service,
    /// All that can be done.
    Admin,
}

/// Whether events are delivered to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WebhookState {
    /// They are.
    Active,
    /// They are kept until it is active again, for 30 days.
    Disabled,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "order_core::webhook::DeliveryState")]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryState {
    /// It is tried, or waits for the event of its order before it.
    Pending,
    /// The endpoint has it.
    Delivered,
    /// It was tried for three days and is not tried again by itself.
    Failed,
}

/// What became of a notice of a payment provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::ports::NoticeState")]
pub(super) enum NoticeState {
    /// It waits: its order is not there yet, or something failed.
    Waiting,
    /// It is in its order.
    Applied,
    /// Its order will never take it: somebody has to look at it.
    Refused,
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RevenueInterval {
    /// An hour of the clock.
    Hour,
    /// A day of the zone.
    Day,
    /// A week of the zone, from Monday.
    Week,
    /// A month of the zone.
    Month,
}

/// What comes first in a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RankingSort {
    /// What sells for the most.
    Sales,
    /// The most units.
    Units,
    /// The most orders.
    Orders,
}

/// What a report is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "order_core::ports::StatsBy")]
#[serde(rename_all = "snake_case")]
pub(super) enum ReportBy {
    /// By month of placement, of refund or of issue.
    Month,
    /// By country.
    Country,
    /// By status.
    Status,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order_core::ports::Severity")]
pub(super) enum FindingSeverity {
    /// Good to know.
    Info,
    /// May hurt later.
    Warning,
    /// Hurts now.
    Error,
}

/// What became of a record of another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum ImportState {
    /// It was taken over now.
    Taken,
    /// It was taken over before.
    Known,
    /// It was refused.
    Refused,
}
