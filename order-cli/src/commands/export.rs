//! `order export`: writes orders out, page by page.

mod cells;

use clap::{Args, ValueEnum};
use order_core::{FulfillmentStatus, PaymentStatus, Status, Timestamp, ports::PAGE_MAX};

use self::cells::Cells;
use super::times::moment;
use crate::{
    error::Done,
    session::{Page, Session},
};

const ABOUT: &str = "\
Writes orders to the standard output, the oldest first.

jsonl: every order as the server shows it, one a line; 'order import' reads it back.
csv: one row for each line of an order, for spreadsheets. A text that a spreadsheet would take for a
formula (it begins with = + - @, a tab or a line end) gets an apostrophe before it; numbers stay as they
are.

However many orders there are, only a page of them is held in memory.";

/// What `order export` takes.
#[derive(Debug, Args)]
#[command(long_about = ABOUT)]
pub(crate) struct ExportArgs {
    /// How orders are written.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only with these words, each at the beginning of a word of the order.
    #[arg(long, short, value_name = "WORDS")]
    q: Option<String>,
    /// Only a customer's.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only with this product.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// Only in this status.
    #[arg(long)]
    status: Option<Status>,
    /// Only in this payment status.
    #[arg(long, value_name = "STATUS")]
    payment_status: Option<PaymentStatus>,
    /// Only in this fulfillment status.
    #[arg(long, value_name = "STATUS")]
    fulfillment_status: Option<FulfillmentStatus>,
    /// Only placed at this time or later: a month, a date or an RFC 3339 time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Only placed before this time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Rows of cells under a header.
    Csv,
}

/// Writes orders out.
pub(crate) async fn run(args: ExportArgs, session: &Session) -> Done {
    let output = session.output;
    let mut cells = Cells::default();
    if args.format == Format::Csv {
        output.data(cells.header()?)?;
    }
    let mut count = 0_u64;
    let mut cursor: Option<String> = None;
    loop {
        let page: Page = request(&args, cursor.as_deref(), session).await?;
        count += page.entries.len() as u64;
        let orders = page.entries.iter().map(|entry| entry.get());
        if !page.entries.is_empty() {
            match args.format {
                Format::Jsonl => output.data(orders.collect::<Vec<_>>().join("\n"))?,
                Format::Csv => output.data(cells.rows(orders)?)?,
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.say(format_args!("{count} orders"));
    Ok(())
}

async fn request(args: &ExportArgs, cursor: Option<&str>, session: &Session) -> Done<Page> {
    let call = session
        .client
        .get(&["orders"])
        .query("q", args.q.as_deref())
        .query("customerId", args.customer.as_deref())
        .query("productId", args.product.as_deref())
        .query("status", args.status)
        .query("paymentStatus", args.payment_status)
        .query("fulfillmentStatus", args.fulfillment_status)
        .query("placedFrom", args.from)
        .query("placedTo", args.to)
        .query("sort", Some("oldest"))
        .query("limit", Some(PAGE_MAX))
        .query("cursor", cursor);
    call.send().await?.read()
}
