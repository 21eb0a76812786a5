//! Decisions on money: authorize, capture, void, fail, refund. Never more than there is.

use super::{
    LEDGER_MAX,
    command::{Command, LineQuantity},
    decide::{check_count, take},
    event::OrderEvent,
    facts::Operation,
    line::Line,
    payment::Payment,
    rejection::Rejection,
    state::Order,
    transition::Action,
};
use crate::{Label, Money, MoneyError, PaymentId, Reason, RefundId, ReturnId, money::share_of};

pub(super) fn decide(order: &Order, command: &Command) -> Result<Vec<OrderEvent>, Rejection> {
    match command {
        Command::Authorize { id, amount, method, reference } => {
            authorize(order, id.as_ref(), *amount, method.as_ref(), reference.as_ref())
        }
        Command::Capture { id, amount, method, reference } => {
            capture(order, id.as_ref(), *amount, method.as_ref(), reference.as_ref())
        }
        Command::Void { id } => void(order, id.as_ref()),
        Command::FailPayment { id, method, reason } => {
            fail(order, id.as_ref(), method.as_ref(), reason.as_ref())
        }
        Command::Refund { id, payment_id, amount, items, return_id, reason } => {
            let worth = *amount;
            let from = payment_id.as_ref();
            let asked = Asked { id: id.as_ref(), items: items.as_deref(), return_id, reason };
            refund(order, from, worth, &asked)
        }
        _ => Err(Rejection::NothingTo { action: command.action(), fact: "it moves no money" }),
    }
}

fn authorize(
    order: &Order,
    id: Option<&PaymentId>,
    amount: Option<Money>,
    method: Option<&Label>,
    reference: Option<&Label>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let amount = within(order, Action::Authorize, "authorized", order.uncovered(), amount)?;
    Ok(vec![OrderEvent::PaymentAuthorized {
        payment_id: new_payment_id(order, id)?,
        amount,
        method: method.cloned().unwrap_or_else(Label::manual),
        reference: reference.cloned(),
        remote: false,
    }])
}

fn capture(
    order: &Order,
    id: Option<&PaymentId>,
    amount: Option<Money>,
    method: Option<&Label>,
    reference: Option<&Label>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let due = order.uncaptured();
    let known = match id {
        Some(id) => order.payments().iter().find(|payment| payment.id == *id),
        None => {
            order.payments().iter().find(|payment| order.open_of(payment) > 0 && !payment.failed)
        }
    };
    // Without a name, an amount that the open authorization cannot cover is a payment of its own.
    let known = known.filter(|payment| {
        id.is_some() || amount.is_none_or(|amount| amount.minor() <= order.open_of(payment))
    });
    if let Some(payment) = known {
        let open = order.capturable(payment);
        let amount = within(order, Action::Capture, "captured", open, amount)?;
        if payment.remote {
            return Ok(vec![requested(Operation::Capture, payment, amount)]);
        }
        return Ok(vec![OrderEvent::PaymentCaptured {
            payment_id: payment.id.clone(),
            amount,
            method: payment.method.clone(),
            reference: reference.cloned(),
        }]);
    }
    let amount = within(order, Action::Capture, "captured", due, amount)?;
    Ok(vec![OrderEvent::PaymentCaptured {
        payment_id: new_payment_id(order, id)?,
        amount,
        method: method.cloned().unwrap_or_else(Label::manual),
        reference: reference.cloned(),
    }])
}

fn void(order: &Order, id: Option<&PaymentId>) -> Result<Vec<OrderEvent>, Rejection> {
    let voided = |payment: &Payment| {
        let amount = Money::new(payment.open(), order.currency());
        if payment.remote {
            return requested(Operation::Void, payment, amount);
        }
        OrderEvent::PaymentVoided { payment_id: payment.id.clone(), amount }
    };
    let fact = "nothing is authorized";
    let nothing = Rejection::NothingTo { action: Action::Void, fact };
    if let Some(id) = id {
        let payment = find_payment(order, id)?;
        return if order.open_of(payment) > 0 { Ok(vec![voided(payment)]) } else { Err(nothing) };
    }
    let open = order.payments().iter().filter(|payment| order.open_of(payment) > 0);
    let events: Vec<_> = open.map(voided).collect();
    if events.is_empty() { Err(nothing) } else { Ok(events) }
}

fn fail(
    order: &Order,
    id: Option<&PaymentId>,
    method: Option<&Label>,
    reason: Option<&Reason>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let nothing = |fact| Rejection::NothingTo { action: Action::FailPayment, fact };
    if !order.due().is_positive() {
        return Err(nothing("nothing is due"));
    }
    let known = id.and_then(|id| order.payments().iter().find(|payment| payment.id == *id));
    if known.is_some_and(|payment| payment.failed || !payment.captured.is_zero()) {
        return Err(nothing("the payment is settled"));
    }
    if known.is_some_and(|payment| payment.remote) {
        return Err(nothing("only its provider can say that it failed"));
    }
    let payment_id = match known {
        Some(payment) => payment.id.clone(),
        None => new_payment_id(order, id)?,
    };
    let method = known.map(|payment| &payment.method).or(method).cloned();
    Ok(vec![OrderEvent::PaymentFailed {
        payment_id,
        method: method.unwrap_or_else(Label::manual),
        reason: reason.cloned(),
        remote: false,
    }])
}

/// What a provider is asked to do with what is open of a payment.
fn requested(operation: Operation, payment: &Payment, amount: Money) -> OrderEvent {
    OrderEvent::PaymentRequested {
        operation,
        payment_id: payment.id.clone(),
        amount,
        method: payment.method.clone(),
        refund_id: None,
        return_id: None,
        reason: None,
    }
}

/// What a refund was asked with, beside the money.
struct Asked<'a> {
    id: Option<&'a RefundId>,
    items: Option<&'a [LineQuantity]>,
    return_id: &'a Option<ReturnId>,
    reason: &'a Option<Reason>,
}

fn refund(
    order: &Order,
    from: Option<&PaymentId>,
    amount: Option<Money>,
    asked: &Asked<'_>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let sources = match from {
        Some(id) => std::slice::from_ref(find_payment(order, id)?),
        None => order.payments(),
    };
    let limit = sources.iter().map(|payment| order.refundable(payment)).sum();
    let worth = worth_of_asked(order, asked)?;
    let amount = match (amount, worth) {
        (None, Some(worth)) if worth.is_zero() => {
            let fact = "what it is for is worth nothing";
            return Err(Rejection::NothingTo { action: Action::Refund, fact });
        }
        (amount, worth) => amount.or(worth),
    };
    let amount = within(order, Action::Refund, "refunded", limit, amount)?;
    let refund_id = new_refund_id(order, asked.id)?;
    let mut left = amount.minor();
    let mut events = Vec::with_capacity(1);
    for payment in sources {
        let part = order.refundable(payment).min(left);
        if part > 0 {
            left -= part;
            events.push(refund_of(order, payment, part, &refund_id, asked));
        }
    }
    Ok(events)
}

/// Money of one payment that goes back: at once if somebody records it, else a provider is asked.
fn refund_of(
    order: &Order,
    payment: &Payment,
    part: i64,
    refund_id: &RefundId,
    asked: &Asked<'_>,
) -> OrderEvent {
    let amount = Money::new(part, order.currency());
    let (payment_id, refund_id) = (payment.id.clone(), refund_id.clone());
    let (return_id, reason) = (asked.return_id.clone(), asked.reason.clone());
    if payment.remote {
        return OrderEvent::PaymentRequested {
            operation: Operation::Refund,
            payment_id,
            amount,
            method: payment.method.clone(),
            refund_id: Some(refund_id),
            return_id,
            reason,
        };
    }
    OrderEvent::PaymentRefunded { refund_id, payment_id, amount, return_id, reason }
}

/// The worth of the items, or of what came back with the return, that a refund names. Both are
/// checked, also where the refund says itself how much it is.
fn worth_of_asked(order: &Order, asked: &Asked<'_>) -> Result<Option<Money>, Rejection> {
    let back = match asked.return_id {
        None => None,
        Some(id) => match order.returns().iter().find(|back| back.id == *id) {
            None => return Err(Rejection::NoSuch { what: "return", id: id.shared() }),
            back => back,
        },
    };
    let worth = match (asked.items, back) {
        (Some(items), _) => order.worth(&take(order, Action::Refund, Some(items), Line::live)?)?,
        (None, Some(back)) => order.worth(&back.received)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(worth))
}

impl Order {
    /// What units are worth now: their share of `total − shipping − fees`, split over the lines by
    /// price (largest remainder) and over a line's units by number (half away from zero).
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if an amount exceeds what money can hold.
    pub fn worth(&self, items: &[LineQuantity]) -> Result<Money, MoneyError> {
        let totals = self.totals();
        let goods = totals.total.checked_sub(totals.shipping)?.checked_sub(totals.fees)?;
        let mut worth = Money::zero(self.currency());
        if goods.is_zero() || totals.subtotal.is_zero() {
            return Ok(worth);
        }
        let mut weights = Vec::with_capacity(self.lines().len());
        for line in self.lines() {
            weights.push(line.total()?.minor().unsigned_abs());
        }
        let shares = goods.allocate(&weights)?;
        for item in items {
            let Some(at) = self.lines().iter().position(|line| line.id == item.line_id) else {
                continue;
            };
            let live = self.lines()[at].live();
            worth = worth.checked_add(share_of(shares[at], item.quantity, live)?)?;
        }
        Ok(worth)
    }
}

/// Checks that an amount is positive, in the order's currency and within a limit. Without an amount
/// it is the limit.
pub(super) fn within(
    order: &Order,
    action: Action,
    what: &'static str,
    limit: i64,
    amount: Option<Money>,
) -> Result<Money, Rejection> {
    let Some(amount) = amount else {
        if limit <= 0 {
            return Err(Rejection::NothingTo { action, fact: "no amount is left" });
        }
        return Ok(Money::new(limit, order.currency()));
    };
    if amount.currency() != order.currency() {
        let (left, right) = (order.currency(), amount.currency());
        return Err(MoneyError::CurrencyMismatch { left, right }.into());
    }
    if !amount.is_positive() {
        return Err(Rejection::AmountOutOfRange { what: "amount", rule: "be positive" });
    }
    if amount.minor() > limit {
        let limit = Money::new(limit, order.currency());
        return Err(Rejection::AmountExceeded { what, limit, asked: amount });
    }
    Ok(amount)
}

pub(super) fn find_payment<'a>(order: &'a Order, id: &PaymentId) -> Result<&'a Payment, Rejection> {
    let payment = order.payments().iter().find(|payment| payment.id == *id);
    payment.ok_or_else(|| Rejection::NoSuch { what: "payment", id: id.shared() })
}

pub(super) fn new_refund_id(order: &Order, id: Option<&RefundId>) -> Result<RefundId, Rejection> {
    check_count("refunds", order.refunds.len() + 1, LEDGER_MAX)?;
    match id {
        Some(id) if order.refunds.contains(id) => {
            Err(Rejection::Duplicate { what: "refund", id: id.shared() })
        }
        Some(id) => Ok(id.clone()),
        None => Ok(RefundId::ordinal(order.refunds.len() + 1, |id| order.refunds.contains(id))),
    }
}

pub(super) fn new_payment_id(
    order: &Order,
    id: Option<&PaymentId>,
) -> Result<PaymentId, Rejection> {
    check_count("payments", order.payments().len() + 1, LEDGER_MAX)?;
    let is_taken = |id: &PaymentId| order.payments().iter().any(|payment| payment.id == *id);
    match id {
        Some(id) if is_taken(id) => Err(Rejection::Duplicate { what: "payment", id: id.shared() }),
        Some(id) => Ok(id.clone()),
        None => Ok(PaymentId::ordinal(order.payments().len() + 1, is_taken)),
    }
}
