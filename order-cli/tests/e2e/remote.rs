//! The same commands through a server.

use std::{net::TcpListener, sync::Arc, thread};

use axum::{
    Extension,
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use order_auth::{Argon2Hasher, JwtTokens, Secret, TokenSettings};
use order_broker::{
    Source,
    webhook::{Reach, Sender},
};
use order_core::{
    NewUser, OrderService, Principal, RoleKind, UserService, Users, WebhookService,
    accounts::{Password, Profile},
    memory::InMemoryStore,
    ports::SystemClock,
};
use uuid::Uuid;

use crate::shop::Shop;

const TOKEN: &str = "Bearer let-me-in";

/// Lets in whoever shows the token.
async fn guard(request: Request, next: Next) -> Response {
    match request.headers().get("authorization") {
        Some(token) if token == TOKEN => next.run(request).await,
        _ => (StatusCode::UNAUTHORIZED, r#"{"title":"Unauthorized","code":"auth.required"}"#)
            .into_response(),
    }
}

/// A server on loopback that lives as long as the test; its address.
pub(crate) fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let store = InMemoryStore::default();
            let clock = Arc::new(SystemClock);
            let sender = Sender::new(Source::default(), Reach::Public, clock).unwrap();
            let webhooks =
                WebhookService::new(store.clone(), Arc::new(sender), SystemClock, Uuid::now_v7);
            let webhooks = Some(Arc::new(webhooks) as Arc<_>);
            let service = OrderService::new(store, SystemClock, Uuid::now_v7);
            let who = Principal::admin("tester".parse().unwrap());
            let options = order_http::Options { webhooks, ..Default::default() };
            let router = order_http::router(Arc::new(service), options);
            let router = router.layer(Extension(who)).layer(from_fn(guard));
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}

#[test]
fn a_server_takes_the_same_commands() {
    let shop = Shop::new().with("ORDER_SERVER", serve()).with("ORDER_TOKEN", "let-me-in");
    let number = shop.place(&["--customer", "C/1 é"]);
    assert_eq!(shop.json(&["ship", &number])["status"], "shipped");
    assert_eq!(shop.json_lines(&["list", "--customer", "C/1 é"]).len(), 1);
    let events = shop.json_lines(&["history", &number]);
    assert_eq!(events[0]["actor"], "tester");
    assert_eq!(shop.run(&["ship", &number]).status, 1);
    assert_eq!(shop.json(&["verify"])["orders"], 1);
    shop.ok(&["products", "add", "a/b", "--name", "A", "--price", "1", "--stock", "1"]);
    assert_eq!(shop.json(&["stock", "a/b", "+1"])["stock"], 2);
    assert!(!shop.path("orders.db").exists(), "the work was done elsewhere");
}

#[test]
fn a_webhook_lives_on_a_server() {
    let shop = Shop::new().with("ORDER_SERVER", serve()).with("ORDER_TOKEN", "let-me-in");
    crate::webhook::lives(&shop, "https://example.com/hook");
    assert!(!shop.path("orders.db").exists(), "the work was done elsewhere");
}

#[test]
fn a_server_takes_a_made_up_shop() {
    let shop = Shop::new().with("ORDER_SERVER", serve()).with("ORDER_TOKEN", "let-me-in");
    let made = shop.json(&["seed", "--orders", "1000", "--products", "20"]);
    assert_eq!((&made["orders"], &made["refused"]), (&1_000.into(), &serde_json::json!({})));
    assert!(made["returns"].as_u64().unwrap() > 10, "{made}");
    assert_eq!(shop.json(&["verify"])["orders"], 1_000);
    assert_eq!(shop.json_lines(&["products"]).len(), 20);
}

#[test]
fn a_server_refuses_whoever_has_no_token() {
    let shop = Shop::new().with("ORDER_SERVER", serve());
    let run = shop.run(&["list"]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("[auth.required]"), "{}", run.err);
}

/// A server whose callers sign in, with one administrator.
fn serve_accounts() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let secret = Some(Secret::new("the secret of a server").unwrap());
            let settings = TokenSettings { secret, ..TokenSettings::default() };
            let tokens = Arc::new(JwtTokens::new(settings).unwrap());
            let (store, hasher) = (InMemoryStore::default(), Arc::new(Argon2Hasher::default()));
            let users = UserService::new(store.clone(), hasher, SystemClock, Uuid::now_v7);
            let users = Arc::new(users.with_issuer(tokens.clone()));
            let root = NewUser {
                id: None,
                email: "root@shop.example".parse().unwrap(),
                password: Password::new("correct horse").unwrap(),
                profile: Profile::default(),
                role: Some(RoleKind::Admin),
            };
            let operator = Principal::admin("operator".parse().unwrap());
            users.register(Some(&operator), root).await.unwrap();
            let service = OrderService::new(store, SystemClock, Uuid::now_v7);
            let options = order_http::Options { users: Some(users), ..Default::default() };
            let router = order_http::bearer(order_http::router(Arc::new(service), options), tokens);
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}

#[test]
fn a_server_gives_tokens_and_keeps_accounts() {
    let shop = Shop::new().with("ORDER_SERVER", serve_accounts());
    let refused = shop.run(&["user", "list"]);
    assert!(refused.err.contains("[auth.required]"), "{}", refused.err);
    let sign_in = ["token", "root@shop.example", "--password-stdin"];
    let wrong = shop.run_with_input(&sign_in, "wrong horse");
    assert!(wrong.status == 1 && wrong.err.contains("[auth.mismatch]"), "{}", wrong.err);
    let signed_in = shop.run_with_input(&sign_in, "correct horse");
    assert_eq!(signed_in.status, 0, "{}", signed_in.err);
    let shop = shop.with("ORDER_TOKEN", signed_in.out.trim());
    let add = ["user", "add", "ann@shop.example", "--password-stdin", "--quiet"];
    assert_eq!(shop.run_with_input(&add, "battery staple").status, 0);
    assert_eq!(shop.json_lines(&["user", "list"]).len(), 2);
    shop.place(&["--customer", "ann"]);
    let ann =
        shop.run_with_input(&["token", "ann@shop.example", "--password-stdin"], "battery staple");
    let shop = shop.with("ORDER_TOKEN", ann.out.trim());
    assert!(shop.run(&["user", "list"]).err.contains("[auth.forbidden]"));
    assert_eq!(shop.json_lines(&["list"]).len(), 0, "a customer sees their own orders only");
}

#[test]
fn a_database_named_by_a_flag_beats_a_server_of_the_environment() {
    let shop = Shop::new().with("ORDER_SERVER", "http://127.0.0.1:9");
    shop.ok(&["migrate", "--database-url", "sqlite://here.db"]);
    assert!(shop.path("here.db").exists());
}

#[test]
fn a_server_migrates_itself() {
    let run = Shop::new().run(&["migrate", "--server", "http://127.0.0.1:9"]);
    assert_eq!(run.status, 2, "{}", run.err);
}

#[test]
fn a_server_that_does_not_answer_is_unavailable() {
    let shop = Shop::new();
    let run = shop.run(&["list", "--server", "http://127.0.0.1:9"]);
    assert_eq!(run.status, 3);
    assert!(run.err.contains("http://127.0.0.1:9 does not answer"), "{}", run.err);
}
