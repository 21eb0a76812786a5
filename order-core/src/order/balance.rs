//! What an order's money comes to: what is owed, captured, due, and still on its way.

use super::{
    facts::Operation,
    payment::Payment,
    state::Order,
    status::{Lifecycle, PaymentStatus},
};
use crate::Money;

impl Order {
    /// All that was captured, in minor units.
    pub fn captured(&self) -> i64 {
        self.payments.iter().map(|payment| payment.captured.minor()).sum()
    }

    /// All that went back, in minor units.
    pub fn refunded(&self) -> i64 {
        self.payments.iter().map(|payment| payment.refunded.minor()).sum()
    }

    /// All that is authorized and neither captured nor voided, in minor units.
    pub fn authorized(&self) -> i64 {
        self.payments.iter().map(Payment::open).sum()
    }

    /// What the customer owes in all, in minor units: the total, or nothing once cancelled.
    pub const fn owed(&self) -> i64 {
        match self.lifecycle {
            Lifecycle::Cancelled => 0,
            _ => self.totals.total.minor(),
        }
    }

    /// What may still be captured. A refund does not make money due again.
    pub fn due(&self) -> Money {
        let due = self.owed().saturating_sub(self.captured()).max(0);
        Money::new(due, self.currency)
    }

    /// What the payments amount to.
    pub fn payment_status(&self) -> PaymentStatus {
        let (captured, refunded, owed) = (self.captured(), self.refunded(), self.owed());
        if captured == 0 {
            return self.uncaptured_status();
        }
        let net = captured - refunded;
        if refunded > 0 && net == 0 {
            PaymentStatus::Refunded
        } else if net > owed {
            PaymentStatus::Overpaid
        } else if refunded > (captured - owed).max(0) {
            PaymentStatus::PartiallyRefunded
        } else if captured < owed {
            PaymentStatus::PartiallyPaid
        } else {
            PaymentStatus::Paid
        }
    }

    fn uncaptured_status(&self) -> PaymentStatus {
        if self.authorized() > 0 {
            return PaymentStatus::Authorized;
        }
        if self.calls().iter().any(|call| call.operation == Operation::Authorize) {
            return PaymentStatus::Pending;
        }
        match self.payments.last() {
            Some(payment) if payment.failed => PaymentStatus::Failed,
            Some(payment) if payment.remote && payment.authorized.is_zero() => {
                PaymentStatus::Unpaid
            }
            Some(_) => PaymentStatus::Voided,
            None if matches!(self.lifecycle, Lifecycle::Draft | Lifecycle::Cancelled) => {
                PaymentStatus::Unpaid
            }
            None if self.owed() == 0 => PaymentStatus::Paid,
            None => PaymentStatus::Unpaid,
        }
    }

    /// What is due and no provider is about to capture, in minor units.
    pub fn uncaptured(&self) -> i64 {
        let asked = self.calls().iter().filter(|call| call.operation == Operation::Capture);
        let asked: i64 = asked.map(|call| call.amount.minor()).sum();
        self.due().minor().saturating_sub(asked).max(0)
    }

    /// What is due and neither authorized nor about to be, in minor units.
    pub fn uncovered(&self) -> i64 {
        let asked = self.calls().iter().filter(|call| call.operation == Operation::Authorize);
        let asked: i64 = asked.map(|call| call.amount.minor()).sum();
        self.due().minor().saturating_sub(self.authorized()).saturating_sub(asked).max(0)
    }

    /// What may still be captured or voided of a payment, in minor units: what is open, unless a
    /// provider has just been asked for either.
    pub fn open_of(&self, payment: &Payment) -> i64 {
        let asked = self.process().is_some_and(|process| {
            process.call(Operation::Capture, &payment.id).is_some()
                || process.call(Operation::Void, &payment.id).is_some()
        });
        if asked { 0 } else { payment.open() }
    }

    /// What may still be captured of a payment, in minor units: what is open of it and due.
    pub fn capturable(&self, payment: &Payment) -> i64 {
        self.open_of(payment).min(self.uncaptured())
    }

    /// What may still be refunded of a payment, in minor units: what it holds, less what a provider
    /// has been asked to give back. So `refunded + pending refunds ≤ captured`.
    pub fn refundable(&self, payment: &Payment) -> i64 {
        let asked = self
            .calls()
            .iter()
            .filter(|call| call.operation == Operation::Refund && call.payment_id == payment.id);
        let asked: i64 = asked.map(|call| call.amount.minor()).sum();
        payment.refundable().saturating_sub(asked).max(0)
    }
}
