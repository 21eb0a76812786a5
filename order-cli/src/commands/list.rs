//! `order list` and `order search`.

use clap::{Args, ValueEnum};
use order_core::{FulfillmentStatus, PaymentStatus, Status, Timestamp, ports::PAGE_MAX};
use order_http::body::OrderBody;

use super::times::moment;
use crate::{
    client::Call,
    error::{Done, Failure},
    output::{Sheet, Side, minute},
    session::{Page, Session},
};

/// What `order list` takes.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only with these words, each at the beginning of a word of the order.
    #[arg(long, value_name = "WORDS")]
    q: Option<String>,
    #[command(flatten)]
    filter: Filter,
}

/// What `order search` takes.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words, each at the beginning of a word of the order.
    #[arg(required = true)]
    words: Vec<String>,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Debug, Args)]
struct Filter {
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
    /// Which come first.
    #[arg(long, value_enum, default_value = "newest")]
    sort: Sort,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 20, conflicts_with = "all")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// All of them, page by page.
    #[arg(long)]
    all: bool,
    /// Begin where another list ended, as it said.
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Sort {
    Newest,
    Oldest,
}

/// Lists orders.
pub(crate) async fn run(args: &ListArgs, session: &Session) -> Done {
    walk(args.q.as_deref(), &args.filter, session).await
}

/// Finds orders by words.
pub(crate) async fn search(args: &SearchArgs, session: &Session) -> Done {
    walk(Some(&args.words.join(" ")), &args.filter, session).await
}

async fn walk(words: Option<&str>, filter: &Filter, session: &Session) -> Done {
    let mut left = if filter.all { u32::MAX } else { filter.limit };
    let mut cursor = filter.cursor.clone();
    let mut listing = Listing::new(session);
    loop {
        let call = request(words, filter, session).query("limit", Some(left.min(PAGE_MAX)));
        let page: Page = call.query("cursor", cursor.as_deref()).send().await?.read()?;
        listing.print(&page)?;
        left = left.saturating_sub(u32::try_from(page.entries.len()).unwrap_or(u32::MAX));
        cursor = page.next_cursor;
        if cursor.is_none() || left == 0 {
            break;
        }
    }
    listing.end(cursor.as_deref());
    Ok(())
}

fn request<'a>(words: Option<&str>, filter: &Filter, session: &'a Session) -> Call<'a> {
    let sort = match filter.sort {
        Sort::Newest => None,
        Sort::Oldest => Some("oldest"),
    };
    session
        .client
        .get(&["orders"])
        .query("q", words)
        .query("customerId", filter.customer.as_deref())
        .query("productId", filter.product.as_deref())
        .query("status", filter.status)
        .query("paymentStatus", filter.payment_status)
        .query("fulfillmentStatus", filter.fulfillment_status)
        .query("placedFrom", filter.from)
        .query("placedTo", filter.to)
        .query("sort", sort)
}

/// Orders in a table, page by page.
struct Listing<'a> {
    session: &'a Session,
    count: usize,
    /// How wide the columns are by now.
    widths: Vec<u16>,
}

impl<'a> Listing<'a> {
    const fn new(session: &'a Session) -> Self {
        Self { session, count: 0, widths: Vec::new() }
    }

    fn print(&mut self, page: &Page) -> Done {
        let output = self.session.output;
        self.count += page.entries.len();
        if page.entries.is_empty() {
            return Ok(());
        }
        if output.is_json() {
            let lines: Vec<_> = page.entries.iter().map(|entry| entry.get()).collect();
            return output.data(lines.join("\n"));
        }
        let columns = [
            ("number", Side::Left),
            ("placed (utc)", Side::Left),
            ("customer", Side::Left),
            ("status", Side::Left),
            ("payment", Side::Left),
            ("lines", Side::Right),
            ("total", Side::Right),
            ("", Side::Left),
        ];
        let mut sheet = Sheet::new(output, &columns);
        for entry in &page.entries {
            let order: OrderBody = serde_json::from_str(entry.get())
                .map_err(|error| Failure::Unavailable(error.to_string()))?;
            let held = if order.on_hold { " (on hold)" } else { "" };
            let email = order.email.as_ref().map(AsRef::<str>::as_ref);
            let who = order.customer_id.as_ref().map(AsRef::as_ref).or(email).unwrap_or("guest");
            sheet.row([
                order.number.as_str(),
                &minute(order.placed_at.unwrap_or(order.created_at)),
                who,
                &format!("{}{held}", order.status),
                order.payment_status.as_str(),
                &order.items.len().to_string(),
                order.total.as_str(),
                order.currency.code(),
            ]);
        }
        sheet.widen(&self.widths);
        let is_first = self.widths.is_empty();
        self.widths = sheet.widths();
        if is_first { sheet.print(output) } else { sheet.print_rows(output) }
    }

    fn end(&self, cursor: Option<&str>) {
        let output = self.session.output;
        match cursor {
            _ if self.count == 0 => output.say("no orders"),
            Some(cursor) => output.say(format_args!("there are more: --all, or --cursor {cursor}")),
            None => {}
        }
    }
}
