//! Folds what happened to money: payments, and what a provider was asked.

use super::Applied;
use crate::{
    Label, Money, Operation, PaymentId, RefundFact, RefundId, Timestamp,
    order::{
        event::{OrderEvent, Recorded},
        payment::Payment,
        process::{Attention, Call, DISPUTED},
        state::Order,
    },
};

pub(super) fn apply(order: &mut Order, recorded: &Recorded) -> Applied {
    let at = recorded.at;
    match &recorded.event {
        OrderEvent::PaymentAuthorized { payment_id, amount, method, reference, remote } => {
            let payment = authorized(order, at, (payment_id, method, *remote))?;
            grow(&mut payment.authorized, *amount)?;
            payment.failed = false;
            name(payment, reference.as_ref());
            answer(order, payment_id, |call| call.operation == Operation::Authorize);
        }
        OrderEvent::PaymentCaptured { payment_id, amount, method, reference } => {
            let known = order.payments.iter().any(|payment| payment.id == *payment_id);
            if !known {
                let payment = open(order, at, (payment_id, method, false))?;
                grow(&mut payment.authorized, *amount)?;
            }
            let payment = find(order, payment_id)?;
            grow(&mut payment.captured, *amount)?;
            name(payment, reference.as_ref());
            answer(order, payment_id, |call| {
                matches!(call.operation, Operation::Authorize | Operation::Capture)
            });
        }
        OrderEvent::PaymentVoided { payment_id, amount } => {
            grow(&mut find(order, payment_id)?.voided, *amount)?;
        }
        OrderEvent::PaymentFailed { payment_id, method, remote, .. } => {
            let known = order.payments.iter().any(|payment| payment.id == *payment_id);
            if !known {
                open(order, at, (payment_id, method, *remote))?;
            }
            let payment = find(order, payment_id)?;
            payment.failed = true;
            payment.voided = payment.authorized;
            answer(order, payment_id, |call| call.operation == Operation::Authorize);
        }
        OrderEvent::PaymentRefunded { refund_id, payment_id, amount, .. } => {
            let payment = find(order, payment_id)?;
            grow(&mut payment.refunded, *amount)?;
            if payment.remote {
                give_back(payment, refund_id, *amount)?;
            }
            note_refund(order, refund_id);
            answer(order, payment_id, |call| call.refund_id.as_ref() == Some(refund_id));
        }
        OrderEvent::PaymentDisputed { payment_id, amount } => {
            let currency = order.currency;
            let payment = find(order, payment_id)?;
            let mut disputed = payment.disputed(currency);
            grow(&mut disputed, *amount)?;
            payment.disputed = Some(disputed);
            let (code, detail) = (Label::fixed(DISPUTED), None);
            let process = order.process_mut();
            process.attention.get_or_insert(Attention { code, detail, since: at });
        }
        OrderEvent::PaymentRequested { .. } => request(order, recorded)?,
        OrderEvent::PaymentRequestRefused { operation, payment_id, refund_id, .. } => {
            let asked = order.calls().len();
            answer(order, payment_id, |call| {
                call.operation == *operation && call.refund_id == *refund_id
            });
            if order.calls().len() == asked {
                return Err("a provider refuses what it was not asked");
            }
        }
        _ => return Err("not a payment"),
    }
    moot(order);
    order.settle_process();
    order.check_payments().map(|()| false)
}

/// The payment that money is authorized for: a new one, or one that a provider keeps.
fn authorized<'a>(
    order: &'a mut Order,
    at: Timestamp,
    (id, method, remote): (&PaymentId, &Label, bool),
) -> Result<&'a mut Payment, &'static str> {
    match order.payments.iter().position(|payment| payment.id == *id) {
        None => open(order, at, (id, method, remote)),
        Some(at) if order.payments[at].remote => Ok(&mut order.payments[at]),
        Some(_) => Err("a payment is opened once"),
    }
}

fn open<'a>(
    order: &'a mut Order,
    at: Timestamp,
    (id, method, remote): (&PaymentId, &Label, bool),
) -> Result<&'a mut Payment, &'static str> {
    if order.payments.iter().any(|payment| payment.id == *id) {
        return Err("a payment is opened once");
    }
    let zero = Money::zero(order.currency);
    let ledger = Payment {
        id: id.clone(),
        method: method.clone(),
        reference: None,
        authorized: zero,
        captured: zero,
        voided: zero,
        refunded: zero,
        failed: false,
        remote,
        refunds: Vec::new(),
        disputed: None,
        at,
    };
    order.payments.push(ledger);
    order.payments.last_mut().ok_or("no such payment")
}

/// Keeps the provider's first name of a payment.
fn name(payment: &mut Payment, reference: Option<&Label>) {
    if payment.reference.is_none() {
        payment.reference = reference.cloned();
    }
}

fn give_back(payment: &mut Payment, id: &RefundId, amount: Money) -> Result<(), &'static str> {
    if let Some(refund) = payment.refunds.iter_mut().find(|refund| refund.id == *id) {
        return grow(&mut refund.amount, amount);
    }
    payment.refunds.push(RefundFact { id: id.clone(), amount });
    Ok(())
}

/// Remembers a refund's name. One refund from several payments is several events.
fn note_refund(order: &mut Order, id: &RefundId) {
    if !order.refunds.contains(id) {
        order.refunds.push(id.clone());
    }
}

fn request(order: &mut Order, recorded: &Recorded) -> Result<(), &'static str> {
    let OrderEvent::PaymentRequested {
        operation,
        payment_id,
        amount,
        method,
        refund_id,
        return_id,
        reason,
    } = &recorded.event
    else {
        return Err("not a request");
    };
    if *operation == Operation::Authorize {
        open(order, recorded.at, (payment_id, method, true))?;
    } else if !find(order, payment_id)?.remote {
        return Err("a provider is asked only of its own payments");
    }
    if let Some(id) = refund_id {
        note_refund(order, id);
    }
    order.process_mut().calls.push(Call {
        version: recorded.id.version,
        ordinal: recorded.id.ordinal,
        operation: *operation,
        payment_id: payment_id.clone(),
        amount: *amount,
        refund_id: refund_id.clone(),
        return_id: return_id.clone(),
        reason: reason.clone(),
        at: recorded.at,
    });
    Ok(())
}

/// Strikes out the calls of a payment that are answered.
fn answer(order: &mut Order, payment_id: &PaymentId, is_answered: impl Fn(&Call) -> bool) {
    if let Some(process) = &mut order.process {
        process.calls.retain(|call| call.payment_id != *payment_id || !is_answered(call));
    }
}

/// Strikes out calls that have nothing left to do: a void of what is not open any more.
fn moot(order: &mut Order) {
    let Order { payments, process: Some(process), .. } = order else {
        return;
    };
    let is_open = |id: &PaymentId| payments.iter().any(|it| it.id == *id && it.open() > 0);
    process.calls.retain(|call| call.operation != Operation::Void || is_open(&call.payment_id));
}

fn grow(amount: &mut Money, by: Money) -> Result<(), &'static str> {
    *amount = amount.checked_add(by).map_err(|_| "an amount cannot be held")?;
    Ok(())
}

fn find<'a>(order: &'a mut Order, id: &PaymentId) -> Result<&'a mut Payment, &'static str> {
    order.payments.iter_mut().find(|payment| payment.id == *id).ok_or("no such payment")
}
