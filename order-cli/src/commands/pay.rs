//! `order pay` and `order void`.

use clap::Args;
use order_core::PaymentState;
use order_http::request::{CaptureRequest, PaymentRequest};

use crate::{
    cli::Change,
    error::{Done, Failure},
    session::Session,
};

/// What `order pay` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --payment, money that is authorized is captured first; else it is a new payment.")]
pub(crate) struct PayArgs {
    /// The order: its id or number.
    order: String,
    /// How much; all that is due if left out.
    amount: Option<String>,
    /// How it is paid: card, bank transfer, invoice, …
    #[arg(long)]
    method: Option<String>,
    /// The payment provider's own reference.
    #[arg(long)]
    reference: Option<String>,
    /// The authorization to capture.
    #[arg(long, value_name = "ID")]
    #[arg(conflicts_with_all = ["authorize", "failed", "method", "reference"])]
    payment: Option<String>,
    /// Record that the money is authorized, not that it came in.
    #[arg(long)]
    authorize: bool,
    /// Record that the payment was declined.
    #[arg(long, conflicts_with_all = ["authorize", "amount"])]
    failed: bool,
    /// Why it was declined.
    #[arg(long, requires = "failed")]
    reason: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// What `order void` takes.
#[derive(Debug, Args)]
pub(crate) struct VoidArgs {
    /// The order: its id or number.
    order: String,
    /// The payment; the only open authorization if left out.
    payment: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// Records a payment, or an authorization.
pub(crate) async fn run(args: &PayArgs, session: &Session) -> Done {
    let amount = args.amount.clone();
    if let Some(payment) = &args.payment {
        let call = session.client.post(&["orders", &args.order, "payments", payment, "capture"]);
        let call = call.json(&CaptureRequest { amount, currency: None });
        return session.carry_out(call, &args.change).await;
    }
    let state = match (args.authorize, args.failed) {
        (true, _) => Some("authorized".to_owned()),
        (_, true) => Some("failed".to_owned()),
        _ => None,
    };
    let payment = PaymentRequest {
        state,
        amount,
        method: args.method.clone(),
        reference: args.reference.clone(),
        reason: args.reason.clone(),
        ..PaymentRequest::default()
    };
    let call = session.client.post(&["orders", &args.order, "payments"]);
    session.carry_out(call.json(&payment), &args.change).await
}

/// Gives up authorized money that was not captured.
pub(crate) async fn void(args: &VoidArgs, session: &Session) -> Done {
    let id = match &args.payment {
        Some(id) => id.clone(),
        None => only_authorization(&args.order, session).await?,
    };
    let call = session.client.post(&["orders", &args.order, "payments", &id, "void"]);
    session.carry_out(call, &args.change).await
}

/// The only payment of which something is still open.
async fn only_authorization(order: &str, session: &Session) -> Done<String> {
    let order = session.order(order).await?;
    let open = order.payments.iter().filter(|payment| {
        matches!(payment.state, PaymentState::Authorized | PaymentState::PartiallyCaptured)
    });
    match open.collect::<Vec<_>>().as_slice() {
        [payment] => Ok(payment.id.to_string()),
        [] => Err(Failure::refused("order.nothing_to_do", "no authorization is open")),
        many => {
            let ids: Vec<_> = many.iter().map(|payment| payment.id.as_str()).collect();
            Err(Failure::Usage(format!("name one of the open payments: {}", ids.join(", "))))
        }
    }
}
