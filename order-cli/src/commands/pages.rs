//! Lists, page by page.

use order_core::ports::PAGE_MAX;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    client::Call,
    error::{Done, Failure},
    output::Output,
    session::Page,
};

/// What a list came to.
#[derive(Debug)]
pub(super) struct Walked {
    /// How many entries were printed.
    pub(super) count: usize,
    /// Where it goes on, if there are more.
    pub(super) cursor: Option<String>,
}

/// Asks for a list from a cursor on, so many entries at most or all, and prints every page that has some.
pub(super) async fn walk<'a>(
    request: impl Fn() -> Call<'a>,
    limit: Option<u32>,
    mut cursor: Option<String>,
    mut print: impl FnMut(&Page) -> Done,
) -> Done<Walked> {
    let mut left = limit.unwrap_or(u32::MAX);
    let mut count = 0;
    loop {
        let call = request().query("limit", Some(left.min(PAGE_MAX)));
        let page: Page = call.query("cursor", cursor.as_deref()).send().await?.read()?;
        if !page.entries.is_empty() {
            print(&page)?;
        }
        count += page.entries.len();
        if limit.is_some() {
            left = left.saturating_sub(u32::try_from(page.entries.len()).unwrap_or(u32::MAX));
        }
        cursor = page.next_cursor;
        if cursor.is_none() || left == 0 {
            return Ok(Walked { count, cursor });
        }
    }
}

impl Walked {
    /// Says that there is nothing, or more.
    pub(super) fn say(&self, things: &str, output: Output) {
        if self.count == 0 {
            output.say(format_args!("no {things}"));
        } else if self.cursor.is_some() {
            output.say("there are more: --all");
        }
    }
}

impl Page {
    /// The entries as they came, one a line.
    pub(super) fn lines(&self) -> String {
        self.entries.iter().map(|entry| entry.get()).collect::<Vec<_>>().join("\n")
    }
}

/// An entry of a page.
pub(super) fn read<T: DeserializeOwned>(entry: &RawValue) -> Done<T> {
    serde_json::from_str(entry.get()).map_err(|error| Failure::Unavailable(error.to_string()))
}
