//! Reports.

use std::collections::BTreeMap;

use super::tables::{Kept, Tables};
use crate::{
    CreditNote, Currency, Order, OrderEvent, Status, Timestamp,
    ports::{StatsBy, StatsQuery, StatsRow},
};

/// The key under which a report by status shows credit notes.
const CREDIT_NOTE: &str = "credit_note";

/// The rows so far, by key and currency.
type Rows = BTreeMap<(String, Currency), Sums>;

#[derive(Default)]
struct Sums {
    orders: u64,
    sales: i128,
    refunds: i128,
    credits: i128,
}

impl Tables {
    pub(super) fn stats(&self, query: &StatsQuery) -> Vec<StatsRow> {
        let mut rows = Rows::new();
        for kept in self.orders.values().filter(|kept| counts(query.by, &kept.order)) {
            count_order(&mut rows, query, kept);
        }
        for note in self.credit_notes.values().filter(|note| within(query, note.issued_at)) {
            let key = (key_of_note(query.by, note), note.total.currency());
            rows.entry(key).or_default().credits += i128::from(note.total.minor());
        }
        let row = |((key, currency), sums): (_, Sums)| StatsRow {
            key,
            currency,
            orders: sums.orders,
            sales_minor: clamped(sums.sales),
            refunds_minor: clamped(sums.refunds),
            credits_minor: clamped(sums.credits),
        };
        rows.into_iter().map(row).collect()
    }
}

fn count_order(rows: &mut Rows, query: &StatsQuery, kept: &Kept) {
    let order = &kept.order;
    if within(query, order.listed_at()) {
        let key = (key_of(query.by, order, order.listed_at()), order.currency());
        let sums = rows.entry(key).or_default();
        sums.orders += 1;
        sums.sales += i128::from(order.totals().total.minor());
    }
    for recorded in kept.events.iter().filter(|recorded| within(query, recorded.at)) {
        if let OrderEvent::PaymentRefunded { amount, .. } = &recorded.event {
            let key = (key_of(query.by, order, recorded.at), order.currency());
            rows.entry(key).or_default().refunds += i128::from(amount.minor());
        }
    }
}

fn counts(by: StatsBy, order: &Order) -> bool {
    by == StatsBy::Status || !matches!(order.status(), Status::Draft | Status::Cancelled)
}

fn within(query: &StatsQuery, at: Timestamp) -> bool {
    query.from.is_none_or(|from| at >= from) && query.to.is_none_or(|to| at < to)
}

fn key_of(by: StatsBy, order: &Order, at: Timestamp) -> String {
    match by {
        StatsBy::Month => at.month(),
        StatsBy::Country => order.country().map(ToString::to_string).unwrap_or_default(),
        StatsBy::Status => order.status().to_string(),
    }
}

fn key_of_note(by: StatsBy, note: &CreditNote) -> String {
    match by {
        StatsBy::Month => note.issued_at.month(),
        StatsBy::Country => note.country.as_ref().map(ToString::to_string).unwrap_or_default(),
        StatsBy::Status => CREDIT_NOTE.to_owned(),
    }
}

/// A sum that no row can hold is shown as the most it can.
fn clamped(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}
