//! What the process records in an order: what it asks outside, and what comes back.

use serde::{Deserialize, Serialize};

use super::{
    facts::{Operation, PaymentFacts},
    process::Units,
};
use crate::{Label, Money, PaymentId, Reason, RefundId, ReturnId};

/// A call of a payment provider that is to be recorded, and then made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequest {
    /// What to ask.
    pub operation: Operation,
    /// Of which payment; for an authorization a new one if none.
    pub payment_id: Option<PaymentId>,
    /// How much.
    pub amount: Money,
    /// The refund's name; the next free number if none.
    pub refund_id: Option<RefundId>,
    /// The return that the refund belongs to.
    pub return_id: Option<ReturnId>,
    /// Why.
    pub reason: Option<Reason>,
}

/// What the process records in an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// A payment provider is going to be asked.
    Request(PaymentRequest),
    /// What a payment provider knows of a payment.
    Facts(PaymentFacts),
    /// A payment provider will not do what it was asked.
    Refused {
        /// What it was asked.
        operation: Operation,
        /// Of which payment.
        payment_id: PaymentId,
        /// The refund's name.
        refund_id: Option<RefundId>,
        /// Why not.
        reason: Option<Reason>,
    },
    /// An inventory is going to be asked to hold just this.
    Hold(Vec<Units>),
    /// The inventory holds what it was asked to.
    Held,
    /// The inventory has not enough.
    Short {
        /// Of what.
        reason: Option<Reason>,
    },
    /// The process cannot go on: somebody has to look at it.
    Stall {
        /// The stable code.
        code: Label,
        /// What there is to know.
        detail: Option<Reason>,
    },
    /// Somebody has looked at it, and it shall go on.
    Resume,
    /// Somebody has taken the order over: nothing more shall happen by itself.
    Close,
}
