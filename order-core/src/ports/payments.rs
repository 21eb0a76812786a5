//! Where money is moved: a payment provider.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::remote::RemoteError;
use crate::{
    IdempotencyKey, Label, Money, Operation, OrderId, PaymentFacts, PaymentId, Reason, RefundId,
    Timestamp,
};

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
