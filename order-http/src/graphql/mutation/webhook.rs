//! Webhooks.

use async_graphql::{Context, ID, Object};
use order_core::{NewSubscription, Rotation, SubscriptionChange, ports::Replay};

use super::COST;
use crate::{
    body::{AttemptBody, WebhookBody},
    error::ApiError,
    extract::reread,
    graphql::{
        caller::Caller,
        scalar::DateTime,
        webhook::{DeliveryAttempt, RotationInput, UpdateWebhookInput, Webhook, WebhookInput},
    },
    rest::webhooks::{id_of, position_of},
};

/// Webhooks.
#[derive(Debug, Default)]
pub(crate) struct Webhooks;

#[Object]
impl Webhooks {
    /// Has events delivered to an address from now on. The `secret` is in this answer alone.
    #[graphql(complexity = "COST + child_complexity")]
    async fn add_webhook(
        &self,
        ctx: &Context<'_>,
        input: WebhookInput,
    ) -> Option<Result<Webhook, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[], &[]).await?;
            let webhook = webhooks.subscribe(&call.who, reread::<NewSubscription>(&input)?).await?;
            Ok(WebhookBody::with_secret(webhook).into())
        };
        Some(answer.await)
    }

    /// Changes a webhook, disables it, or makes it active again.
    #[graphql(complexity = "COST + child_complexity")]
    async fn update_webhook(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateWebhookInput,
        expected_version: Option<u64>,
    ) -> Option<Result<Webhook, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[("id", &id)], &[]).await?;
            let (id, change) = (id_of(&call)?, reread::<SubscriptionChange>(&input)?);
            let webhook =
                webhooks.change_subscription(&call.who, &id, change, expected_version).await?;
            Ok(WebhookBody::new(webhook).into())
        };
        Some(answer.await)
    }

    /// Removes a webhook and its deliveries.
    #[graphql(complexity = "COST + child_complexity")]
    async fn remove_webhook(
        &self,
        ctx: &Context<'_>,
        id: ID,
        expected_version: Option<u64>,
    ) -> Option<Result<ID, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[("id", &id)], &[]).await?;
            webhooks.unsubscribe(&call.who, &id_of(&call)?, expected_version).await?;
            Ok(id)
        };
        Some(answer.await)
    }

    /// Replaces the secret of a webhook: for a while requests are signed with both. The `secret` is in this
    /// answer alone.
    #[graphql(complexity = "COST + child_complexity")]
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<RotationInput>,
        expected_version: Option<u64>,
    ) -> Option<Result<Webhook, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[("id", &id)], &[]).await?;
            let (id, rotation) = (id_of(&call)?, reread::<Rotation>(&input.unwrap_or_default())?);
            let webhook =
                webhooks.rotate_secret(&call.who, &id, rotation, expected_version).await?;
            Ok(WebhookBody::with_secret(webhook).into())
        };
        Some(answer.await)
    }

    /// Sends a test event now. Its type is `webhook.test`; it is not in the list of deliveries.
    #[graphql(complexity = "COST + child_complexity")]
    async fn test_webhook(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Option<Result<DeliveryAttempt, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[("id", &id)], &[]).await?;
            let reply = webhooks.try_subscription(&call.who, &id_of(&call)?).await?;
            Ok(AttemptBody::from(reply).into())
        };
        Some(answer.await)
    }

    /// Sends a delivery once more, whatever became of it. Gives how many it was.
    #[graphql(complexity = "COST + child_complexity")]
    async fn replay_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which webhook.")] id: ID,
        delivery_id: ID,
    ) -> Option<Result<u32, ApiError>> {
        let answer = async {
            let params = [("id", id.as_str()), ("deliveryId", &delivery_id)];
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &params, &[]).await?;
            let replay = Replay::One(position_of(&call)?);
            Ok(webhooks.replay(&call.who, &id_of(&call)?, replay).await?)
        };
        Some(answer.await)
    }

    /// Sends what failed since a time once more. Gives how many it was; after 10,000 there may be more.
    #[graphql(complexity = "COST + child_complexity")]
    async fn replay_failed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which webhook.")] id: ID,
        since: DateTime,
    ) -> Option<Result<u32, ApiError>> {
        let answer = async {
            let (call, webhooks) =
                Caller::call_to::<dyn order_core::Webhooks>(ctx, &[("id", &id)], &[]).await?;
            Ok(webhooks.replay(&call.who, &id_of(&call)?, Replay::Failed(since.0)).await?)
        };
        Some(answer.await)
    }
}
