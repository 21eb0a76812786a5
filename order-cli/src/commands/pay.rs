//! `order pay` and `order void`.

use clap::Args;
use order_http::{CaptureRequest, PaymentRequest};

use crate::{cli::Change, error::Done, session::Session};

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
    /// The payment; every authorization that is open if left out.
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
    let call = match &args.payment {
        Some(payment) => {
            session.client.post(&["orders", &args.order, "payments", payment, "void"])
        }
        None => session.client.post(&["orders", &args.order, "void"]),
    };
    session.carry_out(call, &args.change).await
}
