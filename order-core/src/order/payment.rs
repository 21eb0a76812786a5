//! One payment and its ledger.

use serde::{Deserialize, Serialize};

use super::facts::RefundFact;
use crate::{Currency, Label, Money, PaymentId, RefundId, Timestamp};

/// Where a payment stands: a word for its ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
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

/// One payment. `captured + voided ≤ authorized` and `refunded ≤ captured` hold after every command.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Names the payment within its order.
    pub id: PaymentId,
    /// How it is paid: `card`, `bank transfer`, `invoice`, …
    pub method: Label,
    /// The payment provider's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Label>,
    /// What was authorized, or captured without an authorization before it.
    pub authorized: Money,
    /// What was captured.
    pub captured: Money,
    /// What was authorized and then given up.
    pub voided: Money,
    /// What went back.
    pub refunded: Money,
    /// Whether it was declined.
    #[serde(default, skip_serializing_if = "super::line::is_false")]
    pub failed: bool,
    /// Whether a payment provider moves its money. Then only what the provider says changes it.
    #[serde(default, skip_serializing_if = "super::line::is_false")]
    pub remote: bool,
    /// What went back in each refund, as the provider names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<RefundFact>,
    /// What the customer's bank disputes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed: Option<Money>,
    /// When it was first heard of.
    pub at: Timestamp,
}

impl Payment {
    /// What may still be captured, in minor units.
    pub const fn open(&self) -> i64 {
        self.authorized.minor() - self.captured.minor() - self.voided.minor()
    }

    /// What went back in a refund, in minor units.
    pub(crate) fn refunded_as(&self, id: &RefundId) -> i64 {
        let refund = self.refunds.iter().find(|refund| refund.id == *id);
        refund.map_or(0, |refund| refund.amount.minor())
    }

    /// What the customer's bank disputes; zero if nothing.
    pub(crate) fn disputed(&self, currency: Currency) -> Money {
        self.disputed.unwrap_or(Money::zero(currency))
    }

    /// What was captured and has not gone back, in minor units.
    pub const fn refundable(&self) -> i64 {
        self.captured.minor() - self.refunded.minor()
    }

    /// Where the payment stands.
    pub const fn state(&self) -> PaymentState {
        let (captured, refunded) = (self.captured.minor(), self.refunded.minor());
        if self.failed {
            PaymentState::Failed
        } else if captured > 0 && refunded == captured {
            PaymentState::Refunded
        } else if refunded > 0 {
            PaymentState::PartiallyRefunded
        } else if captured > 0 && self.open() > 0 {
            PaymentState::PartiallyCaptured
        } else if captured > 0 {
            PaymentState::Captured
        } else if self.open() > 0 {
            PaymentState::Authorized
        } else if self.remote && self.authorized.is_zero() {
            PaymentState::Pending
        } else {
            PaymentState::Voided
        }
    }

    /// Whether the ledger is in order.
    pub(crate) fn is_sound(&self, currency: Currency) -> bool {
        let ledger = [self.authorized, self.captured, self.voided, self.refunded];
        let [authorized, captured, voided, refunded] = ledger.map(Money::minor);
        // Compared in an order in which no difference can overflow.
        ledger.iter().all(|amount| amount.currency() == currency && !amount.is_negative())
            && self.disputed.is_none_or(|it| it.currency() == currency && it.is_positive())
            && captured <= authorized
            && voided <= authorized - captured
            && refunded <= captured
    }
}
