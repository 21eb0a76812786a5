//! What operators do.

use async_graphql::{Context, ID, Object};
use order_core::{Analytics, RelaySteering};

use super::COST;
use crate::{
    body::{AsOfBody, ErasureBody},
    error::ApiError,
    extract::{reread, reread_records},
    graphql::{
        analytics::AsOf,
        caller::Caller,
        operation::{EraseInput, Erasure, ImportResult},
        query::position,
        scalar::{ImportRecord, Long},
    },
    request::Erase,
    rest::{
        admin::outcomes_of,
        outbox::{order_id, steer},
    },
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

    /// Takes over records of another system, of which all together must fit into a request. A return must
    /// come after its sale. Taking over the same record again does nothing, so what failed can be sent again.
    #[graphql(complexity = "COST + child_complexity")]
    async fn import_records(
        &self,
        ctx: &Context<'_>,
        records: Vec<ImportRecord>,
    ) -> Option<Result<Vec<ImportResult>, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let outcomes = outcomes_of(&call, reread_records(&records)?).await?;
            Caller::listed(ctx, &outcomes)
        };
        Some(answer.await)
    }

    /// Forgets all figures and counts them anew. Until then they are short of what is not counted yet.
    #[graphql(complexity = "COST + child_complexity")]
    async fn recount_figures(&self, ctx: &Context<'_>) -> Option<Result<AsOf, ApiError>> {
        let answer = async {
            let (call, analytics) = Caller::call_to::<dyn Analytics>(ctx, &[], &[]).await?;
            Ok(AsOfBody::from(analytics.recount(&call.who).await?).into())
        };
        Some(answer.await)
    }
}
