//! Decides what a provider does and says about each call. Pure: no clock, no network, no chance.

use std::collections::BTreeMap;

use order_core::{
    IdempotencyKey, Label, Money, OrderId, PaymentId, Timestamp,
    ports::{Operation, Outcome, PaymentAnswer, PaymentCall, PaymentFacts, PaymentNotice},
};

use super::{
    behaviour::{Behaviour, Rule},
    ledger::{Ledger, Wrong},
    seed::Seed,
};

/// A provider's ledger, and how it treats its callers.
#[derive(Debug, Default)]
pub(super) struct Desk {
    ledger: Ledger,
    rules: Vec<Rule>,
    seed: Option<Seed>,
    seen: BTreeMap<IdempotencyKey, Seen>,
    sources: BTreeMap<(OrderId, PaymentId), Label>,
    told: u64,
}

/// What the caller gets to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Answer(PaymentAnswer),
    Failure,
    Nothing,
    Wrong(&'static str),
}

/// What the provider does for its callers: notices before the answer, the answer, notices after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) before: Vec<PaymentNotice>,
    pub(super) said: Said,
    pub(super) after: Vec<PaymentNotice>,
}

#[derive(Debug)]
struct Seen {
    call: PaymentCall,
    behaviour: Behaviour,
    /// How many answers are still withheld.
    withheld: u32,
    /// What was known before the call.
    before: PaymentFacts,
    outcome: Outcome,
}

impl Desk {
    pub(super) fn seeded(seed: u64) -> Self {
        Self { seed: Some(Seed(seed)), ..Self::default() }
    }

    pub(super) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How many different calls were heard of.
    pub(super) fn calls(&self) -> usize {
        self.seen.len()
    }

    pub(super) fn rule(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub(super) fn clear_rules(&mut self) {
        self.rules.clear();
    }

    /// Takes a call at this time.
    pub(super) fn take(&mut self, call: &PaymentCall, at: Timestamp) -> Reply {
        let silent = |said| Reply { before: Vec::new(), said, after: Vec::new() };
        if let Some(seen) = self.seen.get_mut(&call.key) {
            // A repeat may know the provider's reference by now.
            let asked = PaymentCall { reference: seen.call.reference.clone(), ..call.clone() };
            if asked != seen.call {
                return silent(Said::Wrong("key.reused"));
            }
            return silent(seen.say(|| self.ledger.known(call)));
        }
        let (behaviour, withheld) = self.choose(call);
        let before = self.ledger.known(call);
        let refuses = behaviour.refuses();
        let ledger = &mut self.ledger;
        let outcome = if refuses { ledger.refuse(call) } else { ledger.carry_out(call) };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(Wrong(code)) => return silent(Said::Wrong(code)),
        };
        let facts = self.ledger.known(call);
        let mut seen = Seen { call: call.clone(), behaviour, withheld, before, outcome };
        let said = seen.say(|| facts.clone());
        let older = self.notice("payment.pending", at, seen.before.clone());
        let notice = self.notice(kind(call.operation, &seen.outcome), at, facts);
        self.seen.insert(call.key.clone(), seen);
        let (before, after) = match behaviour {
            Behaviour::CallbackFirst => (vec![notice], Vec::new()),
            Behaviour::LostCallback => (Vec::new(), Vec::new()),
            Behaviour::DoubledCallback => (Vec::new(), vec![notice.clone(), notice]),
            Behaviour::ReorderedCallbacks => (Vec::new(), vec![notice, older]),
            _ => (Vec::new(), vec![notice]),
        };
        Reply { before, said, after }
    }

    /// The customer's bank disputes a payment; nothing if there is none.
    pub(super) fn dispute(
        &mut self,
        order_id: &OrderId,
        payment_id: &PaymentId,
        amount: Money,
        at: Timestamp,
    ) -> Option<PaymentNotice> {
        let facts = self.ledger.dispute(order_id, payment_id, amount)?;
        Some(self.notice("payment.disputed", at, facts))
    }

    /// Money goes back that nobody asked for through the port; nothing if there is not so much.
    pub(super) fn refund_here(
        &mut self,
        call: &PaymentCall,
        at: Timestamp,
    ) -> Option<PaymentNotice> {
        let outcome = self.ledger.carry_out(call).ok()?;
        let facts = self.ledger.known(call);
        (outcome == Outcome::Done).then(|| self.notice("payment.refunded", at, facts))
    }

    /// How a new call is treated, and how many answers are withheld.
    fn choose(&mut self, call: &PaymentCall) -> (Behaviour, u32) {
        let payment = (call.order_id.clone(), call.payment_id.clone());
        if let Some(source) = &call.source {
            self.sources.entry(payment.clone()).or_insert_with(|| source.clone());
        }
        let source = self.sources.get(&payment);
        if let Some(rule) = self.rules.iter_mut().find(|rule| rule.fits(call, source)) {
            rule.calls = rule.calls.map(|calls| calls - 1);
            return (rule.behaviour, rule.withheld);
        }
        let named = source.and_then(|source| Behaviour::named(source.as_str()));
        match (named, self.seed) {
            (Some(behaviour), _) => (behaviour, 1),
            (None, Some(seed)) => seed.behaviour(call.key.as_str()),
            (None, None) => (Behaviour::Accept, 0),
        }
    }

    fn notice(&mut self, kind: &str, at: Timestamp, facts: PaymentFacts) -> PaymentNotice {
        self.told += 1;
        let label = |text: &str| text.parse().expect("a short text is a label");
        let id = label(&format!("evt_{}", self.told));
        PaymentNotice { provider: label(super::NAME), id, kind: label(kind), at, facts }
    }
}

impl Seen {
    /// What is said now, given what is known now.
    fn say(&mut self, facts: impl FnOnce() -> PaymentFacts) -> Said {
        let withholds = self.withheld > 0;
        self.withheld = self.withheld.saturating_sub(1);
        let pending = || PaymentAnswer { outcome: Outcome::Pending, facts: self.before.clone() };
        let truth = || PaymentAnswer { outcome: self.outcome.clone(), facts: facts() };
        match self.behaviour {
            Behaviour::FailAfterEffect if withholds => Said::Failure,
            Behaviour::TimeOutThenSuccess | Behaviour::TimeOutThenFailure if withholds => {
                Said::Nothing
            }
            Behaviour::LostCallback
            | Behaviour::DoubledCallback
            | Behaviour::ReorderedCallbacks
                if withholds =>
            {
                Said::Answer(pending())
            }
            _ => Said::Answer(truth()),
        }
    }
}

const fn kind(operation: Operation, outcome: &Outcome) -> &'static str {
    match (operation, outcome) {
        (_, Outcome::Pending) => "payment.pending",
        (Operation::Authorize, Outcome::Done) => "payment.authorized",
        (Operation::Authorize, Outcome::Refused(_)) => "payment.declined",
        (Operation::Capture, Outcome::Done) => "payment.captured",
        (Operation::Capture, Outcome::Refused(_)) => "capture.refused",
        (Operation::Void, Outcome::Done) => "payment.voided",
        (Operation::Void, Outcome::Refused(_)) => "void.refused",
        (Operation::Refund, Outcome::Done) => "payment.refunded",
        (Operation::Refund, Outcome::Refused(_)) => "refund.refused",
    }
}
