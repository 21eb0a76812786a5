//! Webhooks, and what became of each event.

use async_graphql::{
    Context, ID, Object,
    connection::{Connection, Edge},
};

use super::{FIRST_DEFAULT, page_cost};
use crate::{
    body::{DeliveryBody, WebhookBody},
    error::ApiError,
    extract::delivery_cursor,
    graphql::{
        caller::Caller,
        webhook::{Webhook, WebhookDelivery},
        word::{DeliveryState, in_rest},
    },
    rest::webhooks::{id_of, page},
};

/// What a page of deliveries asks of each: it has up to so many attempts.
const ATTEMPTS: usize = 10;

/// Webhooks, and what became of each event.
#[derive(Debug, Default)]
pub(crate) struct WebhookQueries;

#[Object]
impl WebhookQueries {
    /// A webhook.
    async fn webhook(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Webhook, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[("id", &id)], &[]).await?;
            let webhook = webhooks.subscription(&call.who, &id_of(&call)?).await?;
            Ok(WebhookBody::new(webhook).into())
        };
        Some(answer.await)
    }

    /// All webhooks, by id.
    #[graphql(complexity = "page_cost(None, FIRST_DEFAULT, child_complexity)")]
    async fn webhooks(&self, ctx: &Context<'_>) -> Option<Result<Vec<Webhook>, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[], &[]).await?;
            let webhooks = webhooks.subscriptions(&call.who).await?;
            Ok(webhooks.into_iter().map(|it| WebhookBody::new(it).into()).collect())
        };
        Some(answer.await)
    }

    /// Deliveries of a webhook of the last 30 days, the newest first, a page at a time.
    #[graphql(complexity = "page_cost(first, FIRST_DEFAULT, child_complexity * ATTEMPTS)")]
    async fn webhook_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which webhook.")] id: ID,
        state: Option<DeliveryState>,
        #[graphql(desc = "How many: 1 to 200, 20 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Option<Result<Connection<String, WebhookDelivery>, ApiError>> {
        let answer = async {
            let is_first = after.is_none();
            let limit = first.map(|first| first.to_string());
            let asked = [("state", state.and_then(in_rest)), ("limit", limit), ("cursor", after)];
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[("id", &id)], &asked).await?;
            let body = page(&call, &*webhooks).await?;
            let mut page = Connection::new(!is_first, body.has_more);
            let edge = |it: DeliveryBody| Edge::new(delivery_cursor(it.id), it.into());
            page.edges.extend(body.deliveries.into_iter().map(edge));
            Ok(page)
        };
        Some(answer.await)
    }
}
