//! Money in and out.

use async_graphql::{Context, ID, Object};
use order_core::Command;

use super::{COST, Receipt, run};
use crate::{
    extract::reread,
    graphql::{
        caller::Caller,
        input::{CaptureInput, CommandOptions, PaymentInput, RefundInput},
    },
    request::{Capture, Pay, Refund},
};

/// Money in and out.
#[derive(Debug, Default)]
pub(crate) struct Payments;

#[Object]
impl Payments {
    /// Records a payment.
    #[graphql(complexity = "COST + child_complexity")]
    async fn record_payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<PaymentInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Pay>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Captures an authorized payment.
    #[graphql(complexity = "COST + child_complexity")]
    async fn capture_payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        payment_id: ID,
        input: Option<CaptureInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("paymentId", payment_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let capture = reread::<Capture>(&input.unwrap_or_default())?;
            Ok(call.run_on_part(capture.command(&call).await?).await?.into())
        };
        Some(answer.await)
    }

    /// Gives up what is open of a payment.
    #[graphql(complexity = "COST + child_complexity")]
    async fn void_payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        payment_id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("paymentId", payment_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let id = Some(call.part("paymentId", "payment")?);
            Ok(call.run_on_part(Command::Void { id }).await?.into())
        };
        Some(answer.await)
    }

    /// Gives money back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn refund_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<RefundInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Refund>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }
}
