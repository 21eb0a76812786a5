//! `order ship`.

use clap::Args;
use order_http::request::ShipRequest;

use super::items::{LineUnits, named};
use crate::{cli::Change, error::Done, session::Session};

/// What `order ship` takes.
#[derive(Debug, Args)]
pub(crate) struct ShipArgs {
    /// The order: its id or number.
    order: String,
    /// Units of one line that are in the parcel; all that is left if left out. Repeatable.
    #[arg(long, value_name = "LINE=QTY")]
    item: Vec<LineUnits>,
    /// Who carries it.
    #[arg(long)]
    carrier: Option<String>,
    /// The carrier's number for it.
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// Hands a parcel over to a carrier.
pub(crate) async fn run(args: &ShipArgs, session: &Session) -> Done {
    let parcel = ShipRequest {
        id: None,
        items: named(&args.item),
        carrier: args.carrier.clone(),
        tracking_number: args.tracking.clone(),
    };
    let call = session.client.post(&["orders", &args.order, "shipments"]);
    session.carry_out(call.json(&parcel), &args.change).await
}
