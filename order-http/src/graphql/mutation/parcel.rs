//! What is sent, and what comes back.

use async_graphql::{Context, ID, Object};
use order_core::Command;

use super::{COST, Receipt, run, why};
use crate::{
    extract::reread,
    graphql::{
        caller::Caller,
        input::{CommandOptions, ReceiveInput, ReturnInput, ShipInput},
        query::checked,
    },
    request::{Receive, SendBack, Ship},
};

/// What is sent, and what comes back.
#[derive(Debug, Default)]
pub(crate) struct Parcels;

#[Object]
impl Parcels {
    /// Hands a parcel over to a carrier.
    #[graphql(complexity = "COST + child_complexity")]
    async fn ship_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<ShipInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Ship>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Records that parcels arrived: one, or every one on its way.
    #[graphql(complexity = "COST + child_complexity")]
    async fn deliver_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        shipment_id: Option<ID>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            let shipment_id = shipment_id.map(|id| checked(&id, "/shipmentId")).transpose()?;
            run(&call, Command::Deliver { shipment_id }).await
        };
        Some(answer.await)
    }

    /// Asks to send units back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn request_return(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<ReturnInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<SendBack>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Records that units came back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn receive_return(
        &self,
        ctx: &Context<'_>,
        id: ID,
        return_id: ID,
        input: Option<ReceiveInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("returnId", return_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let receive = reread::<Receive>(&input.unwrap_or_default())?;
            Ok(call.run_on_part(receive.command(&call).await?).await?.into())
        };
        Some(answer.await)
    }

    /// Refuses what has not come back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn reject_return(
        &self,
        ctx: &Context<'_>,
        id: ID,
        return_id: ID,
        reason: Option<String>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("returnId", return_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let id = Some(call.part("returnId", "return")?);
            let reason = why(reason.as_deref())?;
            Ok(call.run_on_part(Command::RejectReturn { id, reason }).await?.into())
        };
        Some(answer.await)
    }
}
