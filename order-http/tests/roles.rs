//! Every route asked by everybody: who is let in, and what the others hear.

use std::{collections::BTreeSet, fmt::Write as _};

use order_core::RoleKind;
use order_http::{Access, RULES};
use serde_json::{Value, json};

use crate::shop::{Reply, Shop, token};

/// The routes that nobody need be signed in for. All of them.
const PUBLIC: &[&str] = &[
    "GET /docs",
    #[cfg(feature = "graphql")]
    "GET /graphql",
    #[cfg(feature = "graphql")]
    "GET /graphql/schema",
    "GET /health",
    "GET /livez",
    "GET /openapi.json",
    "GET /readyz",
    "GET /transitions",
    "POST /auth",
    #[cfg(feature = "graphql")]
    "POST /graphql",
    "POST /payments/callbacks/{provider}",
    "POST /users",
];

/// Who asks: a name for the matrix, and what they show.
fn callers() -> Vec<(&'static str, Option<String>)> {
    vec![
        ("nobody", None),
        ("garbage", Some("Bearer garbage".to_owned())),
        ("expired", Some("Bearer admin root 1".to_owned())),
        ("stranger", Some(token("bob", RoleKind::Customer))),
        ("owner", Some(token("alice", RoleKind::Customer))),
        ("staff", Some(token("sam", RoleKind::Staff))),
        ("service", Some(token("svc", RoleKind::Service))),
        ("admin", Some(token("root", RoleKind::Admin))),
    ]
}

/// A shop with accounts, a product, and an order of alice's that is paid for and has a parcel and a
/// return; the order's id and number.
async fn stocked() -> (Shop, String, String) {
    let shop = Shop::new();
    for (id, role) in
        [("alice", "customer"), ("bob", "customer"), ("root", "admin"), ("r2", "admin")]
    {
        let email = format!("{id}@shop.example");
        let user = json!({"id": id, "email": email, "password": "correct horse", "role": role});
        assert_eq!(shop.post("/users", user).await.status, 201);
    }
    shop.post("/products", json!({"id": "p", "name": "P", "price": 1, "stock": 9})).await;
    let id = shop.order_of("alice").await;
    shop.act(&format!("/orders/{id}/payments"), json!({"status": "authorized"})).await;
    shop.act(
        &format!("/orders/{id}/shipments"),
        json!({"items": [{"productId": "pen", "quantity": 1}]}),
    )
    .await;
    shop.act(&format!("/orders/{id}/shipments/1/deliver"), json!({})).await;
    shop.act(&format!("/orders/{id}/returns"), json!({})).await;
    let number = shop.get(&format!("/orders/{id}")).await.ok()["number"].clone();
    (shop.signing_in(), id, number.as_str().unwrap().to_owned())
}

/// A body that a route takes.
fn body_of(method: &str, path: &str) -> Value {
    match (method, path) {
        ("GET" | "DELETE", _) => Value::Null,
        (_, "/auth") => json!({"email": "alice@shop.example", "password": "correct horse"}),
        ("POST", "/users") => json!({"email": "new@shop.example", "password": "correct horse"}),
        (_, "/users/{id}") => json!({"firstName": "A"}),
        ("POST", "/orders") => json!({"items": [{"productId": "p", "quantity": 1}]}),
        (_, "/orders/{id}") => json!({"tags": ["x"]}),
        (_, "/orders/{id}/status") => json!({"status": "cancelled"}),
        (_, "/graphql") => json!({"query": "{ orders { nodes { id } } }"}),
        ("POST", "/webhooks") => json!({"url": "https://example.com/"}),
        (_, "/webhooks/{id}/replay") => json!({"since": "2025-01-29T00:00:00Z"}),
        (_, "/orders/{id}/notes") => json!({"text": "hello"}),
        (_, "/products") => json!({"name": "Q", "price": 1}),
        (_, "/products/{id}") => json!({"price": 2}),
        (_, "/products/{id}/stock") => json!({"quantity": 1}),
        (_, "/admin/outbox/{relay}/{orderId}/skip") => json!({"position": 1}),
        (_, "/admin/import") => {
            json!([{"refused": {"source": "s", "line": 1, "code": "c", "detail": "d"}}])
        }
        _ => json!({}),
    }
}

fn target(path: &str, order: &str) -> String {
    let id = match path.split('/').nth(1) {
        Some("orders") => order,
        Some("users") => "alice",
        _ => "p",
    };
    let path = path.replace("{id}", id).replace("{productId}", "pen");
    let path = path
        .replace("{customerId}", "alice")
        .replace("{userId}", "alice")
        .replace("{provider}", "main")
        .replace("{relay}", "rabbitmq")
        .replace("{orderId}", "o");
    let query = if path == "/orders/search" { "?q=pen" } else { "" };
    let part = |path: String| {
        ["{paymentId}", "{shipmentId}", "{returnId}", "{deliveryId}"]
            .iter()
            .fold(path, |path, name| path.replace(name, "1"))
    };
    format!("{}{query}", part(path))
}

async fn asked(shop: &Shop, method: &str, target: &str, who: Option<&str>, body: Value) -> Reply {
    let mut headers = Vec::new();
    headers.extend(who.map(|token| ("authorization", token)));
    if body.is_null() {
        return shop.ask(method, target, &headers, "").await;
    }
    shop.json(method, target, &headers, body).await
}

fn code_of(reply: &Reply) -> String {
    let code = serde_json::from_str::<Value>(&reply.text).unwrap_or_default()["code"].clone();
    format!("{} {}", reply.status.as_u16(), code.as_str().unwrap_or_default()).trim_end().to_owned()
}

/// The whole matrix, as a file to be read: a change in it is a change in who may do what.
#[tokio::test]
async fn who_may_do_what_is_as_it_was() {
    let mut matrix = String::new();
    // What is behind GraphQL has a matrix of its own.
    for rule in RULES.iter().filter(|rule| !rule.path.starts_with("/graphql")) {
        let _ = writeln!(matrix, "{} {}", rule.method, rule.path);
        for (name, shown) in callers() {
            let (shop, order, _) = stocked().await;
            let target = target(rule.path, &order);
            let body = body_of(rule.method, rule.path);
            let reply = asked(&shop, rule.method, &target, shown.as_deref(), body).await;
            let _ = writeln!(matrix, "    {name:<9} {}", code_of(&reply));
        }
    }
    insta::assert_snapshot!("matrix", matrix);
}

#[tokio::test]
async fn every_route_has_one_rule_and_every_rule_a_route() {
    let document = Shop::new().get("/openapi.json").await.ok();
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            let is_open = operation["security"]
                .as_array()
                .is_some_and(|either| either.is_empty() || either.contains(&json!({})));
            assert_eq!(is_open, PUBLIC.contains(&route.as_str()), "{route} in the document");
            routes.insert(route);
        }
    }
    let ruled: Vec<String> =
        RULES.iter().map(|rule| format!("{} {}", rule.method, rule.path)).collect();
    assert_eq!(ruled.iter().cloned().collect::<BTreeSet<_>>(), routes);
    assert_eq!(ruled.len(), routes.len(), "no route has two rules");
    let public: BTreeSet<_> = RULES
        .iter()
        .filter(|rule| rule.access == Access::Public)
        .map(|rule| format!("{} {}", rule.method, rule.path))
        .collect();
    assert_eq!(public, PUBLIC.iter().map(ToString::to_string).collect());
}

#[tokio::test]
async fn every_route_but_the_public_ones_needs_a_token_that_counts() {
    let (shop, order, _) = stocked().await;
    for base in ["", "/api"] {
        for rule in RULES {
            let target = format!("{base}{}", target(rule.path, &order));
            let route = format!("{} {}", rule.method, rule.path);
            for (shown, code) in [
                (None, "auth.required"),
                (Some("Bearer garbage"), "auth.token_invalid"),
                (Some("Bearer admin root 1"), "auth.token_expired"),
                (Some("Basic cm9vdDpyb290"), "auth.token_invalid"),
                (Some("admin root 99999999999999"), "auth.token_invalid"),
                (Some(""), "auth.token_invalid"),
            ] {
                let headers: Vec<_> = shown.map(|it| ("authorization", it)).into_iter().collect();
                // Nor does anybody learn that a body is bad.
                let reply = shop.ask(rule.method, &target, &headers, "{").await;
                if PUBLIC.contains(&route.as_str()) {
                    // Most of what is behind GraphQL is for those who are signed in.
                    let is_known = match &*route {
                        "POST /users" => shown.is_some(),
                        route => route == "POST /graphql",
                    };
                    assert_eq!(reply.status == 401, is_known, "{route} {shown:?}: {}", reply.text);
                    continue;
                }
                assert_eq!(reply.problem(401), code, "{route} {shown:?}");
                let challenge = reply.header("www-authenticate");
                assert_eq!(challenge.contains("invalid_token"), shown.is_some(), "{challenge}");
                assert!(challenge.starts_with("Bearer"), "{challenge}");
            }
        }
    }
}

/// By id and by number, on every route: a stranger hears what they would of an order that is not
/// there, and nothing of alice's is in any answer.
#[tokio::test]
async fn nothing_of_another_customer_is_ever_answered() {
    let bob = token("bob", RoleKind::Customer);
    for rule in RULES {
        let (shop, id, number) = stocked().await;
        let before = asked(
            &shop,
            "GET",
            &format!("/orders/{id}"),
            Some(&token("root", RoleKind::Admin)),
            Value::Null,
        )
        .await
        .ok();
        let is_of_alice = rule.path.starts_with("/orders/{id}")
            || rule.path.contains("{customerId}")
            || rule.path.contains("{userId}")
            || rule.path == "/users/{id}";
        for name in [&id, &number] {
            let body = body_of(rule.method, rule.path);
            let target_of = |order: &str| target(rule.path, order);
            let reply = asked(&shop, rule.method, &target_of(name), Some(&bob), body.clone()).await;
            assert!(
                !reply.text.contains(id.as_str()),
                "{} {}: {}",
                rule.method,
                rule.path,
                reply.text
            );
            if is_of_alice {
                assert_eq!(reply.status, 404, "{} {}: {}", rule.method, rule.path, reply.text);
            }
            if rule.path.starts_with("/orders/{id}") {
                let nothing =
                    asked(&shop, rule.method, &target_of("nothing"), Some(&bob), body).await;
                assert_eq!(reply.text, nothing.text, "{} {}", rule.method, rule.path);
            }
        }
        let admin = token("root", RoleKind::Admin);
        let after = asked(&shop, "GET", &format!("/orders/{id}"), Some(&admin), Value::Null).await;
        assert_eq!(after.ok(), before, "{} {}", rule.method, rule.path);
    }
}

#[tokio::test]
async fn orders_at_another_path_stand_behind_the_same_doors() {
    let shop = Shop::mounted_at("/old");
    let id = shop.order_of("alice").await;
    let shop = shop.signing_in();
    let at = format!("/old/{id}");
    for (method, path) in [("GET", "/old"), ("POST", "/old"), ("GET", at.as_str())] {
        assert_eq!(shop.ask(method, path, &[], "{").await.problem(401), "auth.required");
    }
    let bob = token("bob", RoleKind::Customer);
    let reply = asked(&shop, "GET", &at, Some(&bob), Value::Null).await;
    assert_eq!(reply.problem(404), "order.not_found");
    assert_eq!(asked(&shop, "GET", "/old", Some(&bob), Value::Null).await.ok(), json!([]));
    let alice = token("alice", RoleKind::Customer);
    assert_eq!(asked(&shop, "GET", &at, Some(&alice), Value::Null).await.ok()["_id"], id.as_str());
}

/// Whatever the request carries besides, only its token says who is calling.
#[tokio::test]
async fn only_the_token_says_who_is_calling() {
    let (shop, id, _) = stocked().await;
    let smuggled = shop.asked_as("root", RoleKind::Admin);
    let reply = smuggled.get(&format!("/orders/{id}")).await;
    assert_eq!(reply.problem(401), "auth.required");
    let (bob, root) = (token("bob", RoleKind::Customer), token("root", RoleKind::Admin));
    let both = [("authorization", bob.as_str()), ("authorization", root.as_str())];
    let reply = shop.ask("GET", "/orders", &both, "").await;
    assert_eq!(reply.problem(401), "auth.token_invalid");
    let lower = root.replace("Bearer", "bearer");
    assert_eq!(asked(&shop, "GET", "/users", Some(&lower), Value::Null).await.status, 200);
}

/// A replayed answer is the answer to who asked first, whatever their name.
#[tokio::test]
async fn a_key_replays_nothing_to_another_role_of_the_same_name() {
    let (shop, ..) = stocked().await;
    let body = json!({"items": [{"productId": "p", "quantity": 1}]});
    let mut ids = BTreeSet::new();
    for role in RoleKind::ALL {
        let shown = token("carol", role);
        let headers = [("authorization", shown.as_str()), ("idempotency-key", "same")];
        for replayed in ["", "true"] {
            let reply = shop.json("POST", "/orders", &headers, body.clone()).await;
            assert_eq!(
                (reply.status.as_u16(), reply.header("idempotent-replayed")),
                (201, replayed)
            );
            ids.insert(reply.value()["id"].to_string());
        }
    }
    assert_eq!(ids.len(), RoleKind::ALL.len());
}
