//! What an import comes to.

use std::collections::BTreeMap;

use order_core::{Currency, ImportRecord};
use serde::Serialize;

use super::{
    exact::Exact,
    feed::Settlement,
    unit::{Piece, Refusal, Unit},
};
use crate::{
    error::Done,
    output::{Output, Sheet, Side},
};

/// Records of a kind, and the rows they stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    records: u64,
    rows: u64,
}

impl Count {
    fn add(&mut self, unit: &Unit) {
        self.records += 1;
        self.rows += unit.parts.len() as u64;
    }
}

/// The exact sums of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Sums {
    taken: Exact,
    refused: Exact,
}

/// What an import comes to, while it runs and at its end.
#[derive(Debug, Default)]
pub(super) struct Summary {
    source: String,
    /// Rows of the source.
    rows: u64,
    orders: Count,
    returns: Count,
    credit_notes: Count,
    known: Count,
    refused: BTreeMap<String, u64>,
    sums: BTreeMap<Currency, Sums>,
}

impl Summary {
    /// Nothing yet, of a source with so many rows.
    pub(super) fn new(source: String, rows: u64) -> Self {
        Self { source, rows, ..Self::default() }
    }

    /// Counts what became of a piece.
    pub(super) fn count(&mut self, settled: &Settlement) {
        match &settled.piece {
            Piece::Refused(refusal) => self.count_refused(refusal),
            Piece::Taken(_) if !settled.refusals.is_empty() => {
                settled.refusals.iter().for_each(|refusal| self.count_refused(refusal));
            }
            Piece::Taken(unit) => {
                match &unit.record {
                    ImportRecord::Sale(_) => self.orders.add(unit),
                    ImportRecord::Return(_) => self.returns.add(unit),
                    ImportRecord::CreditNote(_) => self.credit_notes.add(unit),
                    ImportRecord::Refused(_) => {}
                }
                if settled.is_known {
                    self.known.add(unit);
                }
                let sums = self.sums.entry(unit.header.currency).or_default();
                sums.taken = sums.taken.plus(unit.sum());
            }
        }
    }

    fn count_refused(&mut self, refusal: &Refusal) {
        *self.refused.entry(refusal.row.code.clone()).or_default() += 1;
        if let Some((currency, amount)) = refusal.sum() {
            let sums = self.sums.entry(currency).or_default();
            sums.refused = sums.refused.plus(amount);
        }
    }

    /// Rows that were taken.
    pub(super) const fn taken_rows(&self) -> u64 {
        self.orders.rows + self.returns.rows + self.credit_notes.rows
    }

    /// Rows that were refused.
    pub(super) fn refused_rows(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Rows of which it is known what became of them.
    pub(super) fn settled_rows(&self) -> u64 {
        self.taken_rows() + self.refused_rows()
    }

    /// Prints it.
    pub(super) fn print(&self, output: Output, seconds: f64) -> Done {
        if output.is_json() {
            return output.json(&self.document(seconds));
        }
        let mut sheet = Sheet::new(
            output,
            &[("", Side::Left), ("records", Side::Right), ("rows", Side::Right)],
        );
        let mut row = |what: &str, records: String, rows: u64| {
            sheet.row([what, &records, &rows.to_string()]);
        };
        row("read", String::new(), self.rows);
        let counts = [
            ("orders", self.orders),
            ("returns", self.returns),
            ("credit notes", self.credit_notes),
        ];
        for (what, count) in counts {
            row(&format!("taken: {what}"), count.records.to_string(), count.rows);
        }
        if self.known != Count::default() {
            row("  of these known before", self.known.records.to_string(), self.known.rows);
        }
        for (code, rows) in &self.refused {
            row(&format!("refused: {code}"), String::new(), *rows);
        }
        let rest = self.rows.saturating_sub(self.settled_rows());
        if rest > 0 {
            row("not tried", String::new(), rest);
        }
        sheet.print(output)?;
        let columns = [
            ("currency", Side::Left),
            ("taken", Side::Right),
            ("refused", Side::Right),
            ("all", Side::Right),
        ];
        let mut sheet = Sheet::new(output, &columns);
        for (currency, sums) in &self.sums {
            let all = sums.taken.plus(sums.refused).to_string();
            let (taken, refused) = (sums.taken.to_string(), sums.refused.to_string());
            sheet.row([currency.code(), &taken, &refused, &all]);
        }
        if self.sums.is_empty() { Ok(()) } else { sheet.print(output) }
    }

    fn document(&self, seconds: f64) -> Document<'_> {
        let sums = self.sums.iter().map(|(currency, sums)| CurrencySums {
            currency: *currency,
            taken: sums.taken,
            refused: sums.refused,
            all: sums.taken.plus(sums.refused),
        });
        Document {
            source: &self.source,
            rows: self.rows,
            taken: Taken {
                rows: self.taken_rows(),
                orders: self.orders,
                returns: self.returns,
                credit_notes: self.credit_notes,
                known_before: self.known,
            },
            refused: Refused { rows: self.refused_rows(), by_code: &self.refused },
            not_tried: self.rows.saturating_sub(self.settled_rows()),
            sums: sums.collect(),
            seconds,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    source: &'a str,
    rows: u64,
    taken: Taken,
    refused: Refused<'a>,
    not_tried: u64,
    sums: Vec<CurrencySums>,
    seconds: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    rows: u64,
    orders: Count,
    returns: Count,
    credit_notes: Count,
    known_before: Count,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused<'a> {
    rows: u64,
    by_code: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct CurrencySums {
    currency: Currency,
    taken: Exact,
    refused: Exact,
    all: Exact,
}
