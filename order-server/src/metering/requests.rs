//! How many requests there were, and how long they took.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};
use order_http::{Code, body::LatencyBody};

use super::exact;

/// How many there were.
const COUNT: &str = "order_http_requests_total";
/// How long they took.
const DURATION: &str = "order_http_request_duration_seconds";

/// What a request is asked with, as measurements call it.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

/// What went wrong.
const ERRORS: &str = "order_http_errors_total";

/// Counts a problem by its code: one of ours, so that there is no end of series.
pub(crate) fn count_problem(code: &Code) {
    metrics::counter!(ERRORS, "code" => code.0.clone()).increment(1);
}

pub(super) fn describe() {
    metrics::describe_counter!(ERRORS, "Requests that were refused or failed, by code");
    metrics::describe_counter!(COUNT, "Requests that were answered, by method, route and status");
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "From the head of a request to the head of its answer, by method and route"
    );
}

/// Measures requests. What a kind of request is called is made into labels once, so that a request
/// costs two look-ups and no text.
#[derive(Default)]
pub(crate) struct Requests {
    kinds: RwLock<Kinds>,
    recent: Recent,
}

/// How many requests of late took less than so many powers of two of microseconds.
#[derive(Debug, Default)]
struct Recent([AtomicU64; 32]);

impl Recent {
    fn count(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let power = (u64::BITS - micros.leading_zeros()) as usize;
        self.0[power.min(self.0.len() - 1)].fetch_add(1, Relaxed);
    }

    /// Half as much of what was long ago.
    fn fade(&self) {
        for count in &self.0 {
            // One that is counted meanwhile may be lost: nobody is paid by this.
            count.store(count.load(Relaxed) / 2, Relaxed);
        }
    }

    fn latency(&self) -> Option<LatencyBody> {
        let counts: Vec<u64> = self.0.iter().map(|count| count.load(Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let at = |percent: u64| {
            let wanted = (total * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let power = counts.iter().position(|count| {
                seen += count;
                seen >= wanted
            });
            power.map(|power| exact(1 << power) / 1_000.0)
        };
        Some(LatencyBody { p50_ms: at(50)?, p99_ms: at(99)? })
    }
}

/// By method and status, then by route. There are no more routes than the router has.
type Kinds = HashMap<(u8, u16), HashMap<Box<str>, (Counter, Histogram)>>;

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl Requests {
    /// How long requests took of late; none if there were none.
    pub(crate) fn latency(&self) -> Option<LatencyBody> {
        self.recent.latency()
    }

    /// Lets what is long ago count less.
    pub(super) fn fade(&self) {
        self.recent.fade();
    }

    /// Counts a request that was answered. The route is the one of the router, not the path.
    pub(crate) fn count(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        self.recent.count(took);
        let kind = (number_of(method), status.as_u16());
        let record = |(counter, histogram): &(Counter, Histogram)| {
            counter.increment(1);
            histogram.record(took.as_secs_f64());
        };
        {
            let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = kinds.get(&kind).and_then(|routes| routes.get(route)) {
                record(known);
                return;
            }
        }
        let mut kinds = self.kinds.write().unwrap_or_else(PoisonError::into_inner);
        let routes = kinds.entry(kind).or_default();
        record(routes.entry(route.into()).or_insert_with(|| meters(kind, route)));
    }
}

/// Never beyond the last of [`METHODS`].
fn number_of(method: &Method) -> u8 {
    let other = METHODS.len() - 1;
    let found = METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(other);
    u8::try_from(found).unwrap_or_default()
}

fn meters((method, status): (u8, u16), route: &str) -> (Counter, Histogram) {
    let method = METHODS.get(usize::from(method)).copied().unwrap_or("other");
    let (route, status) = (route.to_owned(), status.to_string());
    let histogram = metrics::histogram!(DURATION, "method" => method, "route" => route.clone());
    let counter =
        metrics::counter!(COUNT, "method" => method, "route" => route, "status" => status);
    (counter, histogram)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_of_late_and_exact_to_a_factor_of_two() {
        let recent = Recent::default();
        assert_eq!(recent.latency(), None);
        for _ in 0..99 {
            recent.count(Duration::from_micros(900));
        }
        for _ in 0..2 {
            recent.count(Duration::from_millis(70));
        }
        let LatencyBody { p50_ms, p99_ms } = recent.latency().unwrap();
        assert!(
            (0.9..1.8).contains(&p50_ms) && (70.0..140.0).contains(&p99_ms),
            "{p50_ms} {p99_ms}"
        );
        for _ in 0..7 {
            recent.fade();
        }
        assert_eq!(recent.latency(), None);
        recent.count(Duration::MAX);
        assert!(recent.latency().is_some());
    }
}
