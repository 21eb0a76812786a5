//! Placing orders and changing them.

use async_graphql::{Context, ID, Object};
use order_core::{Command, NewOrder};

use super::{COST, Receipt, run};
use crate::{
    extract::{Done, reread},
    graphql::{
        caller::Caller,
        input::{CancelInput, CommandOptions, OrderStatusInput, PlaceOrderInput, UpdateOrderInput},
    },
    request::{Cancel, Remark, StatusChange, Update},
    rest::status::bring,
};

/// Placing orders and changing them.
#[derive(Debug, Default)]
pub(crate) struct Orders;

#[Object]
impl Orders {
    /// Places an order, or drafts one.
    #[graphql(complexity = "COST + child_complexity")]
    async fn place_order(
        &self,
        ctx: &Context<'_>,
        input: PlaceOrderInput,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_with(ctx, options).await?;
            let (order, meta) = (reread::<NewOrder>(&input)?, call.meta().await?);
            let dry_run = meta.dry_run;
            let receipt = call.orders.place(&call.who, order, meta).await?;
            Ok(Done { receipt, dry_run }.into())
        };
        Some(answer.await)
    }

    /// Changes what an order is about.
    #[graphql(complexity = "COST + child_complexity")]
    async fn update_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateOrderInput,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            let revision = reread::<Update>(&input)?.revision.unwrap_or_default();
            let meta = call.meta().await?;
            let dry_run = meta.dry_run;
            let receipt = call.orders.revise(&call.who, &id, revision, meta).await?;
            Ok(Done { receipt, dry_run }.into())
        };
        Some(answer.await)
    }

    /// Brings an order to a status: the action that leads there is taken. The status that it has already
    /// changes nothing.
    #[graphql(complexity = "COST + child_complexity")]
    async fn set_order_status(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: OrderStatusInput,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            Ok(bring(&call, reread::<StatusChange>(&input)?).await?.into())
        };
        Some(answer.await)
    }

    /// Places a drafted order.
    #[graphql(complexity = "COST + child_complexity")]
    async fn place_draft(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Place { content: None, person: None }).await
        };
        Some(answer.await)
    }

    /// Writes a note.
    #[graphql(complexity = "COST + child_complexity")]
    async fn note_on_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        text: String,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            let meta = call.meta().await?;
            let command = Remark::new(text).command(&call, meta.key.as_ref());
            Ok(call.run(command, meta).await?.into())
        };
        Some(answer.await)
    }

    /// Calls off an order, or units of it.
    #[graphql(complexity = "COST + child_complexity")]
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<CancelInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Cancel>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }
}
