//! A service that answers as it is told, and what tests have in common.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::Response,
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use order_core::{
    Currency, Money,
    ports::{Operation, PaymentCall, RemoteError},
};
use order_remote::{Settings, Trouble};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

/// How a service answers.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A status and a document.
    Json(u16, Value),
    /// A status, headers and a body as it is.
    Raw(u16, Vec<(&'static str, String)>, String),
    /// Nothing.
    Silence,
    /// A byte now and then, without end.
    Drip,
    /// As many bytes as this, without saying so before.
    Flood(usize),
}

/// A request that was received.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A service that gives one reply after the other, the last one for ever.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) url: String,
    script: Arc<Script>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Script {
    replies: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Seen>>,
}

impl Service {
    pub(crate) async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Arc::new(Script::default());
        script.replies.lock().unwrap().extend(replies);
        let router = Router::new().fallback(answer).with_state(script.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script, task }
    }

    /// Answers so from now on.
    pub(crate) fn reply(&self, reply: Reply) {
        *self.script.replies.lock().unwrap() = [reply].into();
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().unwrap().clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    script.seen.lock().unwrap().push(Seen {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body,
    });
    let reply = {
        let mut replies = script.replies.lock().unwrap();
        if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
    };
    match reply.unwrap() {
        Reply::Json(status, body) => response(status, &[], Body::from(body.to_string())),
        Reply::Raw(status, headers, body) => response(status, &headers, Body::from(body)),
        Reply::Silence => std::future::pending().await,
        Reply::Drip => {
            let drops = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(b" ")));
            let slow = drops.then(|drop| async {
                sleep(Duration::from_millis(20)).await;
                drop
            });
            response(200, &[], Body::from_stream(slow))
        }
        Reply::Flood(bytes) => {
            let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1024]));
            let chunks = stream::repeat_with(chunk).take(bytes.div_ceil(1024));
            response(200, &[], Body::from_stream(chunks))
        }
    }
}

fn response(status: u16, headers: &[(&'static str, String)], body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
    }
    response
}

/// Settings with short times.
pub(crate) fn settings(url: &str) -> Settings {
    let connect = Duration::from_secs(1);
    let (attempt, total) = (Duration::from_millis(800), Duration::from_secs(8));
    let settings = Settings::new(url).unwrap().timeouts(connect, attempt, total);
    settings.pause(Duration::from_millis(10))
}

pub(crate) fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

pub(crate) fn call(operation: Operation, minor: i64, key: &str) -> PaymentCall {
    let refund_id = (operation == Operation::Refund).then(|| format!("re-{key}").parse().unwrap());
    PaymentCall {
        key: key.parse().unwrap(),
        order_id: "order-1".parse().unwrap(),
        payment_id: "pay-1".parse().unwrap(),
        operation,
        amount: gbp(minor),
        refund_id,
        method: "card".parse().unwrap(),
        source: None,
        reference: None,
    }
}

/// An answer that the call of [`call`] can get.
pub(crate) fn done() -> Value {
    let pounds = |amount: &str| json!({"amount": amount, "currency": "GBP"});
    json!({
        "outcome": "done",
        "facts": {
            "orderId": "order-1",
            "paymentId": "pay-1",
            "reference": "pp_1",
            "authorized": pounds("5.00"),
            "captured": pounds("0.00"),
            "voided": pounds("0.00"),
            "disputed": pounds("0.00"),
        },
    })
}

/// Why a service is called unavailable.
pub(crate) fn trouble(error: &RemoteError) -> &Trouble {
    let RemoteError::Unavailable { source, .. } = error else { panic!("{error:?}") };
    source.downcast_ref().unwrap()
}

/// What a service called a fault.
pub(crate) fn fault(error: &RemoteError) -> &str {
    let RemoteError::Misused { code, .. } = error else { panic!("{error:?}") };
    code.as_str()
}
