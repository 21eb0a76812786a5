//! What a payment provider knows, and what it can be asked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Label, Money, OrderId, PaymentId, Reason, RefundId};

/// What a provider is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Set money aside on the customer's side.
    Authorize,
    /// Take what was authorized.
    Capture,
    /// Give up what is still open of an authorization.
    Void,
    /// Give money back.
    Refund,
}

impl Operation {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A refund as a provider knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundFact {
    /// Its name: ours, or the provider's for one that was made there.
    pub id: RefundId,
    /// How much went back.
    pub amount: Money,
}

/// What a provider knows of one payment: **sums since it began**, never differences. So facts can be
/// folded: doubled, late and reordered ones come to the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFacts {
    /// Whose payment it is.
    pub order_id: OrderId,
    /// Which payment of the order.
    pub payment_id: PaymentId,
    /// The provider's own name of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Label>,
    /// All that was ever authorized.
    pub authorized: Money,
    /// All that was ever captured.
    pub captured: Money,
    /// All that was authorized and then given up.
    pub voided: Money,
    /// The refunds, those that this tells of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<RefundFact>,
    /// All that the customer's bank disputes.
    pub disputed: Money,
    /// Why the payment was declined; none if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<Reason>,
}

impl PaymentFacts {
    /// That nothing is known of a payment but its name.
    pub const fn nothing(order_id: OrderId, payment_id: PaymentId, zero: Money) -> Self {
        Self {
            order_id,
            payment_id,
            reference: None,
            authorized: zero,
            captured: zero,
            voided: zero,
            refunds: Vec::new(),
            disputed: zero,
            declined: None,
        }
    }
}
