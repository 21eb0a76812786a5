//! The provider as an HTTP server: the payment protocol, and routes for tests to steer it.

use std::{
    hash::{BuildHasher, RandomState},
    io,
    net::Ipv4Addr,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use order_core::{
    IdempotencyKey,
    ports::{Clock, Operation, PaymentNotice, SystemClock},
};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, time::sleep};

use super::{
    behaviour::Rule,
    callbacks::{self, Delivery, Outgoing},
    desk::Desk,
    ledger::Ledger,
    scripted::outside,
    wire::{self, CallBody, Happening, Receiving},
};

/// Where servers of tests listen: below the ports that the system gives to clients.
const PORTS: Range<u16> = 27_000..32_000;
/// How many ports are tried.
const PORT_ATTEMPTS_MAX: u16 = 50;
/// How long a caller that gets no answer is kept waiting, at most.
const SILENCE: Duration = Duration::from_mins(1);

/// One HTTP request for money to be moved, a repeat or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The call's key.
    pub key: IdempotencyKey,
    /// What was asked for.
    pub operation: Operation,
}

#[derive(Debug)]
struct Office {
    desk: Mutex<Desk>,
    attempts: Mutex<Vec<Attempt>>,
    outgoing: Outgoing,
}

/// Finds a port to listen on.
pub(super) async fn bind() -> io::Result<TcpListener> {
    let size = PORTS.end - PORTS.start;
    let from = u16::try_from(RandomState::new().hash_one(0) % u64::from(size));
    let from = from.map_err(io::Error::other)?;
    let mut last = io::Error::new(io::ErrorKind::AddrInUse, "no port below 32768 is free");
    for step in 0..PORT_ATTEMPTS_MAX {
        let port = PORTS.start + (from + step) % size;
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Serves until the future is dropped. Callbacks are signed with each of these secrets.
pub(super) async fn serve(listener: TcpListener, secrets: &[&str]) -> io::Result<()> {
    let unfit = || io::Error::new(io::ErrorKind::InvalidInput, "a secret is whsec_ and base64");
    let secrets: Option<Vec<_>> = secrets.iter().map(|text| callbacks::secret(text)).collect();
    let outgoing = Outgoing::start(secrets.ok_or_else(unfit)?);
    let office = Office { desk: Mutex::default(), attempts: Mutex::default(), outgoing };
    axum::serve(listener, router(Arc::new(office))).await
}

fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route("/payments/{operation}", post(pay))
        .route("/ledger", get(ledger))
        .route("/admin/rules", post(add_rule).delete(clear_rules))
        .route("/admin/callbacks", put(receive).get(deliveries))
        .route("/admin/attempts", get(attempts))
        .route("/admin/disputes", post(dispute))
        .route("/admin/refunds", post(refund))
        .with_state(office)
}

type Shared = State<Arc<Office>>;

async fn pay(
    State(office): Shared,
    Path(operation): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(operation) = wire::operation(&operation) else {
        return wire::problem(StatusCode::NOT_FOUND, "route.not_found", None);
    };
    let mut keys = headers.get_all("idempotency-key").iter();
    let key =
        keys.next().and_then(|key| wire::key(key.as_bytes())).filter(|_| keys.next().is_none());
    let Some(key) = key else {
        return wire::problem(StatusCode::BAD_REQUEST, "key.missing", None);
    };
    let body: CallBody = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => {
            let detail = Some(error.to_string());
            return wire::problem(StatusCode::BAD_REQUEST, "request.unreadable", detail);
        }
    };
    lock(&office.attempts).push(Attempt { key: key.clone(), operation });
    let reply = lock(&office.desk).take(&body.call(key, operation), SystemClock.now());
    for notice in reply.before {
        office.outgoing.now(notice).await;
    }
    office.outgoing.later(reply.after);
    if let Some(response) = wire::response(reply.said) {
        return response;
    }
    sleep(SILENCE).await;
    wire::problem(StatusCode::GATEWAY_TIMEOUT, "provider.silent", None)
}

async fn ledger(State(office): Shared) -> Json<Ledger> {
    Json(lock(&office.desk).ledger().clone())
}

async fn add_rule(State(office): Shared, Json(rule): Json<Rule>) -> StatusCode {
    lock(&office.desk).rule(rule);
    StatusCode::NO_CONTENT
}

async fn clear_rules(State(office): Shared) -> StatusCode {
    lock(&office.desk).clear_rules();
    StatusCode::NO_CONTENT
}

async fn receive(State(office): Shared, Json(receiving): Json<Receiving>) -> StatusCode {
    office.outgoing.to(receiving.url);
    StatusCode::NO_CONTENT
}

async fn deliveries(State(office): Shared) -> Json<Vec<Delivery>> {
    Json(office.outgoing.log())
}

async fn attempts(State(office): Shared) -> Json<Vec<Attempt>> {
    Json(lock(&office.attempts).clone())
}

async fn dispute(State(office): Shared, Json(happening): Json<Happening>) -> Response {
    let Happening { order_id, payment_id, amount, .. } = happening;
    let notice = lock(&office.desk).dispute(&order_id, &payment_id, amount, SystemClock.now());
    tell(&office, notice)
}

async fn refund(State(office): Shared, Json(happening): Json<Happening>) -> Response {
    let Happening { order_id, payment_id, amount, refund_id } = happening;
    let notice = refund_id.and_then(|refund_id| {
        let call = outside(&order_id, &payment_id, &refund_id, amount);
        lock(&office.desk).refund_here(&call, SystemClock.now())
    });
    tell(&office, notice)
}

fn tell(office: &Office, notice: Option<PaymentNotice>) -> Response {
    match notice {
        Some(notice) => {
            office.outgoing.later(vec![notice]);
            StatusCode::NO_CONTENT.into_response()
        }
        None => wire::problem(StatusCode::CONFLICT, "payment.unfit", None),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
