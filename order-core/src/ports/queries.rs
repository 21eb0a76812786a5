//! Reads for screens and reports.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::store::StoreError;
use crate::{
    Currency, CustomerId, FulfillmentStatus, Order, OrderId, PaymentStatus, PersonalData,
    ProductId, Status, Timestamp,
};

/// The most orders or products on one page.
pub const PAGE_MAX: u32 = 200;

/// An order as it is read: the state and the personal data beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// The state.
    pub order: Arc<Order>,
    /// The personal data; empty if there is none.
    pub person: Arc<PersonalData>,
}

/// How a list is sorted: by [`Order::listed_at`], then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// A place in a list: that of the last order seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// Its [`Order::listed_at`].
    pub at: Timestamp,
    /// Its id.
    pub id: OrderId,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// At the beginning.
    #[default]
    First,
    /// After the last order seen: costs the same on every page.
    After(Cursor),
    /// After so many orders: costs as much as what it skips.
    Offset(u32),
}

/// Which orders to list. Everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderQuery {
    /// Those of a customer.
    pub customer_id: Option<CustomerId>,
    /// Those with a line of a product.
    pub product_id: Option<ProductId>,
    /// Those in a status.
    pub status: Option<Status>,
    /// Those in a payment status.
    pub payment_status: Option<PaymentStatus>,
    /// Those in a fulfillment status.
    pub fulfillment_status: Option<FulfillmentStatus>,
    /// Those listed at this time or later.
    pub placed_from: Option<Timestamp>,
    /// Those listed before this time.
    pub placed_to: Option<Timestamp>,
    /// Those with every one of these words, as [`words`](crate::search::words) gives them, at the
    /// beginning of some word of theirs.
    pub words: Vec<String>,
    /// How they are sorted.
    pub sort: Sort,
    /// Where the page begins.
    pub start: Start,
    /// How many, from 1 to [`PAGE_MAX`].
    pub limit: u32,
}

/// A place in a list, as a store compares it: milliseconds and an id. With an empty id it is before
/// every order of that time, since no order's id is empty.
pub type Place<'a> = (i64, &'a str);

impl OrderQuery {
    /// Between which places the page is, both excluded.
    pub fn bounds(&self) -> (Place<'_>, Place<'_>) {
        let mut low = (self.placed_from.map_or(i64::MIN, Timestamp::millis), "");
        let mut high = (self.placed_to.map_or(i64::MAX, Timestamp::millis), "");
        if let Start::After(cursor) = &self.start {
            let seen = (cursor.at.millis(), cursor.id.as_str());
            match self.sort {
                Sort::Oldest => low = low.max(seen),
                Sort::Newest => high = high.min(seen),
            }
        }
        (low, high)
    }

    /// How many orders the page skips.
    pub const fn skip(&self) -> u32 {
        match self.start {
            Start::Offset(skip) => skip,
            Start::First | Start::After(_) => 0,
        }
    }
}

impl OrderPage {
    /// The page that begins with these orders, of which there is one more than its limit if it is
    /// not the last.
    pub fn of(mut orders: Vec<OrderView>, limit: u32) -> Self {
        let more = orders.len() > limit as usize;
        orders.truncate(limit as usize);
        let last = orders.last().filter(|_| more);
        let next =
            last.map(|view| Cursor { at: view.order.listed_at(), id: view.order.id().clone() });
        Self { orders, next }
    }
}

/// A page of orders.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPage {
    /// The orders.
    pub orders: Vec<OrderView>,
    /// Where the next page begins; none on the last.
    pub next: Option<Cursor>,
}

/// What a report is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatsBy {
    /// By month of placement, of refund or of issue: `2011-04`.
    #[default]
    Month,
    /// By country.
    Country,
    /// By status; refunds and credit notes count with the order's status, or as `credit_note`.
    Status,
}

/// Which numbers to report.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsQuery {
    /// What they are grouped by.
    pub by: StatsBy,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

/// One row of a report, in one currency. Drafts and cancelled orders are left out, except that a
/// report by status counts them too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsRow {
    /// The group.
    pub key: String,
    /// The currency.
    pub currency: Currency,
    /// How many orders.
    pub orders: u64,
    /// The sum of their totals, in minor units.
    pub sales_minor: i64,
    /// What went back to customers, in minor units, not negative.
    pub refunds_minor: i64,
    /// The sum of the credit notes, in minor units, not positive.
    pub credits_minor: i64,
}

/// Reads for screens and reports. What was committed before a read began is in its answer.
///
/// 1. A page costs about as much as what is on it, however many orders there are.
/// 2. Walking a list page by page with [`Start::After`] gives every order that was there from
///    beginning to end exactly once, while others arrive.
/// 3. A row that does not fit the domain is [`StoreError::Corrupt`].
#[async_trait]
pub trait OrderQueries: Debug + Send + Sync {
    /// The order with this id, else the one with this number; none if there is neither.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError>;

    /// A page of orders.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError>;

    /// A report, sorted by key and currency.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError>;
}
