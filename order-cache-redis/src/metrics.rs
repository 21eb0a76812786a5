//! What is counted.

use std::fmt;

use metrics::{Counter, counter};

/// The counters of one layer.
#[derive(Clone)]
pub(crate) struct Counters {
    /// What it had was still right.
    pub(crate) hits: Counter,
    /// It had nothing, or nothing that was still right.
    pub(crate) misses: Counter,
    /// It failed, or was left alone because it had failed.
    pub(crate) errors: Counter,
}

impl Counters {
    pub(crate) fn of(layer: &'static str) -> Self {
        Self {
            hits: counter!("order_cache_hits_total", "layer" => layer),
            misses: counter!("order_cache_misses_total", "layer" => layer),
            errors: counter!("order_cache_errors_total", "layer" => layer),
        }
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters").finish_non_exhaustive()
    }
}
