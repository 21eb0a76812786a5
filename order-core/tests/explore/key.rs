//! When two orders count as the same: when every command does the same to both.

use order_core::{
    Lifecycle, LineQuantity, Order, Payment, Return, ReturnState, Shipment, Timestamp,
};

/// The order as bytes, without what no decision depends on: its version and times, its notes, the
/// names of its parts, the order of parcels and returns, and the parts that are dead (see below).
pub(crate) fn key_of(order: &Order) -> Box<[u8]> {
    let mut key = Vec::with_capacity(64);
    let byte = |flag: bool| u8::from(flag);
    key.push(match order.lifecycle() {
        Lifecycle::Draft => 0,
        Lifecycle::Placed => 1,
        Lifecycle::Confirmed => 2,
        Lifecycle::Completed => 3,
        Lifecycle::Cancelled => 4,
    });
    // Whether picking began is seen in the status, as long as it matters.
    key.push(order.status() as u8);
    key.push(byte(order.on_hold()) + 2 * byte(order.archived_at().is_some()));
    key.push(count(order.adjustments().len()));
    key.push(count(order.lines().len()));
    for line in order.lines() {
        let ledger = [line.quantity, line.cancelled, line.shipped, line.delivered];
        key.extend(ledger.map(small));
        key.extend([line.return_requested, line.returned].map(small));
    }
    let payments = order.payments();
    for payment in payments.iter().filter(|payment| is_alive_payment(payment)) {
        let ledger = [payment.authorized, payment.captured, payment.voided, payment.refunded];
        key.extend(ledger.map(|amount| u8::try_from(amount.minor()).unwrap()));
    }
    for payment in payments.iter().filter(|payment| payment.remote) {
        key.push(byte(payment.failed));
        for refund in &payment.refunds {
            key.extend(refund.id.as_str().bytes());
            key.push(u8::try_from(refund.amount.minor()).unwrap());
        }
        let disputed = payment.disputed.map_or(0, order_core::Money::minor);
        key.push(u8::try_from(disputed).unwrap());
    }
    if let Some(process) = order.process() {
        // Times and versions decide nothing; everything else may.
        let mut process = process.clone();
        for call in &mut process.calls {
            (call.version, call.ordinal, call.at) = (0, 0, Timestamp::from_millis(0));
        }
        if let Some(asked) = &mut process.hold_asked {
            (asked.version, asked.at) = (0, Timestamp::from_millis(0));
        }
        if let Some(attention) = &mut process.attention {
            attention.since = Timestamp::from_millis(0);
        }
        key.extend(serde_json::to_vec(&process).unwrap());
    }
    // A dead payment still says why nothing is paid, if it is the last one.
    let last = payments.last().filter(|payment| !is_alive_payment(payment));
    key.push(last.map_or(u8::MAX, |payment| u8::MAX - 1 - byte(payment.failed)));
    let alive = order.shipments().iter().filter(|parcel| is_alive_parcel(parcel));
    sorted(&mut key, alive.map(|parcel| packed(&parcel.items, &[])).collect());
    let alive = order.returns().iter().filter(|back| is_alive_return(back));
    sorted(&mut key, alive.map(packed_return).collect());
    key.into_boxed_slice()
}

/// A payment that neither holds nor ever held money is dead: it failed, or was voided as a whole.
pub(crate) fn is_alive_payment(payment: &Payment) -> bool {
    payment.open() > 0 || payment.captured.is_positive() || payment.remote
}

/// A parcel that arrived is dead: its units are in the ledgers of the lines.
pub(crate) fn is_alive_parcel(parcel: &Shipment) -> bool {
    parcel.delivered_at.is_none()
}

/// A return that was refused as a whole is dead.
pub(crate) fn is_alive_return(back: &Return) -> bool {
    back.state == ReturnState::Requested || !back.received.is_empty()
}

fn packed_return(back: &Return) -> [u8; 4] {
    match back.state {
        ReturnState::Requested => packed(&back.items, &back.received),
        // What came back is still worth a refund; what was asked for and refused is forgotten.
        ReturnState::Received | ReturnState::Rejected => packed(&[], &back.received),
    }
}

/// Units of the first and of the second line.
fn packed(first: &[LineQuantity], second: &[LineQuantity]) -> [u8; 4] {
    let mut units = [0; 4];
    for (offset, items) in [(0, first), (2, second)] {
        for item in items {
            units[offset + usize::from(item.line_id == "2")] += small(item.quantity);
        }
    }
    units
}

fn sorted(key: &mut Vec<u8>, mut parts: Vec<[u8; 4]>) {
    parts.sort_unstable();
    key.push(count(parts.len()));
    key.extend(parts.concat());
}

fn small(count: u32) -> u8 {
    u8::try_from(count).unwrap()
}

fn count(parts: usize) -> u8 {
    u8::try_from(parts).unwrap()
}
