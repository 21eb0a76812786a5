//! `order note`.

use clap::Args;
use order_http::request::NoteRequest;

use crate::{cli::Change, error::Done, session::Session};

/// What `order note` takes.
#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    /// The order: its id or number.
    order: String,
    /// What to write.
    text: String,
    #[command(flatten)]
    change: Change,
}

/// Writes a note on an order.
pub(crate) async fn run(args: &NoteArgs, session: &Session) -> Done {
    let call = session.client.post(&["orders", &args.order, "notes"]);
    session.carry_out(call.json(&NoteRequest { text: args.text.clone() }), &args.change).await
}
