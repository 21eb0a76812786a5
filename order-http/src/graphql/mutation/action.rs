//! What is done to an order as a whole.

use async_graphql::{Context, ID, Object};
use order_core::{Command, Steering};

use super::{COST, Receipt, run, why};
use crate::graphql::{caller::Caller, input::CommandOptions};

/// What is done to an order as a whole.
#[derive(Debug, Default)]
pub(crate) struct Actions;

/// Carries out a command that says all by its name.
async fn plain(
    ctx: &Context<'_>,
    id: &ID,
    options: Option<CommandOptions>,
    command: Command,
) -> Receipt {
    let answer = async {
        let call = Caller::call_on(ctx, id, options).await?;
        run(&call, command).await
    };
    Some(answer.await)
}

#[Object]
impl Actions {
    /// Accepts a placed order.
    #[graphql(complexity = "COST + child_complexity")]
    async fn confirm_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        plain(ctx, &id, options, Command::Confirm).await
    }

    /// Begins to pick and pack.
    #[graphql(complexity = "COST + child_complexity")]
    async fn process_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        plain(ctx, &id, options, Command::Process).await
    }

    /// Closes an order.
    #[graphql(complexity = "COST + child_complexity")]
    async fn complete_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        plain(ctx, &id, options, Command::Complete).await
    }

    /// Puts an order away.
    #[graphql(complexity = "COST + child_complexity")]
    async fn archive_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        plain(ctx, &id, options, Command::Archive).await
    }

    /// Takes an order out of the archive.
    #[graphql(complexity = "COST + child_complexity")]
    async fn unarchive_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        plain(ctx, &id, options, Command::Unarchive).await
    }

    /// Stops an order from going on.
    #[graphql(complexity = "COST + child_complexity")]
    async fn hold_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        reason: Option<String>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Hold { reason: why(reason.as_deref())? }).await
        };
        Some(answer.await)
    }

    /// Lets a held order go on.
    #[graphql(complexity = "COST + child_complexity")]
    async fn release_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        plain(ctx, &id, options, Command::Release).await
    }

    /// Lets the process of an order go on, also if it stands still.
    #[graphql(complexity = "COST + child_complexity")]
    async fn retry_process(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            Ok(call.steer(Steering::Retry).await?.into())
        };
        Some(answer.await)
    }

    /// Takes an order over: nothing more happens to it by itself.
    #[graphql(complexity = "COST + child_complexity")]
    async fn resolve_process(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            Ok(call.steer(Steering::Resolve).await?.into())
        };
        Some(answer.await)
    }
}
