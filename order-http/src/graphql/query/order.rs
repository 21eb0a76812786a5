//! Orders and what happened to them.

use async_graphql::{
    Context, ID, InputObject, Object,
    connection::{Connection, Edge},
};
use order_core::{
    CustomerId, ProductId,
    ports::{Cursor, OrderPage, OrderQuery, Sort, Start},
    search,
};

use super::{EVENTS_DEFAULT, Entity, EventFilter, FIRST_DEFAULT, checked, page_cost, position};
use crate::{
    body::{EventBody, FeedEventBody},
    error::ApiError,
    extract::{order_cursor, read_order_cursor},
    graphql::{
        caller::Caller,
        event::{EventPage, OrderEvent},
        order::Order,
        part::OrderTransition,
        scalar::{DateTime, Long},
        word::{FulfillmentStatus, OrderSort, OrderStatus, PaymentStatus},
    },
};

/// Which orders to list. Everything given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct OrderFilter {
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

/// Orders and what happened to them.
#[derive(Debug, Default)]
pub(crate) struct OrderQueries;

#[Object]
impl OrderQueries {
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

    /// Every legal move of an order. Nobody need be signed in.
    async fn order_transitions(&self) -> Vec<OrderTransition> {
        order_core::TRANSITIONS.iter().map(Into::into).collect()
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
            let after = position("/after", after.unwrap_or(Long(0)))?;
            let limit = first.unwrap_or(EVENTS_DEFAULT);
            let query = filter.unwrap_or_default().query(after, limit)?;
            let page = call.orders.feed(&call.who, query).await?;
            let events = page.events.into_iter().map(FeedEventBody::from).map(OrderEvent::from);
            Ok(EventPage { events: events.collect(), next: page.next.into() })
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
}
