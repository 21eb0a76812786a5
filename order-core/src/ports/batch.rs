//! Which of the commits that a store is about to write together may be written.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    commit::{Commit, RequestKey},
    store::StoreError,
};
use crate::{OrderId, OrderNumber, ProductId, Timestamp, catalog::Stock};

/// Decides commits in order, from one look at what is stored and the effects of those taken before:
/// the clauses of [`OrderStore::commit`](super::OrderStore::commit) for a store that writes whatever
/// has gathered in one transaction.
///
/// A store tells it what it found, under the locks that keep that true, and asks for each commit.
/// What it did not tell is not there.
#[derive(Debug, Default)]
pub struct Batch {
    versions: HashMap<OrderId, u64>,
    numbers: HashMap<OrderNumber, OrderId>,
    keys: HashSet<RequestKey>,
    stocks: HashMap<ProductId, Stock>,
    moved: BTreeMap<ProductId, StockChange>,
    changes: HashMap<OrderId, OrderChange>,
}

/// What becomes of one counted stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockChange {
    /// By how many units all commits together move it.
    pub delta: i64,
    /// The level it comes to.
    pub level: i64,
    /// When it last moved.
    pub at: Timestamp,
}

/// What becomes of one order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderChange {
    /// The version before; 0 if the order is new.
    pub before: u64,
    /// Whether its place in lists, or its products, may have changed.
    pub lines_moved: bool,
}

impl Batch {
    /// There is an order with this version.
    pub fn found_order(&mut self, id: OrderId, version: u64) {
        self.versions.insert(id, version);
    }

    /// This order has this number.
    pub fn found_number(&mut self, number: OrderNumber, id: OrderId) {
        self.numbers.insert(number, id);
    }

    /// This key is remembered.
    pub fn found_key(&mut self, key: RequestKey) {
        self.keys.insert(key);
    }

    /// This product's stock is counted.
    pub fn found_stock(&mut self, product_id: ProductId, stock: Stock) {
        self.stocks.insert(product_id, stock);
    }

    /// Whether a commit may be written after those that were taken: its key before everything, then
    /// its version, its number, its stock.
    ///
    /// # Errors
    /// As for [`OrderStore::commit`](super::OrderStore::commit).
    pub fn check(&self, commit: &Commit) -> Result<(), StoreError> {
        if commit.request().is_some_and(|request| self.keys.contains(&request.key)) {
            return Err(StoreError::KeyTaken);
        }
        let id = commit.order_id();
        if self.versions.get(id).copied().unwrap_or(0) != commit.expected_version() {
            return Err(StoreError::Conflict);
        }
        if self.numbers.get(commit.order().number()).is_some_and(|other| other != id) {
            return Err(StoreError::NumberTaken);
        }
        for step in commit.stock() {
            if let Some(stock) = self.stocks.get(&step.product_id) {
                stock.after(&step.product_id, step.delta)?;
            }
        }
        Ok(())
    }

    /// Takes a commit that [`check`](Self::check) lets through: the next ones are decided after it.
    pub fn take(&mut self, commit: &Commit) {
        self.keys.extend(commit.request().map(|request| request.key.clone()));
        let at = commit.at();
        for step in commit.stock() {
            if let Some(Stock { level, .. }) = self.stocks.get_mut(&step.product_id) {
                *level += step.delta;
                let before = self.moved.get(&step.product_id).map_or(0, |change| change.delta);
                let change = StockChange { delta: before + step.delta, level: *level, at };
                self.moved.insert(step.product_id.clone(), change);
            }
        }
        let id = commit.order_id();
        let first = OrderChange { before: commit.expected_version(), lines_moved: false };
        let change = self.changes.entry(id.clone()).or_insert(first);
        change.lines_moved |= commit.touches_lines();
        self.versions.insert(id.clone(), commit.expected_version() + 1);
        // An order keeps its number, so that of no order becomes free.
        self.numbers.insert(commit.order().number().clone(), id.clone());
    }

    /// What becomes of the orders of the commits that were taken.
    pub fn changes(&self) -> &HashMap<OrderId, OrderChange> {
        &self.changes
    }

    /// What becomes of the counted stocks, by product.
    pub fn stocks(&self) -> &BTreeMap<ProductId, StockChange> {
        &self.moved
    }
}
