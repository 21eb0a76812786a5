//! Inputs that nobody thought of, for everything that strangers send: never a 5xx, never a panic, always a
//! problem that says what is wrong. `ORDER_FUZZ_SECONDS=600 cargo test -p order-server --test fuzz`
//! looks for longer.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{path::Path, sync::Arc};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{HeaderValue, Request, StatusCode, Uri, header},
};
use order_auth::{JwtTokens, Secret, TokenSettings};
use order_core::{
    Currency, Money, OrderService, Principal, RoleKind, UserService,
    memory::InMemoryStore,
    ports::{Authenticator, CallbackReader, Clock, SystemClock, TokenIssuer},
};
use order_http::Options;
use order_remote::WebhookReader;
use order_testkit::{PlainHasher, fuzz};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use uuid::Uuid;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn run(name: &str, target: impl FnMut(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let count = fuzz(&folder, target).unwrap();
    println!("{name}: {count} inputs");
}

/// The routes, asked by an administrator, and a thread to ask them on.
struct Asked {
    router: Router,
    runtime: Runtime,
}

impl Asked {
    fn new() -> Self {
        let store = InMemoryStore::default();
        let users =
            UserService::new(store.clone(), Arc::new(PlainHasher), SystemClock, Uuid::now_v7);
        let orders = Arc::new(OrderService::new(store, SystemClock, Uuid::now_v7));
        let reader = WebhookReader::default().provider("main", [SECRET]).unwrap();
        let options = Options {
            users: Some(Arc::new(users)),
            callbacks: Some(Arc::new(reader)),
            ..Options::default()
        };
        let admin = Principal::admin("fuzzer".parse().unwrap());
        let router = order_http::router(orders, options).layer(Extension(admin));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { router, runtime }
    }

    /// Asks, and looks at what is answered.
    fn ask(&self, request: Request<Body>) {
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            if parts.headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "text/event-stream") {
                return;
            }
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let status = parts.status;
            assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(&body));
            if status.is_client_error() && status != StatusCode::NOT_MODIFIED {
                let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
                assert!(problem["code"].as_str().is_some_and(|code| !code.is_empty()), "{problem}");
                assert_eq!(problem["status"], status.as_u16());
            }
        });
    }
}

/// A request with this target, if it can be one.
fn get(target: &[u8]) -> Option<Request<Body>> {
    let uri = Uri::try_from(target).ok().filter(|uri| uri.path().starts_with('/'))?;
    Request::get(uri).body(Body::empty()).ok()
}

#[test]
fn bodies() {
    let asked = Asked::new();
    let places = [
        ("POST", "/orders"),
        ("POST", "/products"),
        ("POST", "/users"),
        ("POST", "/auth"),
        ("POST", "/admin/import"),
        ("POST", "/payments/callbacks/main"),
        ("PUT", "/products/tea/stock"),
        ("PATCH", "/orders/ORD-000001/status"),
        ("PUT", "/orders/ORD-000001"),
        ("POST", "/orders/ORD-000001/payments"),
        ("POST", "/orders/ORD-000001/shipments"),
        ("POST", "/orders/ORD-000001/refunds"),
        ("POST", "/orders/ORD-000001/returns"),
    ];
    let mut next = places.iter().cycle();
    run("body", |input| {
        for _ in 0..3 {
            let (method, path) = next.next().unwrap();
            let request = Request::builder().method(*method).uri(*path);
            let request = request.header(header::CONTENT_TYPE, "application/json");
            asked.ask(request.body(Body::from(input.to_vec())).unwrap());
        }
    });
}

#[test]
fn queries() {
    let asked = Asked::new();
    run("query", |input| {
        for path in ["/orders?", "/products?", "/users?", "/events?", "/stats?", "/orders/search?"]
        {
            if let Some(request) = get(&[path.as_bytes(), input].concat()) {
                asked.ask(request);
            }
        }
    });
}

#[test]
fn cursors() {
    let asked = Asked::new();
    run("cursor", |input| {
        for path in ["/orders?cursor=", "/products?cursor=", "/users?cursor="] {
            if let Some(request) = get(&[path.as_bytes(), input].concat()) {
                asked.ask(request);
            }
        }
    });
}

#[test]
fn paths() {
    let asked = Asked::new();
    run("path", |input| {
        if let Some(request) = get(input) {
            asked.ask(request);
        }
    });
}

#[test]
fn keys_and_versions() {
    let asked = Asked::new();
    let order =
        r#"{"customerId":"me","items":[{"productId":"tea","quantity":1,"unitPrice":"4.50"}]}"#;
    run("key", |input| {
        let Ok(value) = HeaderValue::from_bytes(input) else { return };
        for (method, path, name) in
            [("POST", "/orders", "idempotency-key"), ("PUT", "/orders/ORD-000001", "if-match")]
        {
            let request = Request::builder().method(method).uri(path).header(name, &value);
            let request = request.header(header::CONTENT_TYPE, "application/json");
            asked.ask(request.body(Body::from(order)).unwrap());
        }
    });
}

#[test]
fn tokens() {
    let secret = Some(Secret::new("a secret of more than thirty-two bytes").unwrap());
    let tokens = JwtTokens::new(TokenSettings { secret, ..TokenSettings::default() }).unwrap();
    let right = tokens.issue(&"me".parse().unwrap(), RoleKind::Staff, SystemClock.now()).unwrap();
    let right: String = right.text.as_ref().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let who = runtime.block_on(tokens.authenticate(&right)).unwrap();
    assert_eq!(who.role.kind(), RoleKind::Staff);
    run("token", |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        // The corpus has parts of tokens; the middle of a right one is put between them.
        for token in [text.to_owned(), text.replace('*', right.split('.').nth(1).unwrap())] {
            let known = runtime.block_on(tokens.authenticate(&token));
            assert!(known.is_err() || token == right, "{token} counts");
        }
    });
}

#[test]
fn signatures() {
    let reader = WebhookReader::default().provider("main", [SECRET]).unwrap();
    run("signature", |input| {
        let mut parts = input.split(|byte| *byte == b'\n');
        let mut text = || parts.next().and_then(|it| String::from_utf8(it.to_vec()).ok());
        let headers = [text(), text(), text()];
        let header = |name: &str| match name {
            "webhook-id" => headers[0].clone(),
            "webhook-timestamp" => headers[1].clone(),
            "webhook-signature" => headers[2].clone(),
            _ => None,
        };
        let body = parts.next().unwrap_or_default();
        let read = reader.read("main", &header, body, SystemClock.now());
        assert!(read.is_err(), "nobody signed {headers:?}");
    });
}

#[test]
fn amounts() {
    run("money", |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        for currency in [Currency::EUR, Currency::JPY, Currency::KWD] {
            let Ok(money) = Money::parse(text, currency) else { continue };
            let again = Money::parse(&money.amount(), currency).unwrap();
            assert_eq!(again, money, "{text}");
        }
    });
}
