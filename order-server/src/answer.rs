//! One request, from its head to its answer: what surrounds the router.

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::MatchedPath,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header},
};
use hyper::{Version, body::Incoming};
use order_core::Principal;
use order_http::{Cause, Code};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::Service as _;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    config::Limits,
    gate,
    listen::{
        body::{Budget, Download, Reading, Ticket, Upload},
        pulse::Pulse,
    },
    metering::{Requests, count_problem},
    problem::{self, Kind},
    throttle::Throttle,
    traces,
};

/// The header that names a request, in both directions.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_MAX: usize = 128;
/// What those ask who watch over the process.
const PROBES: [&str; 4] = ["/livez", "/readyz", "/health", "/metrics"];

/// Answers requests.
#[derive(Debug)]
pub(crate) struct Answerer {
    router: Router,
    /// Who everybody is in development mode; none if the router asks.
    caller: Option<Principal>,
    places: Arc<Semaphore>,
    budget: Arc<Budget>,
    limits: Limits,
    requests: Arc<Requests>,
    /// Where requests come from; none where nobody asks.
    throttle: Option<Arc<Throttle>>,
    /// Whether connections are encrypted here.
    is_encrypted: bool,
    // Answered however much there is to do: who asks wants to know whether to restart us.
    urgent: Vec<String>,
}

impl Answerer {
    pub(crate) fn new(
        router: Router,
        caller: Option<Principal>,
        limits: Limits,
        base_path: &str,
    ) -> Self {
        let urgent = ["", "/api"]
            .iter()
            .flat_map(|at| PROBES.map(|probe| format!("{base_path}{at}{probe}")));
        Self {
            router,
            caller,
            places: Arc::new(Semaphore::new(limits.requests_max)),
            budget: Budget::new(limits.buffered_bytes_max),
            limits,
            requests: Arc::default(),
            throttle: None,
            is_encrypted: false,
            urgent: urgent.collect(),
        }
    }

    /// The same, counting requests here.
    pub(crate) fn with_requests(self, requests: Arc<Requests>) -> Self {
        Self { requests, ..self }
    }

    /// The same, telling routes where a request comes from.
    pub(crate) fn with_throttle(self, throttle: Arc<Throttle>) -> Self {
        Self { throttle: Some(throttle), ..self }
    }

    /// The same, for connections that are encrypted here.
    pub(crate) fn encrypted(self, is_encrypted: bool) -> Self {
        Self { is_encrypted, ..self }
    }

    /// Answers a request, whatever it is. A stream goes on until `finish`.
    pub(crate) async fn answer(
        &self,
        mut request: Request<Incoming>,
        peer: SocketAddr,
        pulse: Arc<Pulse>,
        finish: CancellationToken,
    ) -> Response<Download> {
        let begun = Instant::now();
        let is_multiplexed = request.version() == Version::HTTP_2;
        let mut ticket = Ticket::new(pulse.clone(), is_multiplexed);
        let method = request.method().clone();
        let id = request_id(request.headers_mut());
        let id_text = id.to_str().unwrap_or_default();
        if let Some(throttle) = &self.throttle {
            let address = throttle.address(peer, request.headers());
            request.extensions_mut().insert(address);
        }
        let reading = Reading::new(self.budget.clone());
        let request = self.limit(request, pulse, reading.clone());
        let span = traces::of_request(&method, request.headers(), id_text);
        let mut response = match self.admit(&request, &mut ticket) {
            Ok(()) => self.route(request, &reading).instrument(span.clone()).await,
            Err(kind) => kind.to_response(),
        };
        harden(response.headers_mut());
        if self.is_encrypted {
            let year = HeaderValue::from_static("max-age=31536000");
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
        let route = response.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
        traces::answered(&span, &method, route, response.status());
        self.requests.count(&method, route, response.status(), begun.elapsed());
        if let Some(code) = response.extensions().get::<Code>() {
            count_problem(code);
        }
        log(&method, &response, begun, id_text);
        response.headers_mut().insert(REQUEST_ID.clone(), id);
        if is_multiplexed {
            // HTTP/2 has no such header.
            response.headers_mut().remove(header::CONNECTION);
        }
        if is_stream(response.headers()) {
            return response.map(|body| Download::stream(body, ticket, finish));
        }
        response.map(|body| Download::new(body, ticket))
    }

    fn admit(&self, request: &Request<Upload>, ticket: &mut Ticket) -> Result<(), &'static Kind> {
        gate::check(request, self.caller.is_some())?;
        ticket.place = self.places.clone().try_acquire_owned().ok();
        let path = request.uri().path();
        if ticket.place.is_some() || self.urgent.iter().any(|urgent| urgent == path) {
            Ok(())
        } else {
            Err(&problem::SERVER_BUSY)
        }
    }

    fn limit(
        &self,
        request: Request<Incoming>,
        pulse: Arc<Pulse>,
        reading: Arc<Reading>,
    ) -> Request<Upload> {
        let is_awaited = request.headers().contains_key(header::EXPECT);
        request.map(|body| Upload::new(body, pulse, self.limits.body_time, is_awaited, reading))
    }

    async fn route(&self, request: Request<Upload>, reading: &Reading) -> Response<Body> {
        let mut request = request.map(Body::new);
        if let Some(caller) = &self.caller {
            request.extensions_mut().insert(caller.clone());
        }
        let answering = unwinding(self.router.clone().call(request));
        let kind = match timeout(self.limits.request_time, answering).await {
            _ if reading.is_stalled() => &problem::BODY_STALLED,
            _ if reading.is_refused() => &problem::SERVER_BUSY,
            Ok(Ok(Ok(response))) => return response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(Panicked)) => &problem::INTERNAL,
            Err(_) => late(reading),
        };
        kind.to_response()
    }
}

/// Whether an answer goes on for as long as its client listens.
fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"))
}

/// Whose fault it is that the time is over.
fn late(reading: &Reading) -> &'static Kind {
    if reading.is_complete() { &problem::SERVER_SLOW } else { &problem::BODY_STALLED }
}

/// Takes the client's name for the request if it is fit for a log, else makes one.
fn request_id(headers: &mut HeaderMap) -> HeaderValue {
    let is_fit = |value: &&HeaderValue| {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        (1..=REQUEST_ID_MAX).contains(&value.len()) && value.as_bytes().iter().all(is_plain)
    };
    if let Some(given) = headers.get(&REQUEST_ID).filter(is_fit) {
        return given.clone();
    }
    let mut text = [0; uuid::fmt::Simple::LENGTH];
    let made = Uuid::now_v7().simple().encode_lower(&mut text);
    let made = HeaderValue::from_str(made).unwrap_or(HeaderValue::from_static("-"));
    headers.insert(REQUEST_ID.clone(), made.clone());
    made
}

/// What every answer says to browsers, unless the router says it otherwise.
fn harden(headers: &mut HeaderMap) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let policy = if is_page {
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    } else {
        "default-src 'none'; frame-ancestors 'none'"
    };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// One line a request, those of probes for who wants to know. Neither body nor query: they hold personal
/// data. The route, not the path, for the path holds ids.
fn log(method: &Method, response: &Response<Body>, begun: Instant, request_id: &str) {
    let status = response.status();
    let route = response.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let latency_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (method, status_code) = (method.as_str(), status.as_u16());
    let cause = response.extensions().get::<Cause>();
    // An answer of GraphQL is one, also where a part of it failed.
    let is_broken = status.is_success() && cause.is_some();
    // Asked every few seconds for as long as the process lives.
    let is_probe = PROBES.iter().any(|probe| route.ends_with(probe));
    if is_broken || status.is_server_error() {
        let cause = cause.map(tracing::field::display);
        tracing::error!(
            target: "order_server::access",
            method, route, status = status_code, latency_us, request_id, cause, "failed"
        );
    } else if is_probe && status.is_success() {
        tracing::debug!(
            target: "order_server::access",
            method, route, status = status_code, latency_us, request_id, "answered"
        );
    } else {
        tracing::info!(
            target: "order_server::access",
            method, route, status = status_code, latency_us, request_id, "answered"
        );
    }
}

/// A handler panicked; the panic hook has logged it.
#[derive(Debug)]
struct Panicked;

/// Runs a handler; a panic in it is its result.
async fn unwinding<F: Future>(handler: F) -> Result<F::Output, Panicked> {
    let mut handler = pin!(handler);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}
