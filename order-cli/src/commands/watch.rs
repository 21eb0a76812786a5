//! `order watch`: what happens to orders, as it happens.

use std::{fmt::Write as _, time::Duration};

use clap::Args;
use futures::{StreamExt, pin_mut};
use order_http::body::FeedEventBody;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tokio::{signal, time::sleep};

use super::history::facts;
use crate::{
    client::{Call, Told},
    error::{Done, Failure},
    output::{clean, second},
    session::Session,
};

/// How long to wait before the first try to come back, and at most.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// How many events one page of `--once` has.
const PAGE: u32 = 1_000;

/// What `order watch` takes.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Only of this order: its id or number.
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Only of orders of this customer.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only events of this type, such as order.placed; may be given more than once.
    #[arg(long = "type", value_name = "TYPE")]
    kinds: Vec<String>,
    /// Begin after this position, instead of now.
    #[arg(long, value_name = "POSITION", conflicts_with = "from_start")]
    after: Option<u64>,
    /// Begin with the first event there is.
    #[arg(long)]
    from_start: bool,
    /// End after so many events.
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
    /// End with what has happened by now, instead of waiting for more.
    #[arg(long)]
    once: bool,
}

/// A page of the feed, with the events as they came.
#[derive(Debug, Deserialize)]
struct Page {
    events: Vec<Box<RawValue>>,
    next: u64,
}

/// Where the watching is.
struct Watcher<'a> {
    args: &'a WatchArgs,
    session: &'a Session,
    /// The last position seen; none before the first answer, if it begins now.
    position: Option<u64>,
    left: u64,
}

/// Prints events until there are enough, or somebody has seen enough.
pub(crate) async fn run(args: &WatchArgs, session: &Session) -> Done {
    let position = args.after.or(args.from_start.then_some(0));
    let left = args.limit.unwrap_or(u64::MAX);
    let mut watcher = Watcher { args, session, position, left };
    if left == 0 {
        return Ok(());
    }
    if args.once {
        return watcher.print_pages().await;
    }
    tokio::select! {
        done = watcher.follow() => done,
        _ = signal::ctrl_c() => Ok(()),
    }
}

impl Watcher<'_> {
    /// Prints what there is.
    async fn print_pages(&mut self) -> Done {
        loop {
            let call = self.call().query("limit", Some(PAGE));
            let Page { events, next } = call.send().await?.read()?;
            for event in events {
                if !self.print(event.get())? {
                    return Ok(());
                }
            }
            if self.position.replace(next) == Some(next) {
                return Ok(());
            }
        }
    }

    /// Prints what comes, and comes back where it was when the stream ends.
    async fn follow(&mut self) -> Done {
        let mut pause = RETRY;
        let mut has_begun = false;
        loop {
            let before = self.position;
            let ended = match self.listen(&mut has_begun).await {
                Ok(true) => return Ok(()),
                Ok(false) => "the stream ended".to_owned(),
                // Who was never there will hardly come.
                Err(Failure::Unavailable(why)) if has_begun => why,
                Err(failure) => return Err(failure),
            };
            if self.position != before {
                pause = RETRY;
            }
            let place = self.position.unwrap_or_default();
            let seconds = pause.as_secs();
            let output = self.session.output;
            output.say(format_args!("{ended}; on after position {place} in {seconds} s"));
            sleep(pause).await;
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    /// Prints a stream, and says whether that was enough.
    async fn listen(&mut self, has_begun: &mut bool) -> Done<bool> {
        let stream = self.call().listen().await?;
        *has_begun = true;
        pin_mut!(stream);
        while let Some(told) = stream.next().await {
            let Told { id, data } = told?;
            if let Some(data) = data
                && !self.print(&data)?
            {
                return Ok(true);
            }
            self.position = id.or(self.position);
        }
        Ok(false)
    }

    fn call(&self) -> Call<'_> {
        let args = self.args;
        let after = self.position.map_or_else(|| "latest".to_owned(), |after| after.to_string());
        let kinds = (!args.kinds.is_empty()).then(|| args.kinds.join(","));
        let call = self.session.client.get(&["events"]).query("after", Some(after));
        let call = call.query("order", args.order.as_ref()).query("type", kinds);
        call.query("customer", args.customer.as_ref())
    }

    /// Prints an event, and says whether to go on.
    fn print(&mut self, event: &str) -> Done<bool> {
        let output = self.session.output;
        if output.is_json() {
            output.data(event)?;
        } else {
            let event = serde_json::from_str(event)
                .map_err(|error| Failure::Unavailable(error.to_string()))?;
            output.data(line(&event, output.is_coloured()))?;
        }
        self.left -= 1;
        Ok(self.left > 0)
    }
}

/// An event in one line: when, which order, what, and the facts in a few words.
fn line(event: &FeedEventBody, is_coloured: bool) -> String {
    let name = event.order_number.as_ref().map_or(event.order_id.as_str(), |it| it.as_str());
    let kind = event.event.event.name();
    let data = serde_json::to_value(&event.event.event).unwrap_or_default();
    let facts = facts(data.get("data").unwrap_or(&Value::Null));
    let (at, name) = (second(event.event.occurred_at), clean(name));
    let (begin, end) = if is_coloured { (colour_of(kind), "\x1b[0m") } else { ("", "") };
    let mut line = format!("{at}  {name:<12}  {begin}{kind:<24}{end}");
    let _ = write!(line, "  {}", clean(&facts).replace('\n', " "));
    line.trim_end().to_owned()
}

/// What went wrong stands out, then money, then parcels.
fn colour_of(kind: &str) -> &'static str {
    const WRONG: &[&str] =
        &["cancelled", "failed", "refused", "rejected", "stalled", "disputed", "held"];
    match kind.split_once('.') {
        Some((_, what)) if WRONG.iter().any(|it| what.ends_with(it)) && kind != "stock.held" => {
            "\x1b[31m"
        }
        Some(("payment", _)) => "\x1b[32m",
        Some(("fulfillment" | "return", _)) => "\x1b[36m",
        _ => "\x1b[1m",
    }
}
