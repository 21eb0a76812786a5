//! Reads for screens.

use std::ops::Bound;

use async_trait::async_trait;

use super::{
    InMemoryStore,
    tables::{Kept, Tables},
};
use crate::{
    OrderId, ProductId, Timestamp,
    ports::{
        Cursor, OrderPage, OrderQueries, OrderQuery, OrderView, Revalidated, Revalidation, Sort,
        Stamp, Start, StatsQuery, StatsRow, StoreError,
    },
    search,
};

#[async_trait]
impl OrderQueries for InMemoryStore {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        Ok(self.tables().find(reference).map(Kept::view))
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        let tables = self.tables();
        let skip = match query.start {
            Start::Offset(skip) => skip as usize,
            Start::First | Start::After(_) => 0,
        };
        let fitting = tables.from(query).filter_map(|(_, id)| tables.orders.get(id));
        let mut fitting = fitting.filter(|kept| fits(query, kept)).skip(skip);
        let orders: Vec<_> = fitting.by_ref().take(query.limit as usize).map(Kept::view).collect();
        let last = orders.last().filter(|_| fitting.next().is_some());
        let next =
            last.map(|view| Cursor { at: view.order.listed_at(), id: view.order.id().clone() });
        Ok(OrderPage { orders, next })
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        Ok(self.tables().stats(query))
    }
}

#[async_trait]
impl Revalidation for InMemoryStore {
    async fn revalidate(
        &self,
        reference: &str,
        known: Option<&Stamp>,
    ) -> Result<Revalidated, StoreError> {
        let tables = self.tables();
        let Some(kept) = tables.find(reference) else {
            return Ok(Revalidated::Absent);
        };
        let order = &kept.order;
        let stamp = Stamp { order_id: order.id().clone(), version: order.version(), writing: 0 };
        if known == Some(&stamp) {
            return Ok(Revalidated::Unchanged);
        }
        Ok(Revalidated::Changed { stamp, view: kept.view() })
    }
}

impl Tables {
    /// The order with an id, else the one with a number.
    fn find(&self, reference: &str) -> Option<&Kept> {
        let by_number = || self.numbers.get(reference).and_then(|id| self.orders.get(id));
        self.orders.get(reference).or_else(by_number)
    }

    /// The orders in the order that was asked for, from where the page begins.
    fn from<'a>(
        &'a self,
        query: &OrderQuery,
    ) -> Box<dyn Iterator<Item = &'a (Timestamp, OrderId)> + Send + 'a> {
        let last_seen = match &query.start {
            Start::After(cursor) => Bound::Excluded((cursor.at, cursor.id.clone())),
            Start::First | Start::Offset(_) => Bound::Unbounded,
        };
        match query.sort {
            Sort::Oldest => Box::new(self.listed.range((last_seen, Bound::Unbounded))),
            Sort::Newest => Box::new(self.listed.range((Bound::Unbounded, last_seen)).rev()),
        }
    }
}

fn fits(query: &OrderQuery, kept: &Kept) -> bool {
    fn holds<T: PartialEq>(wanted: Option<&T>, present: impl FnOnce() -> T) -> bool {
        wanted.is_none_or(|wanted| *wanted == present())
    }
    let order = &kept.order;
    let at = order.listed_at();
    let sold = |id: &ProductId| order.lines().iter().any(|line| line.product_id == *id);
    query.customer_id.as_ref().is_none_or(|id| order.customer_id() == Some(id))
        && holds(query.status.as_ref(), || order.status())
        && holds(query.payment_status.as_ref(), || order.payment_status())
        && holds(query.fulfillment_status.as_ref(), || order.fulfillment_status())
        && query.placed_from.is_none_or(|from| at >= from)
        && query.placed_to.is_none_or(|to| at < to)
        && query.product_id.as_ref().is_none_or(sold)
        && (query.words.is_empty() || search::matches(&kept.words, &query.words))
}
