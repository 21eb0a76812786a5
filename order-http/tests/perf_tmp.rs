use std::{sync::Arc, time::Instant};
use axum::{body::{Body, to_bytes}, http::Request};
use order_core::{Actor, OrderService, Principal, memory::InMemoryStore, ports::SystemClock};
use tower::ServiceExt;
#[tokio::test]
async fn perf() {
    let t = Instant::now();
    let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
    let router = order_http::router(Arc::new(service), order_http::Options::default());
    println!("router {:?}", t.elapsed());
    let t = Instant::now();
    let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
    let _r2 = order_http::router(Arc::new(service), order_http::Options::default());
    println!("router again {:?}", t.elapsed());
    let who = Principal::admin(Actor::try_from("t").unwrap());
    let body = r#"{"customerId":"c1","currency":"EUR","items":[{"productId":"p1","quantity":2,"unitPrice":"19.95","name":"Product 1 of the range"},{"productId":"p2","quantity":2,"unitPrice":"19.95","name":"Product 1 of the range"},{"productId":"p3","quantity":2,"unitPrice":"19.95","name":"Product 1 of the range"}],"shippingAddress":{"street":"Hauptstrasse 1","city":"Berlin","zipCode":"10115","country":"DE"}}"#;
    let ask = |m: &'static str, p: String, b: &'static str| { let (router, who) = (router.clone(), who.clone()); async move {
        let r = Request::builder().method(m).uri(p).header("content-type", "application/json").extension(who).body(Body::from(b)).unwrap();
        let r = router.oneshot(r).await.unwrap();
        let s = r.status();
        (s, to_bytes(r.into_body(), usize::MAX).await.unwrap())
    }};
    let n = 20000;
    let t = Instant::now();
    for _ in 0..n { let (s, _) = ask("POST", "/orders".into(), body).await; assert_eq!(s, 201); }
    println!("place {:?}", t.elapsed() / n);
    let (_, b) = ask("POST", "/orders".into(), body).await;
    let v: serde_json::Value = serde_json::from_slice(&b).unwrap();
    let at = format!("/orders/{}", v["id"].as_str().unwrap());
    let t = Instant::now();
    for _ in 0..n { let (s, _) = ask("GET", at.clone(), "").await; assert_eq!(s, 200); }
    println!("get {:?} ({} bytes)", t.elapsed() / n, b.len());
    let t = Instant::now();
    for _ in 0..n { let (s, _) = ask("GET", "/livez".into(), "").await; assert_eq!(s, 200); }
    println!("livez {:?}", t.elapsed() / n);
    let t = Instant::now();
    for _ in 0..200 { let (s, _) = ask("GET", "/orders?customerId=c1&limit=20".into(), "").await; assert_eq!(s, 200); }
    println!("list 20 {:?}", t.elapsed() / 200);
    let body: order_http::body::OrderBody = serde_json::from_slice(&b).unwrap();
    let t = Instant::now();
    for _ in 0..n { std::hint::black_box(serde_json::to_vec(&body).unwrap()); }
    println!("serialize {:?}", t.elapsed() / n);
}
