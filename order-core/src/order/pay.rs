//! Decisions on money: authorize, capture, void, fail, refund. Never more than there is.

use super::{
    LEDGER_MAX,
    command::{Command, LineQuantity},
    decide::{check_count, take},
    event::OrderEvent,
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
    let uncovered = order.due().minor().saturating_sub(order.authorized()).max(0);
    let amount = within(order, Action::Authorize, "authorized", uncovered, amount)?;
    Ok(vec![OrderEvent::PaymentAuthorized {
        payment_id: new_payment_id(order, id)?,
        amount,
        method: method.cloned().unwrap_or_else(Label::manual),
        reference: reference.cloned(),
    }])
}

fn capture(
    order: &Order,
    id: Option<&PaymentId>,
    amount: Option<Money>,
    method: Option<&Label>,
    reference: Option<&Label>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let due = order.due().minor();
    let known = match id {
        Some(id) => order.payments().iter().find(|payment| payment.id == *id),
        None => order.payments().iter().find(|payment| payment.open() > 0 && !payment.failed),
    };
    // Without a name, an amount that the open authorization cannot cover is a payment of its own.
    let known = known.filter(|payment| {
        id.is_some() || amount.is_none_or(|amount| amount.minor() <= payment.open())
    });
    if let Some(payment) = known {
        let open = payment.open().min(due);
        let amount = within(order, Action::Capture, "captured", open, amount)?;
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
    let voided = |payment: &Payment| OrderEvent::PaymentVoided {
        payment_id: payment.id.clone(),
        amount: Money::new(payment.open(), order.currency()),
    };
    let fact = "nothing is authorized";
    let nothing = Rejection::NothingTo { action: Action::Void, fact };
    if let Some(id) = id {
        let payment = find_payment(order, id)?;
        return if payment.open() > 0 { Ok(vec![voided(payment)]) } else { Err(nothing) };
    }
    let open = order.payments().iter().filter(|payment| payment.open() > 0);
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
    let payment_id = match known {
        Some(payment) => payment.id.clone(),
        None => new_payment_id(order, id)?,
    };
    let method = known.map(|payment| &payment.method).or(method).cloned();
    Ok(vec![OrderEvent::PaymentFailed {
        payment_id,
        method: method.unwrap_or_else(Label::manual),
        reason: reason.cloned(),
    }])
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
    let limit = sources.iter().map(Payment::refundable).sum();
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
        let part = payment.refundable().min(left);
        if part > 0 {
            left -= part;
            events.push(OrderEvent::PaymentRefunded {
                refund_id: refund_id.clone(),
                payment_id: payment.id.clone(),
                amount: Money::new(part, order.currency()),
                return_id: asked.return_id.clone(),
                reason: asked.reason.clone(),
            });
        }
    }
    Ok(events)
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
fn within(
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

fn find_payment<'a>(order: &'a Order, id: &PaymentId) -> Result<&'a Payment, Rejection> {
    let payment = order.payments().iter().find(|payment| payment.id == *id);
    payment.ok_or_else(|| Rejection::NoSuch { what: "payment", id: id.shared() })
}

fn new_refund_id(order: &Order, id: Option<&RefundId>) -> Result<RefundId, Rejection> {
    check_count("refunds", order.refunds.len() + 1, LEDGER_MAX)?;
    match id {
        Some(id) if order.refunds.contains(id) => {
            Err(Rejection::Duplicate { what: "refund", id: id.shared() })
        }
        Some(id) => Ok(id.clone()),
        None => Ok(RefundId::ordinal(order.refunds.len() + 1, |id| order.refunds.contains(id))),
    }
}

fn new_payment_id(order: &Order, id: Option<&PaymentId>) -> Result<PaymentId, Rejection> {
    check_count("payments", order.payments().len() + 1, LEDGER_MAX)?;
    let is_taken = |id: &PaymentId| order.payments().iter().any(|payment| payment.id == *id);
    match id {
        Some(id) if is_taken(id) => Err(Rejection::Duplicate { what: "payment", id: id.shared() }),
        Some(id) => Ok(id.clone()),
        None => Ok(PaymentId::ordinal(order.payments().len() + 1, is_taken)),
    }
}
