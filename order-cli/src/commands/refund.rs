//! `order refund`.

use clap::Args;
use order_http::request::RefundRequest;

use super::items::{LineUnits, named};
use crate::{cli::Change, error::Done, session::Session};

/// What `order refund` takes.
#[derive(Debug, Args)]
pub(crate) struct RefundArgs {
    /// The order: its id or number.
    order: String,
    /// How much; what the items are worth, or all that is left, if left out.
    amount: Option<String>,
    /// Units of one line whose worth goes back. Repeatable.
    #[arg(long, value_name = "LINE=QTY")]
    item: Vec<LineUnits>,
    /// The payment it comes from; the oldest that still hold money if left out.
    #[arg(long, value_name = "ID")]
    payment: Option<String>,
    /// The return it belongs to.
    #[arg(long = "return", value_name = "ID")]
    back: Option<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// Records that money went back.
pub(crate) async fn run(args: &RefundArgs, session: &Session) -> Done {
    let refund = RefundRequest {
        amount: args.amount.clone(),
        items: named(&args.item),
        payment_id: args.payment.clone(),
        return_id: args.back.clone(),
        reason: args.reason.clone(),
        ..RefundRequest::default()
    };
    let call = session.client.post(&["orders", &args.order, "refunds"]);
    session.carry_out(call.json(&refund), &args.change).await
}
