//! How many requests there were, and how long they took.

use std::{
    collections::HashMap,
    fmt,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// How many there were.
pub(super) const COUNT: &str = "order_http_requests_total";
/// How long they took.
pub(super) const DURATION: &str = "order_http_request_duration_seconds";

/// What a request is asked with, as measurements call it.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

pub(super) fn describe() {
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
}

/// By method and status, then by route. There are no more routes than the router has.
type Kinds = HashMap<(u8, u16), HashMap<Box<str>, (Counter, Histogram)>>;

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl Requests {
    /// Counts a request that was answered. The route is the one of the router, not the path.
    pub(crate) fn count(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
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
