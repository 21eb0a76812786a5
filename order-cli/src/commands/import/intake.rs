//! The second pass: rows become orders, credits and refusals.

use std::{collections::HashMap, ops::ControlFlow};

use order_core::{Content, Currency, ImportRecord, ImportedSale, Line, Person};

use super::{
    census::Census,
    exact::Exact,
    exported::Exported,
    field::{Field, without_float_zero},
    matching::{Credit, Matching, Settled},
    reading::{Entry, Opening, Reading},
    row::{Fault, RawRow, Sink},
    unit::{Part, Piece, Refusal, Unit},
};

/// What is known of a source before its rows are read.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// What refused rows say that they come from.
    pub(super) source: String,
    /// The currency of rows that name none.
    pub(super) currency: Option<Currency>,
}

/// An order whose rows are not all read yet.
#[derive(Debug)]
struct Open {
    number: Box<str>,
    /// Rows that are still to come.
    left: u32,
    opening: Option<Opening>,
    lines: Vec<Line>,
    sold: Vec<Part>,
    credits: Vec<Credit>,
}

/// Makes orders, credits and refusals of rows, and passes on what is complete.
pub(super) struct Intake<F> {
    setting: Setting,
    census: Census,
    emit: F,
    current: Option<Open>,
    /// Orders that other rows interrupted.
    open: HashMap<Box<str>, Open>,
    reading: Reading,
    matching: Matching,
    /// What came back of exported orders, in rounds.
    returns: Vec<Vec<Unit>>,
}

impl<F: FnMut(Piece) -> ControlFlow<()>> Intake<F> {
    pub(super) fn new(setting: Setting, census: Census, emit: F) -> Self {
        let reading = Reading::new(setting.currency);
        Self {
            setting,
            census,
            emit,
            current: None,
            open: HashMap::new(),
            reading,
            matching: Matching::default(),
            returns: Vec::new(),
        }
    }

    /// Passes on what is left, except for returns, in rounds: those need the orders to be there.
    pub(super) fn finish(mut self) -> Vec<Vec<Unit>> {
        let mut rest: Vec<Open> = self.open.drain().map(|(_, open)| open).collect();
        rest.sort_by_key(|open| open.sold.first().map(|part| part.place));
        for open in rest.into_iter().chain(self.current.take()) {
            if self.close(open).is_break() {
                return Vec::new();
            }
        }
        let Settled { notes, returns } = self.matching.settle(&self.setting.source);
        for piece in notes {
            if (self.emit)(piece).is_break() {
                return Vec::new();
            }
        }
        returns.into_iter().chain(self.returns).collect()
    }

    /// Makes the order with a number the present one.
    fn turn_to(&mut self, number: &str) {
        if let Some(open) = self.current.take() {
            self.open.insert(open.number.clone(), open);
        }
        self.current = Some(self.open.remove(number).unwrap_or_else(|| Open {
            number: number.into(),
            left: self.census.rows_of(number),
            opening: None,
            lines: Vec::new(),
            sold: Vec::new(),
            credits: Vec::new(),
        }));
    }

    fn close(&mut self, open: Open) -> ControlFlow<()> {
        let Open { opening: Some(opening), lines, sold, credits, .. } = open else {
            return ControlFlow::Continue(());
        };
        let Opening { id, status, header, .. } = opening;
        if !credits.is_empty() {
            self.matching.credit(header.clone(), credits);
        }
        if lines.is_empty() {
            return ControlFlow::Continue(());
        }
        if let Some(customer) = &header.customer {
            for (line, part) in lines.iter().zip(&sold) {
                let product = line.product_id.as_str();
                if self.census.is_wanted(customer.as_str(), product, part.quantity) {
                    self.matching.sell(&header, &id, part.place, line);
                }
            }
        }
        let content = Content {
            number: header.number.clone(),
            customer_id: header.customer.clone(),
            currency: header.currency,
            country: header.country.clone(),
            lines,
            adjustments: Vec::new(),
            tags: Vec::new(),
            metadata: std::collections::BTreeMap::new(),
            plan: None,
            pay_with: None,
        };
        let person = Person::default();
        let paid = matches!(status, order_core::Status::Completed);
        let sale = ImportedSale { id, content, person, at: header.at, status, paid };
        let record = ImportRecord::Sale(Box::new(sale));
        (self.emit)(Piece::Taken(Unit { record, header, parts: sold }))
    }
}

impl<F: FnMut(Piece) -> ControlFlow<()>> Sink for Intake<F> {
    fn row(&mut self, row: &RawRow<'_>) -> ControlFlow<()> {
        let number = without_float_zero(row.get(Field::Number));
        if self.current.as_ref().is_none_or(|open| *open.number != *number) {
            self.turn_to(number);
        }
        let Some(open) = &mut self.current else {
            return ControlFlow::Break(());
        };
        open.left = open.left.saturating_sub(1);
        let is_complete = open.left == 0;
        if let Err(fault) = open.add(&mut self.reading, row) {
            let row_kept = row.refused(&self.setting.source, number, self.setting.currency, &fault);
            let refusal = Refusal { place: row.place, row: row_kept };
            (self.emit)(Piece::Refused(refusal))?;
        }
        match self.current.take_if(|_| is_complete) {
            Some(open) => self.close(open),
            None => ControlFlow::Continue(()),
        }
    }

    fn exported(&mut self, order: Exported) -> ControlFlow<()> {
        for (round, unit) in order.returns.into_iter().enumerate() {
            if round == self.returns.len() {
                self.returns.push(Vec::new());
            }
            self.returns[round].push(unit);
        }
        (self.emit)(Piece::Taken(order.sale))
    }
}

impl Open {
    fn add(&mut self, reading: &mut Reading, row: &RawRow<'_>) -> Result<(), Fault> {
        if let Some(fault) = &row.fault {
            return Err(fault.clone());
        }
        if self.number.is_empty() {
            return Err(Fault::new("import.number_missing", "the row names no order"));
        }
        let opening = match &mut self.opening {
            Some(opening) => {
                reading.check(opening, row)?;
                opening
            }
            none => none.insert(reading.opening(&self.number, row)?),
        };
        let entry = reading.entry(opening, self.lines.len(), row)?;
        let (quantity, price) = match &entry {
            Entry::Sold(line) => (i64::from(line.quantity), line.unit_price),
            Entry::Credited(line) => (line.quantity, line.unit_price),
        };
        let amount = Exact::of(price.checked_mul(quantity)?);
        let part = Part { place: row.place, quantity, amount };
        match entry {
            Entry::Sold(line) => {
                self.lines.push(line);
                self.sold.push(part);
            }
            Entry::Credited(line) => self.credits.push((part, line)),
        }
        Ok(())
    }
}
