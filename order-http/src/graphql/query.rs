//! What can be asked.

mod account;
mod analytics;
mod books;
mod operation;
mod order;
mod product;
mod webhook;

use async_graphql::{ID, MergedObject};
use order_core::{CustomerId, FeedQuery, ProductId, ServiceError, TextError};

use super::scalar::Long;
use crate::error::ApiError;

/// How many are on a page if the caller does not say.
const FIRST_DEFAULT: u32 = 20;
/// The same of events.
const EVENTS_DEFAULT: u32 = 100;

/// How much a page costs.
pub(super) fn page_cost(first: Option<u32>, default: u32, each: usize) -> usize {
    let first = usize::try_from(first.unwrap_or(default)).unwrap_or(usize::MAX);
    each.saturating_add(1).saturating_mul(first)
}

/// Reads a text with a rule.
pub(super) fn checked<T>(text: &str, pointer: &str) -> Result<T, ApiError>
where
    T: for<'t> TryFrom<&'t str, Error = TextError>,
{
    T::try_from(text).map_err(|error| ApiError::field(pointer, error.code(), error.to_string()))
}

/// The product of an id. An id that breaks the rules names none.
pub(super) fn product_id(id: &ID) -> Result<ProductId, ApiError> {
    let id = ProductId::try_from(id.as_str());
    id.map_err(|_| ServiceError::NotFound { what: "product" }.into())
}

/// What a gateway gets for an id: null if there is nothing that the caller may see.
type Entity<T> = Result<Option<T>, ApiError>;

/// What can be asked.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Query(
    order::OrderQueries,
    product::ProductQueries,
    account::AccountQueries,
    webhook::WebhookQueries,
    analytics::AnalyticsQueries,
    books::BookQueries,
    operation::OperationQueries,
);

/// Which events to tell. Everything given must hold.
#[derive(Debug, Default, async_graphql::InputObject)]
pub(super) struct EventFilter {
    /// Those of an order, by id or number.
    pub(super) order_id: Option<ID>,
    /// Those of a customer's orders.
    pub(super) customer_id: Option<ID>,
    /// Those of these types, such as `order.placed`.
    pub(super) types: Option<Vec<String>>,
}

impl EventFilter {
    /// What is to be read of the feed.
    pub(super) fn query(self, after: u64, limit: u32) -> Result<FeedQuery, ApiError> {
        let customer = self.customer_id.map(|id| checked::<CustomerId>(&id, "/customerId"));
        Ok(FeedQuery {
            after,
            until: None,
            limit,
            order: self.order_id.map(|id| id.0),
            customer_id: customer.transpose()?,
            kinds: self.types.unwrap_or_default(),
        })
    }
}

/// A position in the feed.
pub(super) fn position(pointer: &str, after: Long) -> Result<u64, ApiError> {
    let detail = "a position is a whole number, not negative";
    u64::try_from(after.0).map_err(|_| ApiError::field(pointer, "query.integer", detail))
}
