//! What can be asked.

use async_graphql::{
    Context, ID, Object,
    connection::{Connection, Edge},
};
use order_core::{
    CustomerId, FeedQuery, ProductId, ServiceError, TextError,
    ports::{Cursor, OrderPage, OrderQuery, ProductPage, ProductPlace, ProductQuery, Sort, Start},
    search,
};

use super::{
    caller::Caller,
    event::{EventPage, OrderEvent},
    order::Order,
    product::Product,
    scalar::{DateTime, Long},
    word::{FulfillmentStatus, OrderSort, OrderStatus, PaymentStatus},
};
use crate::{
    body::{EventBody, FeedEventBody},
    error::ApiError,
    extract::{order_cursor, product_cursor, read_order_cursor, read_product_cursor},
};

/// How many are on a page if the caller does not say.
const FIRST_DEFAULT: u32 = 20;
/// The same of events.
const EVENTS_DEFAULT: u32 = 100;

/// How much a page costs.
pub(super) fn page_cost(first: Option<u32>, default: u32, each: usize) -> usize {
    let first = usize::try_from(first.unwrap_or(default)).unwrap_or(usize::MAX);
    each.saturating_add(1).saturating_mul(first)
}

/// Which orders to list. Everything given must hold.
#[derive(Debug, Default, async_graphql::InputObject)]
pub(super) struct OrderFilter {
    /// Those of a customer.
    customer_id: Option<ID>,
    /// Those with a line of a product.
    product_id: Option<ID>,
    /// Those in a status.
    status: Option<OrderStatus>,
    /// Those in a payment status.
    payment_status: Option<PaymentStatus>,
    /// Those in a fulfillment status.
    fulfillment_status: Option<FulfillmentStatus>,
    /// Those placed at this time or later.
    placed_from: Option<DateTime>,
    /// Those placed before this time.
    placed_to: Option<DateTime>,
    /// Those with every one of these words at the beginning of a word: id, number, customer, e-mail, name,
    /// product, tracking number, tag, note.
    q: Option<String>,
}

/// Which products to list. Everything given must hold.
#[derive(Debug, Default, async_graphql::InputObject)]
pub(super) struct ProductFilter {
    /// Those of a category.
    category: Option<String>,
    /// Those with every one of these words at the beginning of a word: id, name.
    q: Option<String>,
    /// Those of which less than so many are left, at most 1000; the lowest first.
    stock_below: Option<Long>,
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

fn filtered(filter: OrderFilter) -> Result<OrderQuery, ApiError> {
    let customer = filter.customer_id.map(|id| checked::<CustomerId>(&id, "/customerId"));
    let product = filter.product_id.map(|id| checked::<ProductId>(&id, "/productId"));
    Ok(OrderQuery {
        customer_id: customer.transpose()?,
        product_id: product.transpose()?,
        status: filter.status.map(Into::into),
        payment_status: filter.payment_status.map(Into::into),
        fulfillment_status: filter.fulfillment_status.map(Into::into),
        placed_from: filter.placed_from.map(|time| time.0),
        placed_to: filter.placed_to.map(|time| time.0),
        words: filter.q.as_deref().map(search::words).unwrap_or_default(),
        ..OrderQuery::default()
    })
}

/// What a gateway gets for an id: null if there is nothing that the caller may see.
type Entity<T> = Result<Option<T>, ApiError>;

/// What can be asked.
#[derive(Debug)]
pub(super) struct Query;

#[Object]
impl Query {
    /// An order, by its id or its number; with `version` as it was then.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order's id or number.")] id: ID,
        version: Option<u64>,
    ) -> Option<Result<Order, ApiError>> {
        let answer = async {
            let call = Caller::call_on(ctx, &id, None).await?;
            let view = call.orders.order(&call.who, &id, version).await?;
            Ok(Order(view))
        };
        Some(answer.await)
    }

    /// Orders, a page at a time.
    #[graphql(complexity = "page_cost(first, FIRST_DEFAULT, child_complexity)")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        filter: Option<OrderFilter>,
        #[graphql(desc = "The newest first if absent.")] sort: Option<OrderSort>,
        #[graphql(desc = "How many: 1 to 200, 20 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Option<Result<Connection<String, Order>, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let sort = match sort {
                None | Some(OrderSort::Newest) => Sort::Newest,
                Some(OrderSort::Oldest) => Sort::Oldest,
            };
            let start = after.as_deref().map(|text| read_order_cursor(sort, text)).transpose()?;
            let is_first = start.is_none();
            let query = OrderQuery {
                sort,
                start: start.map_or(Start::First, Start::After),
                limit: first.unwrap_or(FIRST_DEFAULT),
                ..filtered(filter.unwrap_or_default())?
            };
            let OrderPage { orders, next } = call.orders.list(&call.who, query).await?;
            let mut page = Connection::new(!is_first, next.is_some());
            page.edges.extend(orders.into_iter().map(|view| {
                let place = Cursor { at: view.order.listed_at(), id: view.order.id().clone() };
                Edge::new(order_cursor(sort, &place), Order(view))
            }));
            Ok(page)
        };
        Some(answer.await)
    }

    /// What happened to an order, oldest first.
    #[graphql(complexity = "page_cost(None, EVENTS_DEFAULT, child_complexity)")]
    async fn order_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order's id or number.")] id: ID,
    ) -> Option<Result<Vec<OrderEvent>, ApiError>> {
        let answer = async {
            let call = Caller::call_on(ctx, &id, None).await?;
            let history = call.orders.history(&call.who, &id).await?;
            let events = history.into_iter().map(|recorded| {
                let order_id = recorded.id.order_id.clone();
                OrderEvent::new(&order_id, EventBody::from(recorded))
            });
            Ok(events.collect())
        };
        Some(answer.await)
    }

    /// What happened to all orders, by position, a page at a time.
    #[graphql(complexity = "page_cost(first, EVENTS_DEFAULT, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Events after this position; from the beginning if absent.")]
        after: Option<Long>,
        #[graphql(desc = "How many: 1 to 1000, 100 if absent.")] first: Option<u32>,
        filter: Option<EventFilter>,
    ) -> Option<Result<EventPage, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let after = position(after.unwrap_or(Long(0)))?;
            let limit = first.unwrap_or(EVENTS_DEFAULT);
            let query = filter.unwrap_or_default().query(after, limit)?;
            let page = call.orders.feed(&call.who, query).await?;
            let events = page.events.into_iter().map(FeedEventBody::from).map(OrderEvent::from);
            Ok(EventPage { events: events.collect(), next: page.next.into() })
        };
        Some(answer.await)
    }

    /// A product.
    async fn product(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let product = call.orders.product(&call.who, &product_id(&id)?).await?;
            Ok(product.into())
        };
        Some(answer.await)
    }

    /// Products, a page at a time.
    #[graphql(complexity = "page_cost(first, FIRST_DEFAULT, child_complexity)")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        filter: Option<ProductFilter>,
        #[graphql(desc = "How many: 1 to 200, 20 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Option<Result<Connection<String, Product>, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let ProductFilter { category, q, stock_below } = filter.unwrap_or_default();
            let category = category.map(|text| checked(&text, "/category")).transpose()?;
            let is_low = stock_below.is_some();
            let after =
                after.as_deref().map(|text| read_product_cursor(is_low, text)).transpose()?;
            let is_first = after.is_none();
            let query = ProductQuery {
                category,
                words: q.as_deref().map(search::words).unwrap_or_default(),
                stock_below: stock_below.map(|level| level.0),
                after,
                limit: first.unwrap_or(FIRST_DEFAULT),
            };
            let ProductPage { products, more } = call.orders.products(&call.who, query).await?;
            let mut page = Connection::new(!is_first, more);
            page.edges.extend(products.into_iter().map(|product| {
                let level = product.stock.filter(|_| is_low);
                let place = ProductPlace { level, id: product.id.clone() };
                Edge::new(product_cursor(&place), product.into())
            }));
            Ok(page)
        };
        Some(answer.await)
    }

    /// The order of an id, for a gateway.
    #[graphql(entity)]
    async fn order_of_id(&self, ctx: &Context<'_>, id: ID) -> Entity<Order> {
        let caller = Caller::of(ctx)?;
        caller.count_entity(ctx)?;
        Ok(caller.order(id.0).await?.map(Order))
    }

    /// The product of an id, for a gateway.
    #[graphql(entity)]
    async fn product_of_id(&self, ctx: &Context<'_>, id: ID) -> Entity<Product> {
        Caller::of(ctx)?.count_entity(ctx)?;
        Ok(ProductId::try_from(id.as_str()).ok().map(Product::named))
    }
}

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
pub(super) fn position(after: Long) -> Result<u64, ApiError> {
    let detail = "a position is a whole number, not negative";
    u64::try_from(after.0).map_err(|_| ApiError::field("/after", "query.integer", detail))
}
