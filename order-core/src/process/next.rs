//! The next step of an order.

use crate::{
    Call, Collection, Command, Currency, IdempotencyKey, Label, Lifecycle, Money, Operation, Order,
    Payment, PaymentRequest, Plan, Progress, Reason, Status, Timestamp, Units,
    ports::{PaymentCall, StockHold},
};

/// What is to be done with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask a payment provider, and record what it says. The call is recorded already.
    Call(Box<PaymentCall>),
    /// Ask an inventory, and record what it says. The hold is recorded already.
    Hold(StockHold),
    /// Carry out a command.
    Take(Box<Command>),
}

/// When something is to be done with an order, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This, now.
    Now(Step),
    /// Nothing before this time.
    At(Timestamp),
    /// Nothing by itself.
    Never,
}

impl Next {
    fn take(command: Command) -> Self {
        Self::Now(Step::Take(Box::new(command)))
    }

    fn advance(progress: Progress) -> Self {
        Self::take(Command::Advance(progress))
    }
}

/// What happens next to an order at a time. Pure: whoever asks gets the same answer.
///
/// 1. What was recorded and not answered is asked again, until it is answered.
/// 2. A cancelled order gives back what it took, in reverse: money first, then stock.
/// 3. A placed order holds its stock, then gets its money, then is confirmed; what cannot be had
///    cancels it, and so does its time running out.
/// 4. A confirmed order captures with its first parcel, and is completed some time after its last.
pub fn next_step(order: &Order, now: Timestamp) -> Next {
    let Some(process) = order.process() else {
        return compensate(order);
    };
    if process.attention.as_ref().is_some_and(crate::Attention::stops) {
        return Next::Never;
    }
    let expires = expiry(order);
    if expires.is_some_and(|at| at <= now) {
        return cancel("the order was not paid in time");
    }
    if let Some(asked) = &process.hold_asked {
        let order_id = order.id().clone();
        let (revision, units) = (asked.version, asked.units.clone());
        return Next::Now(Step::Hold(StockHold { order_id, revision, units }));
    }
    if let Some(call) = process.calls.first() {
        return Next::Now(Step::Call(Box::new(to_make(order, call))));
    }
    if process.closed {
        return Next::Never;
    }
    match order.lifecycle() {
        Lifecycle::Draft => Next::Never,
        Lifecycle::Cancelled | Lifecycle::Completed => compensate(order),
        Lifecycle::Placed | Lifecycle::Confirmed if order.on_hold() => Next::Never,
        Lifecycle::Placed => {
            let next = process.plan.map_or(Next::Never, |plan| accept(order, &plan));
            match (next, expires) {
                (Next::Never, Some(at)) => Next::At(at),
                (next, _) => next,
            }
        }
        Lifecycle::Confirmed => process.plan.map_or(Next::Never, |plan| finish(order, &plan, now)),
    }
}

/// When the order is cancelled because nobody paid; never once it is paid for or confirmed.
pub(super) fn expiry(order: &Order) -> Option<Timestamp> {
    let waits = order.lifecycle() == Lifecycle::Placed && !order.on_hold();
    let unpaid = order.due().minor() > order.authorized();
    let expires = order.plan()?.expires(order.placed_at()?)?;
    (waits && unpaid).then_some(expires)
}

/// The payments that a provider keeps.
fn remote(order: &Order) -> impl Iterator<Item = &Payment> {
    order.payments().iter().filter(|payment| payment.remote)
}

/// Brings a placed order to be confirmed.
fn accept(order: &Order, plan: &Plan) -> Next {
    if plan.hold {
        match adjust_hold(order) {
            Held::AsItShould => {}
            Held::Ask(units) => return Next::advance(Progress::Hold(units)),
            Held::Short(reason) => return cancel_for(reason),
        }
    }
    if plan.collect != Collection::OnInvoice {
        let uncovered = order.uncovered();
        if uncovered > 0 {
            // The last one decides: a customer may have tried again in the meantime.
            if remote(order).last().is_some_and(|payment| payment.failed) {
                return cancel("the payment was declined");
            }
            return ask(Operation::Authorize, None, uncovered, order.currency());
        }
        if plan.collect == Collection::BeforeConfirm
            && let Some(next) = capture(order)
        {
            return next;
        }
    }
    if plan.confirm { Next::take(Command::Confirm) } else { Next::Never }
}

/// Brings a confirmed order to its end.
fn finish(order: &Order, plan: &Plan, now: Timestamp) -> Next {
    if plan.hold
        && let Held::Ask(units) = adjust_hold(order)
    {
        return Next::advance(Progress::Hold(units));
    }
    let due_now = plan.collect == Collection::BeforeConfirm
        || plan.collect == Collection::OnShipment && !order.shipments().is_empty();
    if due_now && let Some(next) = capture(order) {
        return next;
    }
    let Some(after) = plan.complete_after_ms else {
        return Next::Never;
    };
    if order.status() != Status::Delivered || !order.due().is_zero() {
        return Next::Never;
    }
    let delivered = order.shipments().iter().filter_map(|parcel| parcel.delivered_at).max();
    let at = delivered.unwrap_or(order.updated_at()).plus_millis(after);
    if at <= now { Next::take(Command::Complete) } else { Next::At(at) }
}

fn capture(order: &Order) -> Option<Next> {
    let payment = remote(order).find(|payment| order.capturable(payment) > 0)?;
    let amount = order.capturable(payment);
    Some(ask(Operation::Capture, Some(payment), amount, order.currency()))
}

/// Gives back what an order that is over still has of somebody's.
fn compensate(order: &Order) -> Next {
    if !matches!(order.lifecycle(), Lifecycle::Cancelled | Lifecycle::Completed) {
        return Next::Never;
    }
    if let Some(payment) = remote(order).find(|payment| order.open_of(payment) > 0) {
        let amount = order.open_of(payment);
        return ask(Operation::Void, Some(payment), amount, order.currency());
    }
    if order.lifecycle() != Lifecycle::Cancelled {
        return Next::Never;
    }
    if let Some(payment) = remote(order).find(|payment| order.refundable(payment) > 0) {
        let amount = order.refundable(payment);
        return ask(Operation::Refund, Some(payment), amount, order.currency());
    }
    match order.process() {
        Some(process) if !process.held.is_empty() => Next::advance(Progress::Hold(Vec::new())),
        _ => Next::Never,
    }
}

/// Whether an inventory holds what it should.
enum Held {
    AsItShould,
    Ask(Vec<Units>),
    Short(Reason),
}

fn adjust_hold(order: &Order) -> Held {
    let wanted = order.units_to_hold();
    let process = order.process();
    if process.map_or(&[][..], |process| &process.held) == wanted {
        return Held::AsItShould;
    }
    match process.and_then(|process| process.short.clone()) {
        Some(reason) => Held::Short(reason),
        None => Held::Ask(wanted),
    }
}

fn ask(operation: Operation, payment: Option<&Payment>, amount: i64, currency: Currency) -> Next {
    Next::advance(Progress::Request(PaymentRequest {
        operation,
        payment_id: payment.map(|payment| payment.id.clone()),
        amount: Money::new(amount, currency),
        refund_id: None,
        return_id: None,
        reason: None,
    }))
}

fn cancel(reason: &'static str) -> Next {
    cancel_for(Reason::fixed(reason))
}

fn cancel_for(reason: Reason) -> Next {
    Next::take(Command::Cancel { reason: Some(reason) })
}

/// A recorded call as it is made.
fn to_make(order: &Order, call: &Call) -> PaymentCall {
    let payment = order.payments().iter().find(|payment| payment.id == call.payment_id);
    let with = order.pay_with();
    let method = payment.map(|payment| payment.method.clone());
    PaymentCall {
        key: key_of(order, call),
        order_id: order.id().clone(),
        payment_id: call.payment_id.clone(),
        operation: call.operation,
        amount: call.amount,
        refund_id: call.refund_id.clone(),
        method: method.unwrap_or_else(Label::provider),
        source: with.and_then(|with| with.source.clone()),
        reference: payment.and_then(|payment| payment.reference.clone()),
    }
}

/// The name of a call, the same whenever it is made: that of the event that recorded it.
fn key_of(order: &Order, call: &Call) -> IdempotencyKey {
    let (id, version, ordinal) = (order.id().as_str(), call.version, call.ordinal);
    let begins = |key: &str| IdempotencyKey::try_from(key).ok();
    let whole = format!("{version}.{ordinal}.{id}");
    begins(&whole)
        // An id that is too long for a key is told apart by its end: our own ids differ there.
        .or_else(|| {
            let end: String = id.chars().rev().take(150).collect();
            begins(&format!("{version}.{ordinal}.{end}"))
        })
        .unwrap_or_else(|| {
            IdempotencyKey::ordinal(usize::try_from(version).unwrap_or(0), |_| false)
        })
}
