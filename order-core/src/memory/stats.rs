//! Reports.

use super::tables::{Kept, Tables};
use crate::{
    CreditNote, Order, OrderEvent, Status, Timestamp,
    ports::{StatsBy, StatsQuery, StatsRow, StatsSums},
};

/// The key under which a report by status shows credit notes.
const CREDIT_NOTE: &str = "credit_note";

impl Tables {
    pub(super) fn stats(&self, query: &StatsQuery) -> Vec<StatsRow> {
        let mut sums = StatsSums::default();
        for kept in self.orders.values().filter(|kept| counts(query.by, &kept.order)) {
            count_order(&mut sums, query, kept);
        }
        for note in self.credit_notes.values().filter(|note| within(query, note.issued_at)) {
            let key = key_of_note(query.by, note);
            sums.credits(key, note.total.currency(), note.total.minor().into());
        }
        sums.into_rows()
    }
}

fn count_order(sums: &mut StatsSums, query: &StatsQuery, kept: &Kept) {
    let order = &kept.order;
    if within(query, order.listed_at()) {
        let key = key_of(query.by, order, order.listed_at());
        sums.orders(key, order.currency(), 1, order.totals().total.minor().into());
    }
    for recorded in kept.events.iter().filter(|recorded| within(query, recorded.at)) {
        if let OrderEvent::PaymentRefunded { amount, .. } = &recorded.event {
            let key = key_of(query.by, order, recorded.at);
            sums.refunds(key, order.currency(), amount.minor().into());
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
