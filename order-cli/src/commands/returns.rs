//! `order return`.

use clap::{Args, Subcommand};
use order_core::ReturnState;
use order_http::request::{ReasonRequest, ReceiveRequest, ReturnRequest};

use super::items::{LineUnits, named};
use crate::{
    cli::Change,
    error::{Done, Failure},
    session::Session,
};

/// What `order return` takes.
#[derive(Debug, Args)]
pub(crate) struct ReturnArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Ask to send units back.
    Request(RequestArgs),
    /// Record that units came back.
    Receive(ReceiveArgs),
    /// Refuse what has not come back.
    Reject(RejectArgs),
}

#[derive(Debug, Args)]
struct RequestArgs {
    /// The order: its id or number.
    order: String,
    /// Units of one line; all that arrived if left out. Repeatable.
    #[arg(long, value_name = "LINE=QTY")]
    item: Vec<LineUnits>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
struct ReceiveArgs {
    /// The order: its id or number.
    order: String,
    /// The return; the only open one if left out.
    #[arg(value_name = "RETURN")]
    id: Option<String>,
    /// Units of one line; all that are awaited if left out. Repeatable.
    #[arg(long, value_name = "LINE=QTY")]
    item: Vec<LineUnits>,
    /// Put the units back into the stock.
    #[arg(long)]
    restock: bool,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
struct RejectArgs {
    /// The order: its id or number.
    order: String,
    /// The return; the only open one if left out.
    #[arg(value_name = "RETURN")]
    id: Option<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    change: Change,
}

/// Asks for, receives or rejects a return.
pub(crate) async fn run(args: &ReturnArgs, session: &Session) -> Done {
    let client = &session.client;
    match &args.step {
        Step::Request(RequestArgs { order, item, reason, change }) => {
            let (items, reason) = (named(item), reason.clone());
            let call = client.post(&["orders", order, "returns"]);
            session.carry_out(call.json(&ReturnRequest { id: None, items, reason }), change).await
        }
        Step::Receive(ReceiveArgs { order, id, item, restock, change }) => {
            let id = open_return(order, id.as_deref(), session).await?;
            let (items, restock) = (named(item), restock.then_some(true));
            let call = client.post(&["orders", order, "returns", &id, "receive"]);
            session.carry_out(call.json(&ReceiveRequest { items, restock }), change).await
        }
        Step::Reject(RejectArgs { order, id, reason, change }) => {
            let id = open_return(order, id.as_deref(), session).await?;
            let call = client.post(&["orders", order, "returns", &id, "reject"]);
            session.carry_out(call.json(&ReasonRequest { reason: reason.clone() }), change).await
        }
    }
}

/// The return that was named, or the only one that is open.
async fn open_return(order: &str, id: Option<&str>, session: &Session) -> Done<String> {
    if let Some(id) = id {
        return Ok(id.to_owned());
    }
    let order = session.order(order).await?;
    let open = order.returns.iter().filter(|back| back.state == ReturnState::Requested);
    match open.collect::<Vec<_>>().as_slice() {
        [back] => Ok(back.id.to_string()),
        [] => Err(Failure::refused("order.nothing_to_do", "no return is open")),
        many => {
            let ids: Vec<_> = many.iter().map(|back| back.id.as_str()).collect();
            Err(Failure::Usage(format!("name one of the open returns: {}", ids.join(", "))))
        }
    }
}
