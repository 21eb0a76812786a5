//! `order products`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use order_core::catalog::LOW_STOCK_MAX;
use order_http::body::ProductBody;
use serde::Serialize;
use serde_json::json;

use super::pages;
use crate::{
    client::Reply,
    error::Done,
    output::{Sheet, Side, clean, minute},
    session::{Page, Session},
    store::Access,
};

/// What `order products` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ProductsArgs {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// List products.
    List(ListArgs),
    /// Add a product.
    Add(AddArgs),
    /// Show a product.
    Show {
        /// The product's id.
        id: String,
    },
    /// Change a product.
    Edit(EditArgs),
    /// Remove a product from the catalogue. Orders keep their lines; a product that owes units stays.
    Delete {
        /// The product's id.
        id: String,
        /// Refuse unless the product has this version.
        #[arg(long, value_name = "N")]
        if_version: Option<u64>,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only what is counted and below this level, the lowest first.
    #[arg(long, value_name = "N", value_parser = level())]
    low_stock: Option<i64>,
    #[command(flatten)]
    which: WhichArgs,
}

/// A level below which stock can be called low.
pub(crate) fn level() -> clap::builder::RangedI64ValueParser {
    clap::value_parser!(i64).range(0..=LOW_STOCK_MAX)
}

/// Which products, and how many.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// Only with these words, each at the beginning of a word of id or name.
    #[arg(long, value_name = "WORDS")]
    q: Option<String>,
    /// Only of this category.
    #[arg(long)]
    category: Option<String>,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, conflicts_with = "all")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// All of them, page by page.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "camelCase")]
struct AddArgs {
    /// Its id; a new one if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What people call it.
    #[arg(long)]
    name: String,
    /// The price of one unit.
    #[arg(long)]
    price: String,
    #[command(flatten)]
    #[serde(flatten)]
    facts: Facts,
}

#[derive(Debug, Args)]
struct EditArgs {
    /// The product's id.
    id: String,
    #[command(flatten)]
    change: ProductChange,
    /// Refuse unless the product has this version.
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
}

#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProductChange {
    /// What people call it.
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The price of one unit.
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    facts: Facts,
}

#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    /// The price's currency.
    #[arg(long, value_name = "CODE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Units that can be sold; not counted if never said.
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<i64>,
    /// Whether it sells on when nothing is left; below zero, its stock says how many are owed.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    #[arg(require_equals = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    backorder: Option<bool>,
    /// What kind of product it is.
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// What it is.
    #[arg(long, value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl ProductsArgs {
    /// What is needed of a local database: adding a product creates it.
    pub(crate) const fn access(&self) -> Access {
        match self.step {
            Some(Step::Add(_)) => Access::Write,
            _ => Access::Read,
        }
    }
}

/// Lists, adds, shows, edits or removes products.
pub(crate) async fn run(args: &ProductsArgs, session: &Session) -> Done {
    match &args.step {
        None => list(&args.list.which, args.list.low_stock, session).await,
        Some(Step::List(args)) => list(&args.which, args.low_stock, session).await,
        Some(Step::Add(args)) => {
            print(&session.client.post(&["products"]).json(args).send().await?, session)
        }
        Some(Step::Show { id }) => {
            print(&session.client.get(&["products", id]).send().await?, session)
        }
        Some(Step::Edit(args)) => {
            let call = session.client.put(&["products", &args.id]).if_version(args.if_version);
            print(&call.json(&args.change).send().await?, session)
        }
        Some(Step::Delete { id, if_version }) => {
            session.client.delete(&["products", id]).if_version(*if_version).send().await?;
            if session.output.is_json() {
                return session.output.json(&json!({ "id": id, "deleted": true }));
            }
            session.output.data(clean(&format!("{id} is gone")))
        }
    }
}

/// Lists products; only those of low stock if there is a level that it is below.
pub(crate) async fn list(args: &WhichArgs, low_stock: Option<i64>, session: &Session) -> Done {
    let request = || {
        let call = session.client.get(&["products"]).query("q", args.q.as_deref());
        call.query("category", args.category.as_deref()).query("stockBelow", low_stock)
    };
    let limit = (!args.all).then_some(args.limit);
    let walked = pages::walk(request, limit, None, |page| print_page(page, session)).await?;
    walked.say("products", session.output);
    Ok(())
}

fn print_page(page: &Page, session: &Session) -> Done {
    if session.output.is_json() {
        return session.output.data(page.lines());
    }
    let columns = [
        ("product", Side::Left),
        ("name", Side::Left),
        ("category", Side::Left),
        ("stock", Side::Right),
        ("price", Side::Right),
        ("", Side::Left),
    ];
    let mut sheet = Sheet::new(session.output, &columns);
    for entry in &page.entries {
        let product: ProductBody = pages::read(entry)?;
        sheet.row([
            product.id.as_str(),
            product.name.as_str(),
            product.category.as_ref().map_or("", |category| category.as_str()),
            &product.stock.map(stock_text).unwrap_or_default(),
            product.price.as_str(),
            product.currency.code(),
        ]);
    }
    sheet.print(session.output)
}

/// A level for people: below zero, units are owed.
pub(crate) fn stock_text(level: i64) -> String {
    if level < 0 { format!("owes {}", level.unsigned_abs()) } else { level.to_string() }
}

fn print(reply: &Reply, session: &Session) -> Done {
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let product: ProductBody = reply.read()?;
    let stock = product.stock.map_or_else(|| "not counted".to_owned(), stock_text);
    let mut card = format!(
        "{}  {}  {} {}  stock {stock}  version {}",
        product.id, product.name, product.price, product.currency, product.version
    );
    let more = [
        ("backorder", if product.backorder { "yes".to_owned() } else { String::new() }),
        ("category", product.category.map(|category| category.to_string()).unwrap_or_default()),
        ("about", product.description.unwrap_or_default()),
        ("updated", minute(product.updated_at)),
    ];
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(card, "\n{name:<10}{value}");
    }
    session.output.data(clean(&card))
}
