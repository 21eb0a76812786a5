//! `order place`.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use order_http::request::PlaceRequest;

use super::content::ContentArgs;
use crate::{
    cli::Change,
    error::{Done, Failure},
    session::Session,
    store::Access,
};

/// The longest order that is read from a file, in bytes.
const FILE_MAX: u64 = 16 << 20;

const EXAMPLES: &str = "\
Examples:
  order place --product mug:2 --customer C-1
  order place --product tea:1:12.95 --tax 7.7% --shipping 4.50 --currency CHF --email a@example.org
  order place --file order.json --key 4711
  curl -s https://shop.example/cart | order place --file -";

/// What `order place` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlaceArgs {
    /// Whose order it is; without one it is a guest's.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// The currency; the products' if left out.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// What people call the order; the next number if left out.
    #[arg(long)]
    number: Option<String>,
    /// Draft the order only; `order place --drafted ORDER` places it.
    #[arg(long)]
    draft: bool,
    /// Place this draft as it is.
    #[arg(long, value_name = "ORDER")]
    #[arg(conflicts_with_all = ["ContentArgs", "PersonArgs", "customer", "currency", "number", "draft", "file"])]
    drafted: Option<String>,
    /// Read the whole order from a JSON file, or from standard input with -.
    #[arg(long, short, value_name = "FILE")]
    #[arg(conflicts_with_all = ["ContentArgs", "PersonArgs", "customer", "currency", "number", "draft"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    change: Change,
}

impl PlaceArgs {
    /// What is needed of a local database: an order placed in earnest creates it.
    pub(crate) const fn access(&self) -> Access {
        if self.change.dry_run { Access::Read } else { Access::Write }
    }
}

/// Places an order, or drafts one.
pub(crate) async fn run(args: PlaceArgs, session: &Session) -> Done {
    let PlaceArgs { content, customer, currency, number, draft, drafted, file, change } = args;
    if let Some(order) = drafted {
        let call = session.client.post(&["orders", &order, "place"]);
        return session.carry_out(call, &change).await;
    }
    let call = session.client.post(&["orders"]);
    if let Some(file) = file {
        return session.carry_out(call.text(read(&file)?), &change).await;
    }
    if content.has_no_product() && !draft {
        let hint = "name at least one --product ID[:QTY[:PRICE]], or give a --file";
        return Err(Failure::Usage(hint.to_owned()));
    }
    let draft = draft.then_some(true);
    let placement = content.placement()?;
    let order = PlaceRequest { number, customer_id: customer, currency, draft, ..placement };
    session.carry_out(call.json(&order), &change).await
}

/// Reads a request from a file, or from standard input with `-`.
pub(super) fn read(file: &Path) -> Done<String> {
    let failed = |error: io::Error| Failure::Usage(format!("{}: {error}", file.display()));
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().take(FILE_MAX).read_to_string(&mut text)
    } else {
        let file = fs::File::open(file).map_err(failed)?;
        file.take(FILE_MAX).read_to_string(&mut text)
    };
    read.map_err(failed)?;
    Ok(text)
}
