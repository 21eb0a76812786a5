//! `order history`.

use clap::Args;
use order_core::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::pages;
use crate::{
    error::Done,
    output::{Sheet, Side, minute},
    session::{Page, Session},
};

/// The longest that the facts of an event are shown, in characters.
const FACTS_MAX: usize = 100;

/// What `order history` takes.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The order: its id or number.
    order: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    version: u64,
    #[serde(rename = "type")]
    kind: String,
    occurred_at: Timestamp,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    data: Value,
}

/// Shows what happened to an order, oldest first.
pub(crate) async fn run(args: &HistoryArgs, session: &Session) -> Done {
    let call = session.client.get(&["orders", &args.order, "events"]);
    let page: Page = call.send().await?.read()?;
    if session.output.is_json() {
        return session.output.data(page.lines());
    }
    let columns = [
        ("version", Side::Right),
        ("at (utc)", Side::Left),
        ("event", Side::Left),
        ("by", Side::Left),
        ("facts", Side::Left),
    ];
    let mut sheet = Sheet::new(session.output, &columns);
    for entry in &page.entries {
        let event: Event = pages::read(entry)?;
        sheet.row([
            &event.version.to_string(),
            &minute(event.occurred_at),
            &event.kind,
            &event.actor,
            &facts(&event.data),
        ]);
    }
    sheet.print(session.output)
}

/// What an event says, short enough for a line.
pub(super) fn facts(data: &Value) -> String {
    let Value::Object(members) = data else { return String::new() };
    let said = members.iter().filter(|(name, value)| *name != "type" && !value.is_null());
    let text = said.map(|(name, value)| format!("{name} {}", short(value)));
    let text = text.collect::<Vec<_>>().join(", ");
    match text.char_indices().nth(FACTS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(short).collect::<Vec<_>>().join(" "),
        Value::Object(members) => {
            let pair = |first, second| Some((members.get(first)?, members.get(second)?));
            if let Some((amount, currency)) = pair("amount", "currency") {
                format!("{} {}", short(amount), short(currency))
            } else if let Some((line, quantity)) = pair("lineId", "quantity") {
                format!("{}={}", short(line), short(quantity))
            } else if let Some((product, quantity)) = pair("productId", "quantity") {
                format!("{}x{}", short(quantity), short(product))
            } else {
                members.get("kind").map_or_else(|| "{…}".to_owned(), short)
            }
        }
        other => other.to_string(),
    }
}
