//! `order import`: takes over the orders of another system.

mod census;
mod csv_rows;
mod exact;
mod exported;
mod feed;
mod field;
mod input;
mod intake;
mod json_rows;
mod matching;
mod reading;
mod refusals;
mod row;
mod summary;
#[cfg(test)]
mod tests;
mod unit;

use std::{
    num::NonZeroUsize,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use clap::Args;
use futures::stream;
use order_core::{Currency, Policy};
use tokio::{sync::mpsc, task::spawn_blocking, time::interval};

use self::{
    census::Census,
    csv_rows::CsvRows,
    feed::{Feed, Settlement},
    field::{Mapping, Override},
    input::{Format, Input},
    intake::{Intake, Setting},
    json_rows::read_json,
    refusals::Refusals,
    row::Sink,
    summary::Summary,
    unit::{Piece, Unit},
};
use super::progress::Watch;
use crate::{
    error::{Done, Failure},
    session::Session,
};

/// How many pieces may be ready before they are taken.
const READY_MAX: usize = 1_024;
/// How often the progress of the first pass is looked at, in milliseconds.
const LOOK_EVERY_MS: u64 = 100;

const RULES: &str = "\
Takes over the orders of another system from CSV or JSON Lines, with their own numbers and times.

Every row of the source is either taken or refused, with its line and a reason. To run the same
import again changes nothing, so an import that was interrupted is simply run again.

Rules:
  Rows with the same order number are one order, wherever in the file they stand. The first of them
  gives its time; customer, country and currency must be the same in all (import.order_differs).
  Times without a zone are UTC. White space around texts is dropped, and the '.0' of a numeric id.
  No customer: a guest. No name: the product's id. No status: completed and paid.
  quantity > 0, price >= 0   a line of the order; equal rows stay separate lines
  the amount is negative     a credit (below)
  quantity < 0, price 0      refused, import.stock_write_off
  quantity < 0, price < 0    refused, import.sign
  too many decimals          refused, money.precision; the order's other rows are taken
  A credit belongs to a sold line of the same customer, product and unit price and the opposite
  quantity, sold no later; of several, to the one sold last; a sold line takes one credit. It becomes
  a return of that order, received and refunded at the credit's time, named NUMBER/1, NUMBER/2, ...
  The other credits of a number become one credit note with that number.
  CSV is UTF-8 with a header (RFC 4180). JSON Lines has one order an object, its rows in 'lines' or
  'items'; what 'order export' wrote can be read. Either may be compressed with gzip.

Fields for --map: id, number, at, customer, country, currency, status, line, product, name, quantity,
price, lines. 'field=' uses no column. Known names such as InvoiceNo, order_number, sku, qty or
unit_price need no --map.

Exit status: 0 every row is accounted for, even if some were refused; 2 the file cannot be read;
3 the store or server failed on the way.";

/// What `order import` takes.
#[derive(Debug, Args)]
#[command(long_about = RULES)]
pub(crate) struct ImportArgs {
    /// The file, plain or gzip; - for the standard input.
    file: PathBuf,
    /// How the rows are written; as the file's name or beginning says if not given.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Which column holds a field, as in price=Unit cost; may be repeated.
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    mapping: Vec<Override>,
    /// What refused rows are filed under; the file's name if not given.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// The currency of rows that name none; the server's default if not given.
    #[arg(long, value_name = "CODE", env = "ORDER_CURRENCY", hide_env_values = true)]
    currency: Option<Currency>,
    /// Write every refused row to a file, as JSON Lines.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// How many records (with a server: requests of 200) are under way at once.
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroUsize>,
}

/// A source and how to read it.
#[derive(Debug)]
struct Source {
    input: Input,
    format: Format,
    mapping: Mapping,
}

impl Source {
    /// Gives every row to the sink.
    fn read(&self, sink: &mut impl Sink) -> Done {
        let input = self.input.reader()?;
        match self.format {
            Format::Csv => CsvRows::open(input, &self.mapping)?.read(sink),
            Format::Jsonl => read_json(input, &self.mapping, sink),
        }
    }

    /// The currency that rows are in if they name none, as far as the header tells.
    fn currency(&self, given: Option<Currency>) -> Done<Option<Currency>> {
        if given.is_some() || self.format == Format::Jsonl {
            return Ok(given);
        }
        let rows = CsvRows::open(self.input.reader()?, &self.mapping)?;
        match rows.columns {
            Some(columns) if columns.currency.is_none() && !columns.has_currency() => {
                let currency = Policy::default().currency;
                eprintln!(
                    "no column names the currency: prices are taken as {currency}; --currency or \
                     ORDER_CURRENCY says otherwise"
                );
                Ok(Some(currency))
            }
            columns => Ok(columns.and_then(|columns| columns.currency)),
        }
    }
}

/// Takes over the orders of another system.
pub(crate) async fn run(args: ImportArgs, session: &Session) -> Done {
    let begun = Instant::now();
    let output = session.output;
    let mut refusals = Refusals::new(output, args.report.as_deref())?;
    let path = args.file.clone();
    let input = blocking(move || Input::open(&path)).await?;
    let format = match args.format {
        Some(format) => format,
        None => input.format(&args.file)?,
    };
    let source = Source { input, format, mapping: Mapping::new(args.mapping) };
    let currency = source.currency(args.currency)?;
    let setting = Setting { source: args.source.unwrap_or_else(|| name_of(&args.file)), currency };
    let source = Arc::new(source);
    let census = count(&source, session).await?;
    let mut summary = Summary::new(setting.source.clone(), census.rows);
    let mut watch = Watch::new(output, census.rows, "rows");
    let concurrency = args.concurrency.map(NonZeroUsize::get);
    let name = setting.source.clone();
    let feed = Feed::new(&session.client, &name, concurrency);
    let taken = take(source, setting, census, &feed, |settled| {
        summary.count(&settled);
        watch.reached(summary.settled_rows());
        refusals.tell(&settled)
    });
    let taken = taken.await;
    watch.finish();
    refusals.finish()?;
    summary.print(output, begun.elapsed().as_secs_f64())?;
    taken.map_err(|failure| match failure {
        Failure::Unavailable(text) => {
            let hint = "what was taken stays taken; run the same import again to go on";
            Failure::Unavailable(format!("{text}; {hint}"))
        }
        failure => failure,
    })
}

/// The first pass.
async fn count(source: &Arc<Source>, session: &Session) -> Done<Census> {
    let shared = Arc::clone(source);
    let counting = blocking(move || {
        let mut census = Census::default();
        shared.read(&mut census)?;
        census.finish();
        Ok(census)
    });
    let mut watch = Watch::new(session.output, source.input.size, "bytes looked at");
    let mut counting = std::pin::pin!(counting);
    let mut looks = interval(Duration::from_millis(LOOK_EVERY_MS));
    let census = loop {
        tokio::select! {
            census = &mut counting => break census,
            _ = looks.tick() => watch.reached(source.input.read.load(Ordering::Relaxed)),
        }
    };
    watch.finish();
    census
}

/// The second pass: rows are read ahead in a thread of their own while records are taken over.
async fn take(
    source: Arc<Source>,
    setting: Setting,
    census: Census,
    feed: &Feed<'_>,
    mut settle: impl FnMut(Settlement) -> Done + Send,
) -> Done {
    let (sender, mut receiver) = mpsc::channel(READY_MAX);
    let reading = spawn_blocking(move || -> Done<Vec<Vec<Unit>>> {
        let emit = |piece| match sender.blocking_send(piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let mut intake = Intake::new(setting, census, emit);
        source.read(&mut intake)?;
        Ok(intake.finish())
    });
    let pieces = stream::poll_fn(move |context| receiver.poll_recv(context));
    let done = async {
        feed.take_all(pieces, &mut settle).await?;
        for round in joined(reading.await)? {
            feed.take_all(stream::iter(round.into_iter().map(Piece::Taken)), &mut settle).await?;
        }
        Ok(())
    }
    .await;
    // Also of an import that ends half-way.
    let noted = feed.note().await;
    done.and(noted)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Done<T> + Send + 'static) -> Done<T> {
    joined(spawn_blocking(work).await)
}

fn joined<T>(result: Result<Done<T>, tokio::task::JoinError>) -> Done<T> {
    result.map_err(|error| Failure::Unavailable(error.to_string()))?
}

/// What a file is called without its folder.
fn name_of(path: &Path) -> String {
    match path.file_name() {
        Some(name) if path != Path::new("-") => name.to_string_lossy().into_owned(),
        _ => "stdin".to_owned(),
    }
}
