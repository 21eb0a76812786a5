//! `order edit`.

use std::path::PathBuf;

use clap::Args;

use super::{content::ContentArgs, place::read};
use crate::{cli::Change, error::Done, session::Session};

/// What `order edit` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Products, adjustments, tags and metadata that are given replace all the present ones of their kind;
what is left out stays as it is.")]
pub(crate) struct EditArgs {
    /// The order: its id or number.
    order: String,
    /// Read the whole change from a JSON file, or from standard input with -.
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["ContentArgs", "PersonArgs"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    change: Change,
}

/// Changes what an order is about.
pub(crate) async fn run(args: &EditArgs, session: &Session) -> Done {
    let call = session.client.put(&["orders", &args.order]);
    let call = match &args.file {
        Some(file) => call.text(read(file)?),
        None => call.json(&args.content.update()?),
    };
    session.carry_out(call, &args.change).await
}
