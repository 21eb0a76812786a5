//! What was made up.

use std::collections::BTreeMap;

use order_core::ImportOutcome;
use serde::Serialize;

use super::orders::{Made, Plan};
use crate::{
    error::Done,
    output::{Output, Sheet, Side},
};

/// What was made up so far.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tally {
    seed: u64,
    products: usize,
    customers: u32,
    orders: u64,
    by_status: BTreeMap<&'static str, u64>,
    returns: u64,
    /// Orders and returns that were there before.
    known_before: u64,
    /// Orders and returns that were refused, by the reason's code.
    refused: BTreeMap<String, u64>,
}

impl Tally {
    /// Nothing yet.
    pub(super) fn new(plan: &Plan) -> Self {
        let (seed, products, customers) = (plan.seed, plan.wares.len(), plan.customers);
        Self { seed, products, customers, ..Self::default() }
    }

    /// How many orders there are.
    pub(super) const fn orders(&self) -> u64 {
        self.orders
    }

    /// Counts orders, then what came back of them.
    pub(super) fn count(&mut self, made: &[Made], outcomes: &[ImportOutcome]) {
        let (sales, backs) = outcomes.split_at(made.len().min(outcomes.len()));
        for (made, outcome) in made.iter().zip(sales) {
            self.orders += 1;
            if self.is_taken(outcome) {
                *self.by_status.entry(made.sale.status.as_str()).or_default() += 1;
            }
        }
        for outcome in backs {
            if self.is_taken(outcome) {
                self.returns += 1;
            }
        }
    }

    fn is_taken(&mut self, outcome: &ImportOutcome) -> bool {
        match outcome {
            ImportOutcome::Taken => return true,
            ImportOutcome::Known => self.known_before += 1,
            ImportOutcome::Refused { code, .. } => {
                *self.refused.entry(code.clone()).or_default() += 1;
            }
        }
        false
    }

    /// Prints it.
    pub(super) fn print(&self, output: Output, seconds: f64) -> Done {
        if output.is_json() {
            return output.json(&Document { tally: self, seconds });
        }
        let columns = [("made up", Side::Left), ("", Side::Right)];
        let mut sheet = Sheet::new(output, &columns);
        let mut row = |what: &str, count: u64| sheet.row([what, &count.to_string()]);
        row("products", self.products as u64);
        row("customers", self.customers.into());
        row("orders", self.orders);
        for (status, count) in &self.by_status {
            row(&format!("  {status}"), *count);
        }
        row("returns", self.returns);
        if self.known_before > 0 {
            row("known before", self.known_before);
        }
        for (code, count) in &self.refused {
            row(&format!("refused: {code}"), *count);
        }
        sheet.print(output)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    tally: &'a Tally,
    seconds: f64,
}
