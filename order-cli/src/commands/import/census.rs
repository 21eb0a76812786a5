//! The first pass: how many rows each order has, and which sales a credit could belong to.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher,
    ops::ControlFlow,
};

use super::{
    exported::Exported,
    field::{Field, whole_number, without_float_zero},
    row::{RawRow, Sink},
};

/// What the first pass counted. Numbers are kept as hashes: should two orders share one, both are
/// only held until the end of the file.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// All rows.
    pub(super) rows: u64,
    hasher: RandomState,
    counts: HashMap<u64, u32>,
    wanted: HashSet<u64>,
    last: String,
    run: u32,
}

impl Census {
    /// How many rows have this order number, or one with the same hash.
    pub(super) fn rows_of(&self, number: &str) -> u32 {
        self.counts.get(&self.hasher.hash_one(number)).copied().unwrap_or_default()
    }

    /// Whether a credit might name the sale of so many units.
    pub(super) fn is_wanted(&self, customer: &str, product: &str, quantity: i64) -> bool {
        !self.wanted.is_empty() && self.wanted.contains(&self.key(customer, product, quantity))
    }

    /// Ends the counting.
    pub(super) fn finish(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run > 0 {
            let count = self.counts.entry(self.hasher.hash_one(self.last.as_str())).or_default();
            *count = count.saturating_add(run);
        }
    }

    fn key(&self, customer: &str, product: &str, quantity: i64) -> u64 {
        self.hasher.hash_one((customer, product, quantity.unsigned_abs()))
    }
}

impl Sink for Census {
    fn row(&mut self, row: &RawRow<'_>) -> ControlFlow<()> {
        self.rows += 1;
        let number = without_float_zero(row.get(Field::Number));
        if number != self.last {
            self.finish();
            self.last.clear();
            self.last.push_str(number);
        }
        self.run = self.run.saturating_add(1);
        let quantity = row.get(Field::Quantity);
        let customer = without_float_zero(row.get(Field::Customer));
        if quantity.starts_with('-') && !customer.is_empty() {
            let product = without_float_zero(row.get(Field::Product));
            if let Some(quantity) = whole_number(quantity) {
                self.wanted.insert(self.key(customer, product, quantity));
            }
        }
        ControlFlow::Continue(())
    }

    fn exported(&mut self, order: Exported) -> ControlFlow<()> {
        self.rows += order.rows();
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::Census;
    use crate::commands::import::{
        field::Field,
        row::{Place, RawRow, Sink},
    };

    #[test]
    fn rows_are_counted_over_the_whole_file_and_credits_say_which_sales_they_want() {
        let mut census = Census::default();
        for (number, quantity) in [("1", "6"), ("1.0", "2"), ("C2", "-6.0"), ("1", "6")] {
            let mut row = RawRow::new(Place { key: 1, line: 1, item: None });
            row.set(Field::Number, number);
            row.set(Field::Customer, "17850.0");
            row.set(Field::Product, "A");
            row.set(Field::Quantity, quantity);
            assert!(census.row(&row).is_continue());
        }
        census.finish();
        assert_eq!((census.rows, census.rows_of("1"), census.rows_of("C2")), (4, 3, 1));
        assert!(census.is_wanted("17850", "A", 6));
        assert!(!census.is_wanted("17850", "A", 2) && !census.is_wanted("17851", "A", 6));
    }
}
