//! What happened to an order: past tense, for ever, without personal data.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    adjustment::Adjustment,
    command::{Content, LineQuantity},
    facts::Operation,
    line::Line,
    plan::PayWith,
    process::Units,
};
use crate::{
    Carrier, Country, Label, Money, NoteId, OrderId, PaymentId, Reason, RefundId, ReturnId,
    ShipmentId, Tag, Timestamp, TrackingNumber,
};

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident $body:tt = $wire:literal),+ $(,)?) => {
        events!(@enum $($(#[$doc])* $variant $body = $wire),+);

        impl OrderEvent {
            /// The wire names of every kind, in the order of declaration.
            pub const NAMES: &'static [&'static str] = &[$($wire),+];

            /// The name on the wire: the CloudEvents `type`.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $wire),+ }
            }
        }
    };
    (@enum $($(#[$doc:meta])* $variant:ident $body:tt = $wire:literal),+) => {
        /// What happened to an order.
        ///
        /// Wire form: `{"type":"order.placed","data":{…}}`. Names and fields never change; new
        /// fields are optional.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(tag = "type", content = "data")]
        pub enum OrderEvent {
            $($(#[$doc])* #[serde(rename = $wire, rename_all = "camelCase")] $variant $body),+
        }
    };
}

events! {
    /// An order was begun.
    Drafted(Arc<Content>) = "order.drafted",
    /// An order was placed.
    Placed(Arc<Content>) = "order.placed",
    /// Parts of the order were replaced.
    Edited {
        /// The lines from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines: Option<Vec<Line>>,
        /// The adjustments from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        adjustments: Option<Vec<Adjustment>>,
        /// The tags from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tags: Option<Vec<Tag>>,
        /// The metadata from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        metadata: Option<BTreeMap<String, String>>,
        /// The country from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<Country>,
        /// Whether personal data changed too; what it is stays out of events.
        #[serde(default, skip_serializing_if = "super::line::is_false")]
        person: bool,
    } = "order.edited",
    /// The seller accepted the order.
    Confirmed {} = "order.confirmed",
    /// Picking and packing began.
    ProcessingStarted {} = "order.processing_started",
    /// The order was stopped.
    Held {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "order.held",
    /// The order goes on.
    Released {} = "order.released",
    /// The whole order was called off.
    Cancelled {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "order.cancelled",
    /// Units were called off.
    ItemsCancelled {
        /// Which.
        items: Vec<LineQuantity>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "order.items_cancelled",
    /// The order is done.
    Completed {} = "order.completed",
    /// The order was put away.
    Archived {} = "order.archived",
    /// The order was taken out of the archive.
    Unarchived {} = "order.unarchived",
    /// A note was written; its text is kept with the personal data.
    Noted {
        /// Which note.
        note_id: NoteId,
    } = "order.noted",
    /// The person behind the order was forgotten: of the personal data nothing is left.
    PersonErased {} = "order.person_erased",
    /// A parcel was handed over.
    Shipped {
        /// Which parcel.
        shipment_id: ShipmentId,
        /// What is in it.
        items: Vec<LineQuantity>,
        /// Who carries it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        carrier: Option<Carrier>,
        /// The carrier's number for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tracking_number: Option<TrackingNumber>,
    } = "fulfillment.shipped",
    /// A parcel arrived.
    Delivered {
        /// Which parcel.
        shipment_id: ShipmentId,
    } = "fulfillment.delivered",
    /// Money was authorized.
    PaymentAuthorized {
        /// Which payment.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// How it is paid.
        method: Label,
        /// The provider's own reference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Label>,
        /// Whether a provider moves its money, for a payment that begins here.
        #[serde(default, skip_serializing_if = "super::line::is_false")]
        remote: bool,
    } = "payment.authorized",
    /// Money was captured.
    PaymentCaptured {
        /// Which payment; one that was not authorized before begins here.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// How it is paid.
        method: Label,
        /// The provider's own reference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Label>,
    } = "payment.captured",
    /// What was open of an authorization was given up.
    PaymentVoided {
        /// Which payment.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
    } = "payment.voided",
    /// A payment was declined.
    PaymentFailed {
        /// Which payment.
        payment_id: PaymentId,
        /// How it was to be paid.
        method: Label,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
        /// Whether a provider moves its money, for a payment that begins here.
        #[serde(default, skip_serializing_if = "super::line::is_false")]
        remote: bool,
    } = "payment.failed",
    /// Money went back.
    PaymentRefunded {
        /// Which refund; one refund may take from several payments.
        refund_id: RefundId,
        /// From which payment.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// The return it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        return_id: Option<ReturnId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "payment.refunded",
    /// A payment provider is asked. Recorded before the call is made, so that no call is forgotten.
    PaymentRequested {
        /// What it is asked.
        operation: Operation,
        /// Of which payment; an authorization begins one.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// How it is paid.
        method: Label,
        /// The refund's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_id: Option<RefundId>,
        /// The return that the refund belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        return_id: Option<ReturnId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "payment.requested",
    /// A payment provider will not do what it was asked.
    PaymentRequestRefused {
        /// What it was asked.
        operation: Operation,
        /// Of which payment.
        payment_id: PaymentId,
        /// The refund's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_id: Option<RefundId>,
        /// Why not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "payment.request_refused",
    /// The customer's bank disputes money that was captured.
    PaymentDisputed {
        /// Of which payment.
        payment_id: PaymentId,
        /// How much more than before.
        amount: Money,
    } = "payment.disputed",
    /// An inventory beside us is asked to hold just this. Recorded before it is asked.
    StockHoldRequested {
        /// All that shall be held; nothing gives all back.
        units: Vec<Units>,
    } = "stock.hold_requested",
    /// The inventory holds what it was asked to.
    StockHeld {} = "stock.held",
    /// The inventory has not enough.
    StockHoldRefused {
        /// Of what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "stock.hold_refused",
    /// The process cannot go on: somebody has to look at it.
    ProcessStalled {
        /// The stable code.
        code: Label,
        /// What there is to know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<Reason>,
    } = "process.stalled",
    /// Somebody looked at it, and it goes on.
    ProcessResumed {} = "process.resumed",
    /// Somebody took the order over: nothing more happens by itself.
    ProcessClosed {} = "process.closed",
    /// Somebody asked to send units back.
    ReturnRequested {
        /// Which return.
        return_id: ReturnId,
        /// Which units.
        items: Vec<LineQuantity>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "return.requested",
    /// Units came back.
    ReturnReceived {
        /// Which return.
        return_id: ReturnId,
        /// Which units.
        items: Vec<LineQuantity>,
        /// Whether they went back into the stock.
        restock: bool,
    } = "return.received",
    /// What had not come back was refused.
    ReturnRejected {
        /// Which return.
        return_id: ReturnId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    } = "return.rejected",
}

impl OrderEvent {
    /// The event as others than the payment provider see it: without the provider's token for what the
    /// customer pays with, which is between both.
    pub fn without_token(&self) -> Cow<'_, Self> {
        let (Self::Drafted(content) | Self::Placed(content)) = self else {
            return Cow::Borrowed(self);
        };
        let Some(pay_with) = content.pay_with.as_ref().filter(|it| it.source.is_some()) else {
            return Cow::Borrowed(self);
        };
        let pay_with = Some(PayWith { source: None, ..pay_with.clone() });
        let content = Arc::new(Content { pay_with, ..Content::clone(content) });
        Cow::Owned(match self {
            Self::Drafted(_) => Self::Drafted(content),
            _ => Self::Placed(content),
        })
    }
}

/// Who did it: a subject such as a user's id, never a name or an address.
pub type Actor = Label;

/// Names an event for ever: `<order id>.<version>.<ordinal>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventId {
    /// The order.
    pub order_id: OrderId,
    /// The order's version that the event belongs to.
    pub version: u64,
    /// The event's place among those of the same version, from 0.
    pub ordinal: u32,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.order_id, self.version, self.ordinal)
    }
}

/// An event as it is kept: with its place in the order's history, its time and its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Where it stands.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: OrderEvent,
}
