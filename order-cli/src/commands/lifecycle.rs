//! The commands that move an order on, or stop it.

use clap::Args;
use order_http::request::{CancelRequest, DeliverRequest, ReasonRequest};

use super::items::{LineUnits, named};
use crate::{cli::Change, error::Done, session::Session};

/// What a command takes that needs nothing but the order.
#[derive(Debug, Args)]
pub(crate) struct PlainArgs {
    /// The order: its id or number.
    order: String,
    #[command(flatten)]
    change: Change,
}

/// What `order deliver` takes.
#[derive(Debug, Args)]
pub(crate) struct DeliverArgs {
    /// The order: its id or number.
    order: String,
    /// Which parcel arrived; all on their way if left out.
    parcel: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// What `order cancel` takes.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The order: its id or number.
    order: String,
    /// Units of one line; the whole order if left out. Repeatable.
    #[arg(long, value_name = "LINE=QTY")]
    item: Vec<LineUnits>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// What `order hold` takes.
#[derive(Debug, Args)]
pub(crate) struct HoldArgs {
    /// The order: its id or number.
    order: String,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// Carries out an action that needs nothing but the order.
pub(crate) async fn plain(action: &str, args: &PlainArgs, session: &Session) -> Done {
    let call = session.client.post(&["orders", &args.order, action]);
    session.carry_out(call, &args.change).await
}

/// Records that parcels arrived.
pub(crate) async fn deliver(args: &DeliverArgs, session: &Session) -> Done {
    let call = session.client.post(&["orders", &args.order, "deliver"]);
    let call = call.json(&DeliverRequest { shipment_id: args.parcel.clone() });
    session.carry_out(call, &args.change).await
}

/// Calls off an order, or units of its lines.
pub(crate) async fn cancel(args: &CancelArgs, session: &Session) -> Done {
    let call = session.client.post(&["orders", &args.order, "cancel"]);
    let (items, reason) = (named(&args.item), args.reason.clone());
    let call = call.json(&CancelRequest { items, reason });
    session.carry_out(call, &args.change).await
}

/// Stops an order from going on.
pub(crate) async fn hold(args: &HoldArgs, session: &Session) -> Done {
    let call = session.client.post(&["orders", &args.order, "hold"]);
    let call = call.json(&ReasonRequest { reason: args.reason.clone() });
    session.carry_out(call, &args.change).await
}
