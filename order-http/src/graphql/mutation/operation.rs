//! What operators do.

use async_graphql::{Context, ID, Object};
use order_core::RelaySteering;

use super::COST;
use crate::{
    body::ErasureBody,
    error::ApiError,
    extract::reread,
    graphql::{
        caller::Caller,
        operation::{EraseInput, Erasure},
        query::position,
        scalar::Long,
    },
    request::Erase,
    rest::outbox::{order_id, steer},
};

/// What operators do.
#[derive(Debug, Default)]
pub(crate) struct Operations;

#[Object]
impl Operations {
    /// Lets a relay try every order that is parked again. Gives how many it is.
    #[graphql(complexity = "COST + child_complexity")]
    async fn retry_parked(&self, ctx: &Context<'_>, relay: ID) -> Option<Result<Long, ApiError>> {
        let answer = async {
            let call = Caller::call_about(ctx, &[("relay", &relay)], &[]).await?;
            Ok(steer(&call, RelaySteering::Retry(None)).await?.orders.into())
        };
        Some(answer.await)
    }

    /// Lets a relay try an order that it holds again, now. Gives how many it is.
    #[graphql(complexity = "COST + child_complexity")]
    async fn retry_held(
        &self,
        ctx: &Context<'_>,
        relay: ID,
        #[graphql(name = "orderId")] order: ID,
    ) -> Option<Result<Long, ApiError>> {
        let answer = async {
            let params = [("relay", relay.as_str()), ("orderId", &order)];
            let call = Caller::call_about(ctx, &params, &[]).await?;
            let steering = RelaySteering::Retry(Some(order_id(&call)?));
            Ok(steer(&call, steering).await?.orders.into())
        };
        Some(answer.await)
    }

    /// Gives up the first event of an order that a relay holds: it is not published to this receiver, the
    /// next ones are. Gives how many orders it is.
    #[graphql(complexity = "COST + child_complexity")]
    async fn skip_held(
        &self,
        ctx: &Context<'_>,
        relay: ID,
        #[graphql(name = "orderId")] order: ID,
        #[graphql(desc = "The position of the first event that waits.", name = "position")]
        at: Long,
    ) -> Option<Result<Long, ApiError>> {
        let answer = async {
            let params = [("relay", relay.as_str()), ("orderId", &order)];
            let call = Caller::call_about(ctx, &params, &[]).await?;
            let steering = RelaySteering::Skip(order_id(&call)?, position("/position", at)?);
            Ok(steer(&call, steering).await?.orders.into())
        };
        Some(answer.await)
    }

    /// Forgets a person: the personal data of their orders, that of up to 200 orders at a time, and then
    /// their account. Events, totals and products stay. While `more` is true, ask again.
    #[graphql(complexity = "COST + child_complexity")]
    async fn erase_person(
        &self,
        ctx: &Context<'_>,
        input: EraseInput,
    ) -> Option<Result<Erasure, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let Erase { subject, sweep } = reread(&input)?;
            Ok(ErasureBody::from(call.orders.erase(&call.who, subject, sweep).await?).into())
        };
        Some(answer.await)
    }
}
