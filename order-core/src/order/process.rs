//! What an order knows of the process that drives it: what was asked outside and not answered yet.

use serde::{Deserialize, Serialize};

use super::{
    facts::Operation,
    plan::{PayWith, Plan},
};
use crate::{Label, Money, PaymentId, ProductId, Reason, RefundId, ReturnId, Timestamp};

/// The code under which a dispute asks for attention. It stops nothing.
pub(crate) const DISPUTED: &str = "payment.disputed";

/// Units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Units {
    /// Which product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: u64,
}

/// A call of a payment provider that was recorded before it was made, and is not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The version that recorded it. With the ordinal it names the call.
    pub version: u64,
    /// Its event's place in the version.
    #[serde(default)]
    pub ordinal: u32,
    /// What is asked.
    pub operation: Operation,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Money,
    /// The refund's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// The return that the refund belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_id: Option<ReturnId>,
    /// Why it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A hold that an inventory was asked for, and has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldAsked {
    /// The version that recorded it: later ones count more.
    pub version: u64,
    /// All that shall be held.
    pub units: Vec<Units>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// Why somebody has to look at an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attention {
    /// The stable code.
    pub code: Label,
    /// What there is to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Reason>,
    /// Since when.
    pub since: Timestamp,
}

impl Attention {
    /// Whether the process waits for somebody. Only a dispute lets it go on.
    pub fn stops(&self) -> bool {
        self.code.as_str() != DISPUTED
    }
}

/// What an order knows of the process that drives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// What is to happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What the customer pays with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_with: Option<PayWith>,
    /// Calls that are not answered yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// What an inventory beside us holds for the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Units>,
    /// The hold that is not answered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_asked: Option<HoldAsked>,
    /// Why the last hold was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<Reason>,
    /// Why somebody has to look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<Attention>,
    /// Whether somebody took the order over: the process does nothing more by itself.
    #[serde(default, skip_serializing_if = "super::line::is_false")]
    pub closed: bool,
}

impl Process {
    /// The first call that is not answered yet and does this to a payment.
    pub(crate) fn call(&self, operation: Operation, payment_id: &PaymentId) -> Option<&Call> {
        let is_it = |call: &&Call| call.operation == operation && call.payment_id == *payment_id;
        self.calls.iter().find(is_it)
    }
}
