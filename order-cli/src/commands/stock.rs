//! `order stock`.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::json;

use super::products::{self, WhichArgs, level, stock_text};
use crate::{error::Done, output::clean, session::Session};

/// What `order stock` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:
  order stock mug        how many there are; a product may be called anything but `low`
  order stock mug +10    ten more
  order stock mug -3     three less; below zero only with backorder
  order stock low        what runs low, what owes units first")]
pub(crate) struct StockArgs {
    #[command(subcommand)]
    step: Option<Step>,
    /// The product's id.
    #[arg(required = true)]
    product: Option<String>,
    /// Units to add, or with a minus to take away.
    #[arg(allow_negative_numbers = true, value_name = "±N")]
    change: Option<i64>,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// List what runs low, the lowest first.
    Low {
        /// What is counted and below this level.
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = level())]
        below: i64,
        #[command(flatten)]
        which: WhichArgs,
    },
}

/// What product and change of stock both answer.
#[derive(Debug, Deserialize)]
struct Level {
    stock: Option<i64>,
}

/// Shows or changes the stock of a product, or lists what runs low.
pub(crate) async fn run(args: &StockArgs, session: &Session) -> Done {
    if let Some(Step::Low { below, which }) = &args.step {
        return products::list(which, Some(*below), session).await;
    }
    let product = args.product.as_deref().unwrap_or_default();
    let reply = match args.change {
        None => session.client.get(&["products", product]).send().await?,
        Some(change) => {
            let call = session.client.put(&["products", product, "stock"]);
            call.json(&json!({ "quantity": change })).send().await?
        }
    };
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let level = reply.read::<Level>()?.stock;
    let level = level.map_or_else(|| "not counted".to_owned(), stock_text);
    session.output.data(clean(&format!("{product}  {level}")))
}
