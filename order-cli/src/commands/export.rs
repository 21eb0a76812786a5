//! `order export`: writes orders out, page by page.

mod cells;

use clap::{Args, ValueEnum};

use self::cells::Cells;
use super::{filter::Filter, pages};
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
    #[command(flatten)]
    filter: Filter,
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
    let request = || {
        let call = session.client.get(&["orders"]).query("q", args.q.as_deref());
        args.filter.ask(call).query("sort", Some("oldest"))
    };
    let print = |page: &Page| match args.format {
        Format::Jsonl => output.data(page.lines()),
        Format::Csv => output.data(cells.rows(page.entries.iter().map(|entry| entry.get()))?),
    };
    let walked = pages::walk(request, None, None, print).await?;
    output.say(format_args!("{} orders", walked.count));
    Ok(())
}
