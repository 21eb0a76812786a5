//! What can be listened to.

use std::sync::Arc;

use async_graphql::{Context, ID, Subscription as Subscribe};
use futures::{Stream, StreamExt, stream};
use order_core::{FeedQuery, Orders, Principal};

use super::{
    caller::Caller,
    event::OrderEvent,
    order::Order,
    query::{EventFilter, position},
    scalar::Long,
};
use crate::{error::ApiError, extract::Call};

/// How many events are read at once.
const PAGE: u32 = 100;

/// What can be listened to.
#[derive(Debug)]
pub(super) struct Subscription;

#[Subscribe]
impl Subscription {
    /// What happens to all orders: a customer hears of their own.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Events after this position; from now on if absent.")] after: Option<Long>,
        filter: Option<EventFilter>,
    ) -> Result<impl Stream<Item = OrderEvent> + use<>, ApiError> {
        let call = Caller::call(ctx).await?;
        let after = after.map(|after| position("/after", after)).transpose()?;
        let query = filter.unwrap_or_default().query(after.unwrap_or_default(), PAGE)?;
        let caller = Caller::of(ctx)?;
        let query = FeedQuery { after: after.or(caller.begun).unwrap_or_default(), ..query };
        check(&call, &query).await?;
        let pages = caller.reader(query)?.pages();
        Ok(pages.flat_map(stream::iter).map(OrderEvent::from))
    }

    /// An order after each change, from now on.
    async fn order_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order's id or number.")] id: ID,
    ) -> Result<impl Stream<Item = Result<Order, ApiError>> + use<>, ApiError> {
        let call = Caller::call_on(ctx, &id, None).await?;
        let filter = EventFilter { order_id: Some(id.clone()), ..EventFilter::default() };
        let caller = Caller::of(ctx)?;
        let query = filter.query(caller.begun.unwrap_or_default(), PAGE)?;
        check(&call, &query).await?;
        let pages = caller.reader(query)?.pages();
        let asked = (Arc::clone(&call.orders), call.who, id.0);
        Ok(pages
            .filter(|page| std::future::ready(!page.is_empty()))
            .then(move |_| read(asked.clone())))
    }
}

async fn read((orders, who, id): (Arc<dyn Orders>, Principal, String)) -> Result<Order, ApiError> {
    Ok(Order(orders.order(&who, &id, None).await?))
}

/// What cannot be read is said before the stream begins.
async fn check(call: &Call, query: &FeedQuery) -> Result<(), ApiError> {
    call.orders.feed(&call.who, FeedQuery { until: Some(0), ..query.clone() }).await?;
    Ok(())
}
