//! Where money is moved: a payment provider.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::remote::RemoteError;
use crate::{IdempotencyKey, Label, Money, OrderId, PaymentId, Reason, RefundId, Timestamp};

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

/// One call of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentCall {
    /// Names the call: the same for every repeat of it, another for every other call.
    pub key: IdempotencyKey,
    /// Whose payment it is.
    pub order_id: OrderId,
    /// Which payment of the order.
    pub payment_id: PaymentId,
    /// What to do.
    pub operation: Operation,
    /// How much. For [`Operation::Void`] what is open.
    pub amount: Money,
    /// The refund's name; for [`Operation::Refund`] only.
    pub refund_id: Option<RefundId>,
    /// How the customer pays.
    pub method: Label,
    /// What the customer pays with: a token that the provider gave to the customer's side.
    pub source: Option<Label>,
    /// The provider's own name of the payment, as far as it is known.
    pub reference: Option<Label>,
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

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It is under way; a callback will tell.
    Pending,
    /// The provider will not do it: an authorization is declined, an authorization has run out.
    Refused(Reason),
}

/// A provider's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentAnswer {
    /// What became of the call.
    pub outcome: Outcome,
    /// What is known of the payment after it.
    pub facts: PaymentFacts,
}

/// Something that a provider tells by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentNotice {
    /// Which provider.
    pub provider: Label,
    /// The provider's id of what happened: the same if it tells it again.
    pub id: Label,
    /// What it was, in the provider's words; for people.
    pub kind: Label,
    /// When it happened.
    pub at: Timestamp,
    /// What is known of the payment since.
    pub facts: PaymentFacts,
}

/// A payment provider.
///
/// 1. A call with a key that it knows already has no effect and gets the first answer, or a later
///    truth.
/// 2. `Ok` says what is true at the provider.
/// 3. After [`RemoteError::Unavailable`] nobody knows whether the call had an effect.
#[async_trait]
pub trait Payments: Debug + Send + Sync {
    /// Carries out a call.
    ///
    /// # Errors
    /// [`RemoteError`]. A refusal is an answer, no error.
    async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, RemoteError>;
}
