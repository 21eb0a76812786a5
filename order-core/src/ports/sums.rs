//! Adding up the parts of a report.

use std::collections::BTreeMap;

use super::queries::StatsRow;
use crate::Currency;

/// The rows of a report while they are added up: exact, however many orders there are.
#[derive(Debug, Default)]
pub struct StatsSums(BTreeMap<(String, Currency), Sums>);

#[derive(Debug, Default)]
struct Sums {
    orders: u64,
    sales: i128,
    refunds: i128,
    credits: i128,
}

impl StatsSums {
    /// Adds orders and the sum of their totals, in minor units.
    pub fn orders(&mut self, key: String, currency: Currency, orders: u64, sales: i128) {
        let sums = self.0.entry((key, currency)).or_default();
        sums.orders += orders;
        sums.sales += sales;
    }

    /// Adds money that went back.
    pub fn refunds(&mut self, key: String, currency: Currency, refunds: i128) {
        self.0.entry((key, currency)).or_default().refunds += refunds;
    }

    /// Adds the total of credit notes.
    pub fn credits(&mut self, key: String, currency: Currency, credits: i128) {
        self.0.entry((key, currency)).or_default().credits += credits;
    }

    /// The rows, sorted by key and currency.
    pub fn into_rows(self) -> Vec<StatsRow> {
        let row = |((key, currency), sums): (_, Sums)| StatsRow {
            key,
            currency,
            orders: sums.orders,
            sales_minor: clamped(sums.sales),
            refunds_minor: clamped(sums.refunds),
            credits_minor: clamped(sums.credits),
        };
        self.0.into_iter().map(row).collect()
    }
}

/// A sum that no row can hold is shown as the most it can.
fn clamped(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}
