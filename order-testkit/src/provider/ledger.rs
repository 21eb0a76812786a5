//! What a provider keeps: every payment, and what was done to it.

use std::collections::BTreeMap;

use order_core::{
    IdempotencyKey, Money, OrderId, PaymentId, Reason, RefundId,
    ports::{Operation, Outcome, PaymentCall, PaymentFacts, RefundFact},
};
use serde::{Deserialize, Serialize};

/// Money that was moved: one call that had an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// The key of the call.
    pub key: IdempotencyKey,
    /// Whose payment it was.
    pub order_id: OrderId,
    /// Which payment of the order.
    pub payment_id: PaymentId,
    /// What was done.
    pub operation: Operation,
    /// How much was moved.
    pub amount: Money,
    /// Which refund it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
}

/// The books of a provider. Never is more captured than was authorized, nor more refunded than was
/// captured, whoever asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    payments: Vec<PaymentFacts>,
    effects: Vec<Effect>,
}

/// A call that makes no sense: it has no effect, and its sender has to be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) &'static str);

impl Ledger {
    /// What is known of every payment, oldest first.
    pub fn payments(&self) -> &[PaymentFacts] {
        &self.payments
    }

    /// What is known of the payments of an order.
    pub fn of(&self, order_id: &OrderId) -> Vec<&PaymentFacts> {
        self.payments.iter().filter(|facts| facts.order_id == *order_id).collect()
    }

    /// What is known of a payment.
    pub fn payment(&self, order_id: &OrderId, payment_id: &PaymentId) -> Option<&PaymentFacts> {
        let mut payments = self.payments.iter();
        payments.find(|facts| facts.order_id == *order_id && facts.payment_id == *payment_id)
    }

    /// All money that was moved, oldest first.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Adds the books up anew.
    ///
    /// # Errors
    /// What is wrong with them: a sum, a bound, or a key that had two effects.
    pub fn audit(&self) -> Result<(), String> {
        let mut keys = BTreeMap::new();
        for effect in &self.effects {
            if let Some(other) = keys.insert(effect.key.as_str(), effect) {
                return Err(format!("one key, two effects: {other:?} and {effect:?}"));
            }
        }
        for facts in &self.payments {
            let sum = |operation| {
                let own = self.effects.iter().filter(|effect| {
                    effect.order_id == facts.order_id
                        && effect.payment_id == facts.payment_id
                        && effect.operation == operation
                });
                own.map(|effect| effect.amount.minor()).sum::<i64>()
            };
            let refunded = refunded(facts);
            let known = [facts.authorized, facts.captured, facts.voided].map(Money::minor);
            let [authorized, captured, voided] = known;
            let operations = [Operation::Authorize, Operation::Capture, Operation::Void];
            let adds_up = operations.map(sum) == known && sum(Operation::Refund) == refunded;
            if !adds_up || captured + voided > authorized || refunded > captured {
                return Err(format!("these books do not add up: {facts:?}"));
            }
        }
        Ok(())
    }

    /// What is known of the payment that a call is about.
    pub(super) fn known(&self, call: &PaymentCall) -> PaymentFacts {
        let known = self.payment(&call.order_id, &call.payment_id).cloned();
        known.unwrap_or_else(|| {
            let zero = Money::zero(call.amount.currency());
            PaymentFacts::nothing(call.order_id.clone(), call.payment_id.clone(), zero)
        })
    }

    /// Does what a call asks for, or refuses it, or finds it wrong.
    pub(super) fn carry_out(&mut self, call: &PaymentCall) -> Result<Outcome, Wrong> {
        self.check(call)?;
        let facts = self.account(call);
        if let Some(reason) = &facts.declined {
            // What was declined stays so; to give it up once more is no wish unmet.
            let is_given_up = call.operation == Operation::Void;
            return Ok(if is_given_up { Outcome::Done } else { Outcome::Refused(reason.clone()) });
        }
        let (asked, open) = (call.amount.minor(), open(facts));
        match call.operation {
            Operation::Authorize => facts.authorized = call.amount,
            Operation::Capture if asked > open => return Ok(refused("more than is authorized")),
            Operation::Capture => add(&mut facts.captured, asked),
            Operation::Void if facts.authorized.is_zero() => {
                // Whoever gives up what never was authorized does not want it to be later either.
                facts.declined = Some(reason("given up before it was authorized"));
                return Ok(Outcome::Done);
            }
            Operation::Void if open == 0 && facts.voided.is_zero() => {
                return Ok(refused("all of it is captured"));
            }
            Operation::Void if open == 0 => return Ok(Outcome::Done),
            Operation::Void => add(&mut facts.voided, open),
            Operation::Refund => {
                let id = call.refund_id.clone().ok_or(Wrong("refund.unnamed"))?;
                if facts.refunds.iter().any(|refund| refund.id == id) {
                    return Ok(Outcome::Done);
                }
                if asked > facts.captured.minor() - refunded(facts) {
                    return Ok(refused("more than is captured"));
                }
                facts.refunds.push(RefundFact { id, amount: call.amount });
            }
        }
        let moved = if call.operation == Operation::Void { open } else { asked };
        self.book(call, Money::new(moved, call.amount.currency()));
        Ok(Outcome::Done)
    }

    /// Refuses a call: an authorization is declined, one that was to be captured has run out.
    pub(super) fn refuse(&mut self, call: &PaymentCall) -> Result<Outcome, Wrong> {
        self.check(call)?;
        let facts = self.account(call);
        let open = open(facts);
        match call.operation {
            Operation::Authorize if facts.declined.is_none() => {
                facts.declined = Some(reason("the card was declined"));
            }
            Operation::Capture if open > 0 => {
                add(&mut facts.voided, open);
                let lapse = PaymentCall { operation: Operation::Void, ..call.clone() };
                self.book(&lapse, Money::new(open, call.amount.currency()));
                return Ok(refused("the authorization has run out"));
            }
            _ => {}
        }
        Ok(refused(match call.operation {
            Operation::Authorize => "the card was declined",
            Operation::Capture => "nothing is authorized",
            Operation::Void => "it cannot be voided",
            Operation::Refund => "it cannot be refunded",
        }))
    }

    /// The customer's bank disputes so much of a payment, beside what it disputes already.
    pub(super) fn dispute(
        &mut self,
        order_id: &OrderId,
        payment_id: &PaymentId,
        amount: Money,
    ) -> Option<PaymentFacts> {
        let mut payments = self.payments.iter_mut();
        let facts = payments
            .find(|facts| facts.order_id == *order_id && facts.payment_id == *payment_id)?;
        add(&mut facts.disputed, amount.minor());
        Some(facts.clone())
    }

    /// That a call fits what is known, apart from how much money is left.
    fn check(&self, call: &PaymentCall) -> Result<(), Wrong> {
        if !call.amount.is_positive() {
            return Err(Wrong("amount.not_positive"));
        }
        let begins = matches!(call.operation, Operation::Authorize | Operation::Void);
        let Some(facts) = self.payment(&call.order_id, &call.payment_id) else {
            return if begins { Ok(()) } else { Err(Wrong("payment.unknown")) };
        };
        let same_refund = |refund: &RefundFact| {
            Some(&refund.id) == call.refund_id.as_ref() && refund.amount != call.amount
        };
        if facts.authorized.currency() != call.amount.currency() {
            Err(Wrong("amount.currency"))
        } else if call.reference.is_some() && call.reference != facts.reference {
            Err(Wrong("payment.reference"))
        } else if call.operation == Operation::Authorize && !facts.authorized.is_zero() {
            Err(Wrong("payment.exists"))
        } else if call.operation == Operation::Refund && facts.refunds.iter().any(same_refund) {
            Err(Wrong("refund.exists"))
        } else {
            Ok(())
        }
    }

    fn account(&mut self, call: &PaymentCall) -> &mut PaymentFacts {
        let is_meant = |facts: &PaymentFacts| {
            facts.order_id == call.order_id && facts.payment_id == call.payment_id
        };
        let at = self.payments.iter().position(is_meant).unwrap_or_else(|| {
            let reference = format!("pp_{}", self.payments.len() + 1);
            let facts = PaymentFacts { reference: reference.parse().ok(), ..self.known(call) };
            self.payments.push(facts);
            self.payments.len() - 1
        });
        &mut self.payments[at]
    }

    fn book(&mut self, call: &PaymentCall, amount: Money) {
        self.effects.push(Effect {
            key: call.key.clone(),
            order_id: call.order_id.clone(),
            payment_id: call.payment_id.clone(),
            operation: call.operation,
            amount,
            refund_id: call.refund_id.clone(),
        });
    }
}

const fn open(facts: &PaymentFacts) -> i64 {
    facts.authorized.minor() - facts.captured.minor() - facts.voided.minor()
}

fn refunded(facts: &PaymentFacts) -> i64 {
    facts.refunds.iter().map(|refund| refund.amount.minor()).sum()
}

/// Adds minor units; bounds were checked, and an authorization fits.
const fn add(sum: &mut Money, minor: i64) {
    *sum = Money::new(sum.minor() + minor, sum.currency());
}

fn reason(text: &str) -> Reason {
    text.parse().expect("a fixed text is a reason")
}

fn refused(text: &str) -> Outcome {
    Outcome::Refused(reason(text))
}
