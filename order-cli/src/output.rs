//! What is printed: data on standard output, talk on standard error.

mod chart;
mod order;
mod table;

use std::{
    env,
    fmt::{self, Display},
    io::{self, IsTerminal, Write},
};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use order_core::Timestamp;
use serde::Serialize;

pub(crate) use self::{
    chart::{bar, cut, duration, scaled, spark},
    order::names,
    table::{Sheet, Side},
};
use crate::error::{Done, Failure};

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: one JSON document, for lists one a line.
    Json,
}

/// The two streams and how to write to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
    quiet: bool,
    coloured: bool,
    talk_coloured: bool,
}

impl Output {
    /// Looks at the streams and the environment.
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            format,
            quiet,
            coloured: !plain && io::stdout().is_terminal(),
            talk_coloured: !plain && io::stderr().is_terminal(),
        }
    }

    /// Whether a program reads the answer.
    pub(crate) const fn is_json(self) -> bool {
        matches!(self.format, Format::Json)
    }

    /// Whether the answer may be coloured.
    pub(crate) const fn is_coloured(self) -> bool {
        self.coloured
    }

    /// How many characters a line of the terminal has; none if the answer does not go to one.
    #[expect(clippy::unused_self, reason = "only who has the output may ask")]
    pub(crate) fn width(self) -> Option<usize> {
        let size = terminal_size::terminal_size_of(io::stdout());
        size.map(|(width, _)| usize::from(width.0))
    }

    /// Prints data and ends the line.
    #[expect(clippy::unused_self, reason = "only who has the output may print")]
    pub(crate) fn data(self, text: impl Display) -> Done {
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{text}").and_then(|()| out.flush());
        written.map_err(|error| Failure::io("standard output", &error))
    }

    /// Prints a value as one line of JSON.
    pub(crate) fn json(self, value: &impl Serialize) -> Done {
        let text = serde_json::to_string(value);
        self.data(text.map_err(|error| Failure::Unavailable(error.to_string()))?)
    }

    /// Says something to a person, unless told to be quiet.
    pub(crate) fn say(self, text: impl Display) {
        if !self.quiet {
            self.talk(text);
        }
    }

    /// Reports why the command failed.
    pub(crate) fn fail(self, failure: &Failure) {
        if self.is_json() {
            self.talk(failure.to_json());
        } else if self.talk_coloured {
            self.talk(format_args!("\x1b[1;31merror:\x1b[0m {}", clean(&failure.to_string())));
        } else {
            self.talk(format_args!("error: {}", clean(&failure.to_string())));
        }
    }

    /// A bar on standard error; hidden unless a person watches.
    pub(crate) fn progress(self, total: Option<u64>, unit: &str) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let known = "{bar:30} {human_pos}/{human_len} {unit}  {rate}  {eta} left";
        let unknown = "{spinner} {human_pos} {unit}  {rate}  {elapsed}";
        let template = if total.is_some() { known } else { unknown };
        match ProgressStyle::with_template(&template.replace("{unit}", unit)) {
            Ok(style) => bar.with_style(style.with_key("rate", write_rate)),
            Err(_) => bar,
        }
    }

    /// A closed standard error is no reason to fail.
    #[expect(clippy::unused_self, reason = "only who has the output may talk")]
    fn talk(self, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

fn write_rate(state: &ProgressState, to: &mut dyn fmt::Write) {
    // A bar that cannot be written is not worth a word.
    let _ = write!(to, "{:.0}/s", state.per_sec());
}

/// The text without control characters other than line ends: what somebody else wrote must not steer the
/// terminal.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// A time as people read it, in UTC to the minute: `2011-04-18 10:22`.
pub(crate) fn minute(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..16).unwrap_or(&text).replacen('T', " ", 1)
}

/// The same to the second: `2011-04-18 10:22:33`.
pub(crate) fn second(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..19).unwrap_or(&text).replacen('T', " ", 1)
}

/// A number of things: `1 order`, `2 orders`.
pub(crate) fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::{clean, minute};

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\nc\r"), "a\u{fffd}[31mb\nc\u{fffd}");
    }

    #[test]
    fn times_are_shown_to_the_minute() {
        assert_eq!(minute("2011-04-18T10:22:33.001Z".parse().unwrap()), "2011-04-18 10:22");
    }
}
