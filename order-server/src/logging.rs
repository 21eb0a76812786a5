//! Log lines: to standard error, for people or for programs.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// Sends log lines to standard error from now on, those of panics included. Does nothing if the
/// process logs already.
pub(crate) fn start(filter: &str, format: LogFormat) {
    let lines = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let is_json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let started = if is_json {
        tracing::subscriber::set_global_default(
            lines.json().flatten_event(true).with_span_list(false).finish(),
        )
    } else {
        tracing::subscriber::set_global_default(lines.finish())
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            tracing::error!(location, "{}", panic.payload_as_str().unwrap_or("panicked"));
        }));
    }
}
