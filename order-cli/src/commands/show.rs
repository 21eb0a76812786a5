//! `order show`.

use clap::Args;
use order_http::body::{ActionListBody, OrderBody};

use crate::{
    error::{Done, reason_alone},
    output::{Sheet, Side},
    session::Session,
};

/// What `order show` takes.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The order: its id or number.
    order: String,
    /// How it was at this version.
    #[arg(long, value_name = "N")]
    at_version: Option<u64>,
    /// Show every action instead: whether it is allowed now, and if not, why.
    #[arg(long, conflicts_with = "at_version")]
    actions: bool,
}

/// Shows an order.
pub(crate) async fn run(args: &ShowArgs, session: &Session) -> Done {
    if args.actions {
        return actions(args, session).await;
    }
    let call = session.client.get(&["orders", &args.order]).query("version", args.at_version);
    let reply = call.send().await?;
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let order: OrderBody = reply.read()?;
    session.output.data(session.output.order_card(&order))
}

async fn actions(args: &ShowArgs, session: &Session) -> Done {
    let reply = session.client.get(&["orders", &args.order, "actions"]).send().await?;
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let columns = [("action", Side::Left), ("allowed", Side::Left), ("why not", Side::Left)];
    let mut sheet = Sheet::new(session.output, &columns);
    for advice in reply.read::<ActionListBody>()?.actions {
        let allowed = if advice.allowed { "yes" } else { "no" };
        sheet.row([
            advice.action.as_str(),
            allowed,
            advice.reason.as_deref().map_or("", reason_alone),
        ]);
    }
    sheet.print(session.output)
}
