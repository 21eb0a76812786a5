//! When two orders count as the same: when every command does the same to both.

use order_core::{Lifecycle, LineQuantity, Order, ReturnState};

/// The order as bytes, without what no decision depends on: its version and times, its notes, the
/// names of its parts, what was in parcels that arrived, and the order of parcels and returns.
pub fn key_of(order: &Order) -> Box<[u8]> {
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
    key.push(count(order.payments().len()));
    for payment in order.payments() {
        let ledger = [payment.authorized, payment.captured, payment.voided, payment.refunded];
        key.extend(ledger.map(|amount| u8::try_from(amount.minor()).unwrap()));
        key.push(byte(payment.failed));
    }
    key.push(count(order.shipments().len()));
    let open = order.shipments().iter().filter(|parcel| parcel.delivered_at.is_none());
    sorted(&mut key, open.map(|parcel| packed(&parcel.items, &[])).collect());
    key.push(count(order.returns().len()));
    let packed_return = |back: &order_core::Return| match back.state {
        ReturnState::Requested => packed(&back.items, &back.received),
        // What came back is still worth a refund; what was asked for and refused is forgotten.
        ReturnState::Received | ReturnState::Rejected => packed(&[], &back.received),
    };
    sorted(&mut key, order.returns().iter().map(packed_return).collect());
    key.into_boxed_slice()
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
    key.extend(parts.concat());
}

fn small(count: u32) -> u8 {
    u8::try_from(count).unwrap()
}

fn count(parts: usize) -> u8 {
    u8::try_from(parts).unwrap()
}
