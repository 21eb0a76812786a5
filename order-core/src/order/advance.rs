//! Decisions on what the process records.

use std::collections::BTreeMap;

use super::{
    LEDGER_MAX,
    decide::check_count,
    event::OrderEvent,
    facts::{Operation, PaymentFacts},
    pay::{find_payment, new_payment_id, new_refund_id, within},
    payment::Payment,
    process::Units,
    progress::{PaymentRequest, Progress},
    rejection::Rejection,
    state::Order,
    status::Lifecycle,
    transition::Action,
};
use crate::{Label, Money, MoneyError};

const NOTHING_MORE: &str = "all of it is known";

pub(super) fn decide(order: &Order, progress: &Progress) -> Result<Vec<OrderEvent>, Rejection> {
    let event = match progress {
        Progress::Request(request) => return ask(order, request),
        Progress::Facts(facts) => return learn(order, facts),
        Progress::Refused { operation, payment_id, refund_id, reason } => {
            let asked = |call: &super::process::Call| {
                call.operation == *operation
                    && call.payment_id == *payment_id
                    && call.refund_id == *refund_id
            };
            if !order.calls().iter().any(asked) {
                return Err(nothing("it was not asked for"));
            }
            OrderEvent::PaymentRequestRefused {
                operation: *operation,
                payment_id: payment_id.clone(),
                refund_id: refund_id.clone(),
                reason: reason.clone(),
            }
        }
        Progress::Hold(units) => hold(order, units)?,
        Progress::Held => {
            awaits_hold(order)?;
            OrderEvent::StockHeld {}
        }
        Progress::Short { reason } => {
            awaits_hold(order)?;
            OrderEvent::StockHoldRefused { reason: reason.clone() }
        }
        Progress::Stall { code, detail } => {
            if order.attention().is_some_and(super::process::Attention::stops) {
                return Err(nothing("it stands still already"));
            }
            OrderEvent::ProcessStalled { code: code.clone(), detail: detail.clone() }
        }
        Progress::Resume => {
            let stopped = order.process().is_some_and(|it| it.attention.is_some() || it.closed);
            if !stopped {
                return Err(nothing("it does not stand still"));
            }
            OrderEvent::ProcessResumed {}
        }
        Progress::Close => {
            if order.process().is_some_and(|it| it.closed) {
                return Err(nothing("somebody has it in hand already"));
            }
            OrderEvent::ProcessClosed {}
        }
    };
    Ok(vec![event])
}

const fn nothing(fact: &'static str) -> Rejection {
    Rejection::NothingTo { action: Action::Advance, fact }
}

fn awaits_hold(order: &Order) -> Result<(), Rejection> {
    match order.process().and_then(|it| it.hold_asked.as_ref()) {
        Some(_) => Ok(()),
        None => Err(nothing("no hold was asked for")),
    }
}

fn hold(order: &Order, units: &[Units]) -> Result<OrderEvent, Rejection> {
    if awaits_hold(order).is_ok() {
        return Err(nothing("a hold is not answered yet"));
    }
    if order.process().map_or(&[][..], |it| &it.held) == units {
        return Err(nothing("just this is held"));
    }
    Ok(OrderEvent::StockHoldRequested { units: units.to_vec() })
}

/// Records what is going to be asked of a provider: never more than there is, never twice at once.
fn ask(order: &Order, request: &PaymentRequest) -> Result<Vec<OrderEvent>, Rejection> {
    let PaymentRequest { operation, amount, .. } = request;
    let known = match &request.payment_id {
        Some(id) if *operation != Operation::Authorize => Some(find_payment(order, id)?),
        _ => None,
    };
    let (payment_id, what, limit) = match (operation, known) {
        (Operation::Authorize, _) => {
            if order.lifecycle() == Lifecycle::Cancelled {
                return Err(nothing("the order is cancelled"));
            }
            let id = new_payment_id(order, request.payment_id.as_ref())?;
            (id, "authorized", order.uncovered())
        }
        (_, None) => return Err(nothing("no payment is named")),
        (_, Some(payment)) if !payment.remote => {
            return Err(nothing("the payment is kept by hand"));
        }
        (Operation::Capture, Some(payment)) => {
            (payment.id.clone(), "captured", order.capturable(payment))
        }
        (Operation::Void, Some(payment)) => (payment.id.clone(), "voided", order.open_of(payment)),
        (Operation::Refund, Some(payment)) => {
            (payment.id.clone(), "refunded", order.refundable(payment))
        }
    };
    let amount = within(order, Action::Advance, what, limit, Some(*amount))?;
    let refund_id = match operation {
        Operation::Refund => Some(new_refund_id(order, request.refund_id.as_ref())?),
        _ => None,
    };
    Ok(vec![OrderEvent::PaymentRequested {
        operation: *operation,
        payment_id,
        amount,
        method: order.pay_with().map_or_else(Label::provider, |with| with.method.clone()),
        refund_id,
        return_id: request.return_id.clone(),
        reason: request.reason.clone(),
    }])
}

/// Folds what a provider knows into the ledger. Its sums only grow, so the ledger comes to the same
/// in whatever order facts arrive and however often.
fn learn(order: &Order, facts: &PaymentFacts) -> Result<Vec<OrderEvent>, Rejection> {
    if facts.order_id != *order.id() {
        return Err(Rejection::NoSuch { what: "payment", id: facts.payment_id.shared() });
    }
    check_facts(order, facts)?;
    let known = order.payments().iter().find(|payment| payment.id == facts.payment_id);
    if known.is_some_and(|payment| !payment.remote) {
        return Err(nothing("the payment is kept by hand"));
    }
    if known.is_none() {
        check_count("payments", order.payments().len() + 1, LEDGER_MAX)?;
    }
    let mut events = grown(order, known, facts)?;
    let declined = facts.declined.is_some()
        && events.is_empty()
        && known.is_none_or(|payment| !payment.failed && payment.authorized.is_zero());
    if declined {
        events.push(OrderEvent::PaymentFailed {
            payment_id: facts.payment_id.clone(),
            method: method(order, known),
            reason: facts.declined.clone(),
            remote: known.is_none(),
        });
    }
    if events.is_empty() { Err(nothing(NOTHING_MORE)) } else { Ok(events) }
}

fn check_facts(order: &Order, facts: &PaymentFacts) -> Result<(), Rejection> {
    let sums = [facts.authorized, facts.captured, facts.voided, facts.disputed];
    let refunds = facts.refunds.iter().map(|refund| refund.amount);
    for amount in sums.into_iter().chain(refunds) {
        if amount.currency() != order.currency() {
            let (left, right) = (order.currency(), amount.currency());
            return Err(MoneyError::CurrencyMismatch { left, right }.into());
        }
        if amount.is_negative() {
            return Err(Rejection::AmountOutOfRange { what: "amount", rule: "not be negative" });
        }
    }
    Ok(())
}

fn method(order: &Order, known: Option<&Payment>) -> Label {
    let with = || order.pay_with().map(|with| with.method.clone());
    known.map(|payment| payment.method.clone()).or_else(with).unwrap_or_else(Label::provider)
}

/// The events by which a payment's sums grow to what is known of them.
fn grown(
    order: &Order,
    known: Option<&Payment>,
    facts: &PaymentFacts,
) -> Result<Vec<OrderEvent>, Rejection> {
    let sum = |get: fn(&Payment) -> Money| known.map_or(0, |payment| get(payment).minor());
    let overflow = || Rejection::from(MoneyError::Overflow);
    let mut back = BTreeMap::new();
    for refund in &facts.refunds {
        let before = known.map_or(0, |payment| payment.refunded_as(&refund.id));
        let more = back.entry(&refund.id).or_insert(0);
        *more = (refund.amount.minor() - before).max(*more);
    }
    back.retain(|_, more| *more > 0);
    let mut refunded = sum(|payment| payment.refunded);
    for more in back.values() {
        refunded = refunded.checked_add(*more).ok_or_else(overflow)?;
    }
    let captured = sum(|payment| payment.captured).max(facts.captured.minor()).max(refunded);
    let voided = sum(|payment| payment.voided).max(facts.voided.minor());
    let used = captured.checked_add(voided).ok_or_else(overflow)?;
    let authorized = sum(|payment| payment.authorized).max(facts.authorized.minor()).max(used);
    let money = |minor| Money::new(minor, order.currency());
    let payment_id = || facts.payment_id.clone();
    let mut events = Vec::new();
    let more = authorized - sum(|payment| payment.authorized);
    if more > 0 {
        events.push(OrderEvent::PaymentAuthorized {
            payment_id: payment_id(),
            amount: money(more),
            method: method(order, known),
            reference: facts.reference.clone(),
            remote: known.is_none(),
        });
    }
    let more = captured - sum(|payment| payment.captured);
    if more > 0 {
        events.push(OrderEvent::PaymentCaptured {
            payment_id: payment_id(),
            amount: money(more),
            method: method(order, known),
            reference: facts.reference.clone(),
        });
    }
    let more = voided - sum(|payment| payment.voided);
    if more > 0 {
        events.push(OrderEvent::PaymentVoided { payment_id: payment_id(), amount: money(more) });
    }
    for (refund_id, more) in back {
        let call = order.calls().iter().find(|call| call.refund_id.as_ref() == Some(refund_id));
        events.push(OrderEvent::PaymentRefunded {
            refund_id: refund_id.clone(),
            payment_id: payment_id(),
            amount: money(more),
            return_id: call.and_then(|call| call.return_id.clone()),
            reason: call.and_then(|call| call.reason.clone()),
        });
    }
    let disputed = known.map_or(0, |payment| payment.disputed(order.currency()).minor());
    let more = facts.disputed.minor() - disputed;
    if more > 0 {
        events.push(OrderEvent::PaymentDisputed { payment_id: payment_id(), amount: money(more) });
    }
    Ok(events)
}
