//! Commits: every check first, then every change.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    InMemoryStore,
    tables::{Kept, Tables},
};
use crate::{
    OrderId, Timestamp,
    ports::{Commit, OrderStore, Remembered, RequestKey, StoreError, Stored},
    search,
};

#[async_trait]
impl OrderStore for InMemoryStore {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        let tables = self.tables();
        let stored = tables
            .orders
            .get(id)
            .map(|kept| Stored { events: kept.events.clone(), person: (*kept.person).clone() });
        Ok(stored.unwrap_or_default())
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.check(commit)?;
        tables.write(commit);
        Ok(())
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        Ok(self.tables().requests.get(key).cloned())
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        tables.last_number += 1;
        Ok(tables.last_number)
    }
}

impl Tables {
    fn check(&self, commit: &Commit) -> Result<(), StoreError> {
        if commit.request().is_some_and(|request| self.requests.contains_key(&request.key)) {
            return Err(StoreError::KeyTaken);
        }
        let id = commit.order_id();
        let version = self.orders.get(id).map_or(0, |kept| kept.order.version());
        if version != commit.expected_version() {
            return Err(StoreError::Conflict);
        }
        if self.numbers.get(commit.order().number()).is_some_and(|other| other != id) {
            return Err(StoreError::NumberTaken);
        }
        for step in commit.stock() {
            if let Some(product) = self.products.get(&step.product_id)
                && let Some(stock) = product.counted()
            {
                stock.after(&product.id, step.delta)?;
            }
        }
        Ok(())
    }

    /// Writes what was checked; cannot fail.
    fn write(&mut self, commit: &Commit) {
        let order = commit.order();
        let before = self.orders.remove(commit.order_id());
        if let Some(before) = &before {
            self.listed.remove(&before.place());
            self.numbers.remove(before.order.number());
        }
        let words = before.as_ref().map(|kept| kept.words.clone());
        let (mut events, person) =
            before.map(|kept| (kept.events, kept.person)).unwrap_or_default();
        let known = events.len();
        events.extend_from_slice(commit.events());
        self.feed.extend((known..events.len()).map(|index| (order.id().clone(), index)));
        let person = commit.person().map_or(person, Arc::clone);
        let words = words
            .filter(|_| !commit.touches_search())
            .unwrap_or_else(|| search::order_words(order, &person));
        let kept = Kept { order: Arc::clone(order), person, events, words };
        self.listed.insert(kept.place());
        self.numbers.insert(order.number().clone(), order.id().clone());
        self.orders.insert(order.id().clone(), kept);
        let at = commit.events().last().map_or(order.updated_at(), |recorded| recorded.at);
        self.move_stock(commit, at);
        self.put_on_agenda(commit);
        if let Some(request) = commit.request() {
            let remembered = Remembered {
                fingerprint: request.fingerprint,
                order_id: order.id().clone(),
                version: order.version(),
            };
            self.requests.insert(request.key.clone(), remembered);
        }
    }

    fn move_stock(&mut self, commit: &Commit, at: Timestamp) {
        for step in commit.stock() {
            if let Some(product) = self.products.get_mut(&step.product_id)
                && let Some(level) = &mut product.stock
            {
                *level += step.delta;
                product.updated_at = at;
            }
        }
    }
}
