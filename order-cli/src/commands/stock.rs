//! `order stock`.

use clap::Args;
use serde::Deserialize;
use serde_json::json;

use crate::{error::Done, session::Session};

/// What `order stock` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  order stock mug        how many there are
  order stock mug +10    ten more
  order stock mug -3     three less; never below zero")]
pub(crate) struct StockArgs {
    /// The product's id.
    product: String,
    /// Units to add, or with a minus to take away.
    #[arg(allow_negative_numbers = true, value_name = "±N")]
    change: Option<i64>,
}

/// What product and change of stock both answer.
#[derive(Debug, Deserialize)]
struct Level {
    stock: Option<i64>,
}

/// Shows or changes the stock of a product.
pub(crate) async fn run(args: &StockArgs, session: &Session) -> Done {
    let reply = match args.change {
        None => session.client.get(&["products", &args.product]).send().await?,
        Some(change) => {
            let call = session.client.put(&["products", &args.product, "stock"]);
            call.json(&json!({ "quantity": change })).send().await?
        }
    };
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    session.output.data(match reply.read::<Level>()?.stock {
        Some(level) => format!("{}  {level}", args.product),
        None => format!("{}  not counted", args.product),
    })
}
