//! Log lines: to standard error, for people or for programs.

use std::io::{self, IsTerminal};

use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, registry,
};

use crate::{config::LogFormat, traces::Traces};

/// Sends log lines to standard error from now on, those of panics included. Does nothing if the
/// process logs already.
pub(crate) fn start(filter: &str, format: LogFormat, traces: Option<&Traces>) {
    let is_json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let lines = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let started = match traces {
        Some(traces) => start_traced(filter, is_json, traces),
        None if is_json => tracing::subscriber::set_global_default(
            lines.json().flatten_event(true).with_span_list(false).finish(),
        ),
        None => tracing::subscriber::set_global_default(lines.finish()),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            tracing::error!(location, "{}", panic.payload_as_str().unwrap_or("panicked"));
        }));
    }
}

/// The same lines, and spans of ours for a collector, whatever lines are written.
fn start_traced(filter: &str, is_json: bool, traces: &Traces) -> Result<(), SetGlobalDefaultError> {
    let ours = Targets::new().with_target("order_server", tracing::Level::DEBUG);
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let lines = if is_json {
        lines.json().flatten_event(true).with_span_list(false).boxed()
    } else {
        lines.boxed()
    };
    let lines = lines.with_filter(EnvFilter::new(filter));
    let spans = traces.layer().with_filter(ours);
    tracing::subscriber::set_global_default(registry().with(lines).with(spans))
}
