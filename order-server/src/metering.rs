//! What is measured, and how it is read: `GET /metrics` in the text format of Prometheus.

mod orders;
mod requests;
mod store;

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use axum::{
    Extension, Router,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use order_core::{
    Principal, RoleKind,
    ports::{Clock as _, RelayStatus, Store, StoreError, SystemClock},
};
use order_http::ApiError;
use tokio::time::timeout;

pub(crate) use self::{
    orders::OrderCounter,
    requests::{Requests, count_problem},
    store::{MeasuredQueries, MeasuredStore},
};
use crate::{store::Connections, throttle::Throttle, workers::Worker};

/// Upper ends of the histogram of request times, in seconds.
const SECONDS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// How long the store may take to say how relays are doing.
const STORE_TIME: Duration = Duration::from_secs(2);
/// How often what was measured is folded, so that it takes no more room.
const UPKEEP: Duration = Duration::from_secs(5);
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is measured in this process, once it has begun to measure.
static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to measure, unless the process has its own way to: then that gets everything.
fn handle() -> Option<PrometheusHandle> {
    let made = HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let times = Matcher::Suffix("_duration_seconds".to_owned());
        let builder = builder.set_buckets_for_metric(times, &SECONDS).ok()?;
        let handle = builder.install_recorder().ok()?;
        describe();
        Some(handle)
    });
    made.clone()
}

fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge};
    requests::describe();
    orders::describe();
    store::describe();
    crate::workers::describe();
    describe_gauge!("order_build_info", "1, with the version of the server");
    describe_gauge!("order_store_up", "1 if the store answered when it was asked for this");
    describe_gauge!("order_store_connections", "Connections of the pool, by state");
    describe_gauge!("order_relay_backlog_events", "Events that are not published");
    describe_gauge!(
        "order_relay_lag_seconds",
        Unit::Seconds,
        "Age of the oldest event that is not published"
    );
    describe_gauge!("order_analytics_behind_events", "Events that are in no figure yet");
    describe_gauge!("order_relay_held_orders", "Orders that a relay holds, parked ones included");
    describe_gauge!("order_relay_parked_orders", "Orders that wait for somebody");
    describe_counter!("order_relay_published_events_total", "Events that this server published");
    describe_counter!("order_relay_refused_events_total", "How often a receiver refused an event");
    describe_counter!("order_relay_parkings_total", "How often an order was parked");
    describe_counter!("order_relay_failures_total", "Steps of relays that failed, by code");
}

/// What is measured, and the store that is asked how relays are doing.
#[derive(Clone)]
pub(crate) struct Meters {
    handle: Option<PrometheusHandle>,
    /// None where another server keeps the orders, and tells how they do.
    store: Option<Arc<dyn Store>>,
    connections: Option<Connections>,
    requests: Arc<Requests>,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Meters {
    /// Begins to measure.
    pub(crate) fn new(store: Option<Arc<dyn Store>>, connections: Option<Connections>) -> Self {
        let handle = handle();
        metrics::gauge!("order_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        Self { handle, store, connections, requests: Arc::default() }
    }

    /// What counts requests.
    pub(crate) fn requests(&self) -> Arc<Requests> {
        self.requests.clone()
    }

    /// `/metrics` for callers who are known: everybody but customers.
    pub(crate) fn guarded(&self) -> Router {
        let meters = self.clone();
        let answer = move |caller: Option<Extension<Principal>>| async move {
            let caller = caller.map(|Extension(caller)| caller);
            match check(caller.as_ref()) {
                Ok(()) => meters.render().await,
                Err(error) => error.into_response(),
            }
        };
        Router::new().route("/metrics", get(answer))
    }

    /// `/metrics` for whoever reaches the address.
    pub(crate) fn open(&self) -> Router {
        let meters = self.clone();
        Router::new().route("/metrics", get(move || async move { meters.render().await }))
    }

    /// What keeps small what is measured, and what is known of callers.
    pub(crate) fn upkeep(&self, throttle: Arc<Throttle>) -> Box<dyn Worker> {
        Box::new(Upkeep { meters: self.clone(), throttle, last: Mutex::new(Instant::now()) })
    }

    async fn render(&self) -> Response {
        let Some(handle) = &self.handle else {
            let detail = "the process measures in its own way";
            return ApiError::new(StatusCode::NOT_FOUND, "metrics.elsewhere", detail)
                .into_response();
        };
        if let Some(store) = &self.store {
            let asked = timeout(STORE_TIME, ask(&**store)).await;
            let is_up = matches!(asked, Ok(Ok(())));
            metrics::gauge!("order_store_up").set(f64::from(u8::from(is_up)));
        }
        if let Some(connections) = &self.connections {
            let (open, idle) = connections();
            let state = |state| metrics::gauge!("order_store_connections", "state" => state);
            state("idle").set(exact(idle as u64));
            state("busy").set(exact(u64::from(open).saturating_sub(idle as u64)));
        }
        ([(header::CONTENT_TYPE, TEXT)], handle.render()).into_response()
    }
}

/// Asks the store how relays are doing. What one server's relay does, every server tells.
async fn ask(store: &dyn Store) -> Result<(), StoreError> {
    store.sequence().await?;
    let now = SystemClock.now();
    for status in store.relays().await? {
        let RelayStatus { name, backlog, oldest, held, parked, .. } = status;
        let lag = oldest.map_or(0, |oldest| now.millis_since(oldest).max(0));
        let set = |gauge: metrics::Gauge, number: u64| gauge.set(exact(number));
        let name = name.to_string();
        metrics::gauge!("order_relay_lag_seconds", "relay" => name.clone())
            .set(exact(lag.unsigned_abs()) / 1_000.0);
        set(metrics::gauge!("order_relay_backlog_events", "relay" => name.clone()), backlog);
        set(metrics::gauge!("order_relay_held_orders", "relay" => name.clone()), held);
        set(metrics::gauge!("order_relay_parked_orders", "relay" => name), parked);
    }
    let behind = store.end().await?;
    let behind = behind.saturating_sub(store.counted().await?.unwrap_or_default());
    metrics::gauge!("order_analytics_behind_events").set(exact(behind));
    Ok(())
}

/// A count as measurements have it, which is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "nobody counts so far")]
const fn exact(number: u64) -> f64 {
    number as f64
}

fn check(caller: Option<&Principal>) -> Result<(), ApiError> {
    let Some(caller) = caller else {
        let detail = "the request does not say who is calling, or not in a way that counts";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "auth.required", detail));
    };
    if caller.role.kind() == RoleKind::Customer {
        let detail = "your role may not see measurements";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "auth.forbidden", detail));
    }
    Ok(())
}

/// Folds what was measured and forgets callers, every now and then.
#[derive(Debug)]
struct Upkeep {
    meters: Meters,
    throttle: Arc<Throttle>,
    last: Mutex<Instant>,
}

#[async_trait]
impl Worker for Upkeep {
    fn name(&self) -> &'static str {
        "metrics"
    }

    async fn step(&self) -> Result<bool, &'static str> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= UPKEEP {
            *last = Instant::now();
            if let Some(handle) = &self.meters.handle {
                handle.run_upkeep();
            }
            self.meters.requests.fade();
            self.throttle.forget();
        }
        Ok(false)
    }
}
