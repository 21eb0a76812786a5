//! Every command from every small order that commands can make, on the shipped code.
//!
//! An order of two lines with two units each has too many histories to follow all of them at once:
//! what becomes of its goods and what becomes of its money hardly depend on each other. So three
//! walks each follow one side to its end and the other as far as the two meet. In every walk every
//! command is tried on every order, also where its result lies beyond the bounds: that is decided,
//! folded and checked too, only not gone on from.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt::Write as _,
    io::Write as _,
    time::Instant,
};

use order_core::{Order, OrderEvent, Payment, Status, TRANSITIONS};

#[path = "explore/books.rs"]
mod books;
#[path = "explore/key.rs"]
mod key;
#[path = "explore/menu.rs"]
mod menu;
#[path = "explore/walk.rs"]
mod walk;

use key::{is_alive_parcel, is_alive_payment, is_alive_return};
use walk::{Atlas, Follow, walk};

/// How much of an order a walk follows. Of parcels, returns and payments only those count that are
/// not dead ([`key`]).
#[derive(Clone, Copy)]
struct Bounds {
    units: u32,
    parcels: usize,
    returns: usize,
    payments: usize,
    adjustments: usize,
    holds: bool,
    /// Whether payments may also be authorized, captured in parts and refunded in parts.
    in_parts: bool,
    /// Whether a provider and an inventory are asked.
    outside: bool,
}

impl Bounds {
    fn hold(self, order: &Order) -> bool {
        let is_whole = |payment: &Payment| {
            payment.captured == payment.authorized
                && (payment.refunded.is_zero() || payment.refunded == payment.captured)
        };
        let parcels = order.shipments().iter().filter(|parcel| is_alive_parcel(parcel));
        let returns = order.returns().iter().filter(|back| is_alive_return(back));
        let payments = order.payments().iter().filter(|payment| is_alive_payment(payment));
        let is_unpaid = order.captured() == 0;
        let is_settled = order.due().is_zero();
        order.lines().iter().map(|line| line.quantity).sum::<u32>() <= self.units
            && parcels.count() <= self.parcels
            && returns.count() <= self.returns
            && payments.clone().count() <= self.payments
            && order.adjustments().len() <= self.adjustments
            && (self.holds || !order.on_hold())
            && (self.outside || order.process().is_none() && !payments.clone().any(|it| it.remote))
            && (self.in_parts || payments.clone().all(is_whole) && (is_unpaid || is_settled))
    }
}

/// The goods to their end: a parcel and a return for each of four units; unpaid, or paid in one go
/// and given back in one go.
fn goods(order: &Order) -> bool {
    let bounds = Bounds { units: 4, parcels: 4, returns: 4, payments: 1, ..NOTHING };
    bounds.hold(order)
}

/// One payment to its end, with every total that adjustments make, and some way of the goods.
fn one_payment(order: &Order) -> bool {
    let bounds = Bounds { units: 2, parcels: 1, returns: 1, payments: 1, ..NOTHING };
    Bounds { adjustments: usize::MAX, in_parts: true, ..bounds }.hold(order)
}

/// Two payments, each to its end; the goods only come to be delivered, without a hold, which stops
/// no money.
fn two_payments(order: &Order) -> bool {
    let bounds = Bounds { units: 2, parcels: 1, payments: 2, ..NOTHING };
    Bounds { in_parts: true, holds: false, ..bounds }.hold(order)
}

/// A payment that a provider keeps, to its end, with every answer; a single unit of goods.
fn provider(order: &Order) -> bool {
    let bounds = Bounds { units: 1, parcels: 1, payments: 1, ..NOTHING };
    // What stands still, or was taken over, is the same with a plan and without.
    let is_plain = order.process().is_none_or(|process| {
        process.plan.is_none() || !process.closed && process.attention.is_none()
    });
    let calls = if order.plan().is_some() { 1 } else { 2 };
    is_plain
        && order.calls().len() <= calls
        && Bounds { in_parts: true, holds: false, outside: true, ..bounds }.hold(order)
}

const NOTHING: Bounds = Bounds {
    units: 0,
    parcels: 0,
    returns: 0,
    payments: 0,
    adjustments: 0,
    holds: true,
    in_parts: false,
    outside: false,
};

const WALKS: [(&str, Follow); 4] = [
    ("goods", goods),
    ("one payment", one_payment),
    ("two payments", two_payments),
    ("provider", provider),
];

#[test]
fn table_and_code_agree_on_every_small_order_and_none_is_a_trap() {
    let (inside, outside) = (menu::menu(), menu::menu_with_outside());
    let (mut orders, mut rows) = (0, BTreeMap::new());
    let mut events = HashSet::new();
    for (name, follow) in WALKS {
        let started = Instant::now();
        let menu = if name == "provider" { &outside } else { &inside };
        let atlas = walk(menu, follow);
        say(&summary(name, menu, &atlas, started));
        orders += atlas.seen.len() - 1;
        for (row, count) in atlas.moves {
            *rows.entry(row).or_insert(0) += count;
        }
        events.extend(atlas.events);
    }
    let unreached: Vec<_> = TRANSITIONS.iter().filter(|row| !rows.contains_key(row)).collect();
    assert!(unreached.is_empty(), "rows that nothing reaches: {unreached:#?}");
    let names: BTreeSet<_> = events.iter().map(OrderEvent::name).collect();
    assert_eq!(names, OrderEvent::NAMES.iter().copied().collect(), "every kind of event happened");
    assert!(orders > 150_000, "only {orders} orders: the walks have lost their way");
    let moves: u64 = rows.values().sum();
    say(&format!("explored in all: {orders} orders, {moves} moves, {} rows\n", rows.len()));
}

fn summary(name: &str, menu: &[order_core::Command], atlas: &Atlas, started: Instant) -> String {
    let taken: u64 = atlas.moves.values().sum();
    let mut text = format!(
        "explored {name}: {} commands on each of {} orders in {:.1} s: {taken} taken, {} refused, {} different events\n",
        menu.len(),
        atlas.seen.len() - 1,
        started.elapsed().as_secs_f64(),
        atlas.refused,
        atlas.events.len(),
    );
    for status in Status::ALL {
        let orders = atlas.seen.iter().filter(|seen| seen.status == Some(*status)).count();
        let moves = atlas.moves.iter().filter(|(row, _)| row.from == Some(*status));
        let moves: u64 = moves.map(|(_, count)| count).sum();
        writeln!(text, "  {:18} {orders:7} orders {moves:9} moves", status.as_str()).unwrap();
    }
    text
}

/// Writes past the test harness, which keeps what passing tests print to itself.
fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
