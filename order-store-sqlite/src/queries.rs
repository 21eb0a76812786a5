//! Reads for screens. Every list walks one index in its own order, from where the page begins.

use std::collections::BTreeSet;

use async_trait::async_trait;
use order_core::{
    ports::{
        OrderPage, OrderQueries, OrderQuery, OrderView, Revalidated, Revalidation, Sort, Stamp,
        StatsQuery, StatsRow, StoreError,
    },
    search,
};

use crate::{
    SqliteStore,
    error::from_sqlx,
    rows::{Reading, view},
};

pub(crate) const FIND: &str = "
    SELECT s.id, s.version, s.state, p.data
    FROM order_state s LEFT JOIN order_person p ON p.order_id = s.id
    WHERE s.seq = coalesce((SELECT seq FROM order_state WHERE id = ?1),
        (SELECT seq FROM order_state WHERE number = ?1))";

/// The same; the documents only if it is not the order ?2 in its version ?3.
pub(crate) const REVALIDATE: &str = "
    SELECT s.id, s.version,
        CASE WHEN s.id = ?2 AND s.version = ?3 THEN NULL ELSE s.state END, p.data
    FROM order_state s
    LEFT JOIN order_person p ON p.order_id = s.id AND NOT coalesce(s.id = ?2 AND s.version = ?3, FALSE)
    WHERE s.seq = coalesce((SELECT seq FROM order_state WHERE id = ?1),
        (SELECT seq FROM order_state WHERE number = ?1))";

/// The bounds (?1, ?2) and (?3, ?4) of time and id, and the filters that no index serves.
macro_rules! filters {
    ($at:literal, $id:literal) => {
        concat!(
            "(",
            $at,
            ", ",
            $id,
            ") > (?1, ?2) AND (",
            $at,
            ", ",
            $id,
            ") < (?3, ?4)
            AND (?7 IS NULL OR s.customer_id = ?7)
            AND (?8 IS NULL OR EXISTS (SELECT 1 FROM order_product_index x
                WHERE x.product_id = ?8 AND x.listed_at = s.listed_at AND x.order_id = s.id))
            AND (?9 IS NULL OR s.status = ?9)
            AND (?10 IS NULL OR s.payment_status = ?10)
            AND (?11 IS NULL OR s.fulfillment_status = ?11)"
        )
    };
}

/// A list in both directions: the oldest first, the newest first.
macro_rules! list {
    ($from:literal, $condition:literal, $at:literal, $id:literal) => {
        [list!(@one $from, $condition, $at, $id, ""), list!(@one $from, $condition, $at, $id, " DESC")]
    };
    (@one $from:literal, $condition:literal, $at:literal, $id:literal, $way:literal) => {
        concat!(
            "SELECT s.id, s.version, s.state, p.data FROM ", $from,
            " LEFT JOIN order_person p ON p.order_id = s.id WHERE ", $condition, " AND ",
            filters!($at, $id),
            " ORDER BY ", $at, $way, ", ", $id, $way, " LIMIT ?5 OFFSET ?6"
        )
    };
}

/// What a search finds has no order of its own: places are sorted first, then documents read.
macro_rules! search {
    ($way:literal) => {
        concat!(
            "SELECT s.id, s.version, s.state, p.data FROM (
                SELECT s.seq, s.listed_at, s.id
                FROM order_search f CROSS JOIN order_state s ON s.seq = f.rowid
                WHERE f.order_search MATCH ?12 AND ",
            filters!("s.listed_at", "s.id"),
            " ORDER BY s.listed_at",
            $way,
            ", s.id",
            $way,
            " LIMIT ?5 OFFSET ?6
            ) found CROSS JOIN order_state s ON s.seq = found.seq
            LEFT JOIN order_person p ON p.order_id = s.id
            ORDER BY found.listed_at",
            $way,
            ", found.id",
            $way
        )
    };
}

pub(crate) const LIST: [&str; 2] =
    list!("order_state s INDEXED BY order_state_by_time", "TRUE", "s.listed_at", "s.id");
pub(crate) const LIST_OF_CUSTOMER: [&str; 2] = list!(
    "order_state s INDEXED BY order_state_by_customer",
    "s.customer_id = ?7",
    "s.listed_at",
    "s.id"
);
pub(crate) const LIST_OF_STATUS: [&str; 2] =
    list!("order_state s INDEXED BY order_state_by_status", "s.status = ?9", "s.listed_at", "s.id");
pub(crate) const LIST_OF_PAYMENT: [&str; 2] = list!(
    "order_state s INDEXED BY order_state_by_payment",
    "s.payment_status = ?10",
    "s.listed_at",
    "s.id"
);
pub(crate) const LIST_OF_FULFILLMENT: [&str; 2] = list!(
    "order_state s INDEXED BY order_state_by_fulfillment",
    "s.fulfillment_status = ?11",
    "s.listed_at",
    "s.id"
);
pub(crate) const LIST_OF_PRODUCT: [&str; 2] = list!(
    "order_product_index i CROSS JOIN order_state s ON s.id = i.order_id",
    "i.product_id = ?8",
    "i.listed_at",
    "i.order_id"
);
pub(crate) const LIST_OF_WORDS: [&str; 2] = [search!(""), search!(" DESC")];

/// The statement that walks the index which leaves the least to filter.
fn statement_of(query: &OrderQuery, has_words: bool) -> &'static str {
    let both = if has_words {
        &LIST_OF_WORDS
    } else if query.customer_id.is_some() {
        &LIST_OF_CUSTOMER
    } else if query.product_id.is_some() {
        &LIST_OF_PRODUCT
    } else if query.status.is_some() {
        &LIST_OF_STATUS
    } else if query.fulfillment_status.is_some() {
        &LIST_OF_FULFILLMENT
    } else if query.payment_status.is_some() {
        &LIST_OF_PAYMENT
    } else {
        &LIST
    };
    match query.sort {
        Sort::Oldest => both[0],
        Sort::Newest => both[1],
    }
}

/// The words as a search: each at the beginning of some word. None if there are none.
pub(crate) fn match_of(words: &[String]) -> Option<String> {
    // The index knows only words of letters and digits, so nothing in them can be an operator.
    let words: BTreeSet<_> = words.iter().flat_map(|word| search::words(word)).collect();
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" AND "))
}

#[async_trait]
impl OrderQueries for SqliteStore {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        let query = sqlx::query(FIND).bind(reference);
        let found = query.fetch_optional(self.reads()).await.map_err(from_sqlx)?;
        found.as_ref().map(view).transpose()
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        let words = match_of(&query.words);
        let ((from, from_id), (to, to_id)) = query.bounds();
        let rows = sqlx::query(statement_of(query, words.is_some()))
            .bind(from)
            .bind(from_id)
            .bind(to)
            .bind(to_id)
            .bind(i64::from(query.limit) + 1)
            .bind(query.skip())
            .bind(query.customer_id.as_ref().map(order_core::CustomerId::shared))
            .bind(query.product_id.as_ref().map(order_core::ProductId::shared))
            .bind(query.status.map(order_core::Status::as_str))
            .bind(query.payment_status.map(order_core::PaymentStatus::as_str))
            .bind(query.fulfillment_status.map(order_core::FulfillmentStatus::as_str))
            .bind(words)
            .fetch_all(self.reads())
            .await
            .map_err(from_sqlx)?;
        let orders = rows.iter().map(view).collect::<Result<_, _>>()?;
        Ok(OrderPage::of(orders, query.limit))
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        self.report(query).await
    }
}

#[async_trait]
impl Revalidation for SqliteStore {
    async fn revalidate(
        &self,
        reference: &str,
        known: Option<&Stamp>,
    ) -> Result<Revalidated, StoreError> {
        let version = known.and_then(|known| i64::try_from(known.version).ok());
        let query = sqlx::query(REVALIDATE)
            .bind(reference)
            .bind(known.map(|known| known.order_id.shared()))
            .bind(version);
        let found = query.fetch_optional(self.reads()).await.map_err(from_sqlx)?;
        let Some(row) = &found else {
            return Ok(Revalidated::Absent);
        };
        let columns = Reading::new(row, "order_state", 0)?;
        if columns.get::<Option<&str>>(2, "state")?.is_none() {
            return Ok(Revalidated::Unchanged);
        }
        let view = view(row)?;
        let (order_id, version) = (view.order.id().clone(), view.order.version());
        Ok(Revalidated::Changed { stamp: Stamp { order_id, version, writing: 0 }, view })
    }
}
