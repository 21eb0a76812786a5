//! `order list` and `order search`.

use clap::{Args, ValueEnum};
use order_http::body::OrderBody;

use super::{
    filter::Filter,
    pages::{self, Walked},
};
use crate::{
    error::Done,
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
    wanted: Wanted,
}

/// What `order search` takes.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words, each at the beginning of a word of the order.
    #[arg(required = true)]
    words: Vec<String>,
    #[command(flatten)]
    wanted: Wanted,
}

/// Which orders, from where, and how many.
#[derive(Debug, Args)]
struct Wanted {
    #[command(flatten)]
    filter: Filter,
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
    walk(args.q.as_deref(), &args.wanted, session).await
}

/// Finds orders by words.
pub(crate) async fn search(args: &SearchArgs, session: &Session) -> Done {
    walk(Some(&args.words.join(" ")), &args.wanted, session).await
}

async fn walk(words: Option<&str>, wanted: &Wanted, session: &Session) -> Done {
    let sort = match wanted.sort {
        Sort::Newest => None,
        Sort::Oldest => Some("oldest"),
    };
    let request = || {
        let call = session.client.get(&["orders"]).query("q", words);
        wanted.filter.ask(call).query("sort", sort)
    };
    let limit = (!wanted.all).then_some(wanted.limit);
    let mut listing = Listing::new(session);
    let print = |page: &Page| listing.print(page);
    match pages::walk(request, limit, wanted.cursor.clone(), print).await? {
        Walked { count: 0, .. } => session.output.say("no orders"),
        Walked { cursor: Some(cursor), .. } => {
            session.output.say(format_args!("there are more: --all, or --cursor {cursor}"));
        }
        Walked { cursor: None, .. } => {}
    }
    Ok(())
}

/// Orders in a table, page by page.
struct Listing<'a> {
    session: &'a Session,
    /// How wide the columns are by now.
    widths: Vec<u16>,
}

impl<'a> Listing<'a> {
    const fn new(session: &'a Session) -> Self {
        Self { session, widths: Vec::new() }
    }

    fn print(&mut self, page: &Page) -> Done {
        let output = self.session.output;
        if output.is_json() {
            return output.data(page.lines());
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
            let order: OrderBody = pages::read(entry)?;
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
}
