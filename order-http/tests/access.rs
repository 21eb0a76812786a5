//! Who may see and do what.

use serde_json::{Value, json};

use crate::shop::Shop;

/// Every route below an order, with a body that would do.
fn routes_of_an_order() -> Vec<(&'static str, &'static str, Value)> {
    let status = json!({"status": "cancelled"});
    vec![
        ("GET", "", Value::Null),
        ("GET", "?version=1", Value::Null),
        ("PUT", "", json!({"tags": ["x"]})),
        ("PUT", "", status.clone()),
        ("PUT", "", json!({"customerId": "alice", "tags": ["x"]})),
        ("PATCH", "/status", status.clone()),
        ("PUT", "/status", status),
        ("PATCH", "/status", json!({"status": "shipped"})),
        ("PATCH", "/status", json!({"status": "returned"})),
        ("GET", "/events", Value::Null),
        ("GET", "/actions", Value::Null),
        ("POST", "/cancel", json!({})),
        ("POST", "/cancel", json!({"items": [{"productId": "pen", "quantity": 1}]})),
        ("POST", "/notes", json!({"text": "hello"})),
        ("POST", "/returns", json!({})),
        ("POST", "/returns", json!({"items": [{"productId": "pen", "quantity": 1}]})),
        ("POST", "/place", json!({})),
        ("POST", "/payments", json!({})),
        ("POST", "/payments", json!({"amount": 1})),
        ("POST", "/payments/1/capture", json!({})),
        ("POST", "/payments/1/void", json!({})),
        ("POST", "/refunds", json!({})),
        ("POST", "/shipments", json!({})),
        ("POST", "/shipments/1/deliver", json!({})),
        ("POST", "/deliver", json!({})),
        ("POST", "/returns/1/receive", json!({})),
        ("POST", "/returns/1/reject", json!({})),
        ("POST", "/hold", json!({})),
        ("POST", "/release", json!({})),
        ("POST", "/confirm", json!({})),
        ("POST", "/process", json!({})),
        ("POST", "/complete", json!({})),
        ("POST", "/archive", json!({})),
        ("POST", "/unarchive", json!({})),
    ]
}

#[tokio::test]
async fn what_another_customer_owns_is_answered_like_what_is_not_there() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let before = shop.get(&format!("/orders/{id}")).await.text;
    let bob = shop.asked_by_customer("bob");
    let number = shop.get(&format!("/orders/{id}")).await.ok()["number"].clone();
    for (method, path, body) in routes_of_an_order() {
        let key = [("idempotency-key", "k"), ("if-match", "\"1\", \"2\"")];
        let gone = bob.json(method, &format!("/orders/nothing{path}"), &key, body.clone()).await;
        for name in [id.as_str(), number.as_str().unwrap()] {
            let reply =
                bob.json(method, &format!("/orders/{name}{path}"), &key, body.clone()).await;
            assert_eq!(reply.status, gone.status, "{method} {path}: {}", reply.text);
            assert_eq!(reply.text, gone.text, "{method} {path}");
            assert_eq!(reply.problem(404), "order.not_found", "{method} {path}");
        }
    }
    assert_eq!(shop.get(&format!("/orders/{id}")).await.text, before);
}

#[tokio::test]
async fn staff_actions_are_refused_alike_on_any_order_of_ones_own() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let alice = shop.asked_by_customer("alice");
    for (action, body) in [
        ("payments", json!({})),
        ("refunds", json!({})),
        ("shipments", json!({})),
        ("deliver", json!({})),
        ("hold", json!({})),
        ("confirm", json!({})),
        ("archive", json!({})),
    ] {
        let reply = alice.post(&format!("/orders/{id}/{action}"), body).await;
        assert_eq!(reply.problem(403), "auth.forbidden", "{action}");
    }
    assert_eq!(alice.get(&format!("/orders/{id}")).await.ok()["version"], 1);
    alice.act(&format!("/orders/{id}/notes"), json!({"text": "ring twice"})).await;
    assert_eq!(alice.act(&format!("/orders/{id}/cancel"), json!({})).await["status"], "cancelled");
}

#[tokio::test]
async fn lists_show_a_customer_only_what_is_theirs() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    shop.order_of("bob").await;
    let alice = shop.asked_by_customer("alice");
    for path in [
        "/orders",
        "/orders?q=pen",
        "/orders/search?q=bob",
        "/orders/search?q=pen",
        "/orders/product/pen",
        "/users/alice/orders",
        "/orders/history/alice",
        "/orders?customerId=alice",
    ] {
        let list = alice.get(path).await.ok();
        for order in list["orders"].as_array().unwrap() {
            assert_eq!(order["id"], id.as_str(), "{path}");
        }
    }
    for path in ["/users/bob/orders", "/orders/history/bob", "/orders?customerId=bob"] {
        alice.get(path).await.problem(404);
    }
    let foreign = json!({"customerId": "bob", "items": [{"productId": "p", "quantity": 1}]});
    assert_eq!(alice.post("/orders", foreign).await.problem(403), "auth.forbidden");
}

#[tokio::test]
async fn another_customers_key_is_another_key() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": 1})).await;
    let body = json!({"items": [{"productId": "p", "quantity": 1}]});
    let key = [("idempotency-key", "same")];
    let alice = shop.asked_by_customer("alice").json("POST", "/orders", &key, body.clone()).await;
    let bob = shop.asked_by_customer("bob").json("POST", "/orders", &key, body).await;
    assert_eq!((alice.status.as_u16(), bob.status.as_u16()), (201, 201));
    assert_ne!(alice.value()["id"], bob.value()["id"]);
    assert_eq!(bob.value()["customerId"], "bob");
}

#[tokio::test]
async fn customers_neither_report_nor_import_nor_keep_the_catalogue() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": 1})).await;
    let alice = shop.asked_by_customer("alice");
    for (method, path, body) in [
        ("GET", "/stats", Value::Null),
        ("GET", "/credit-notes", Value::Null),
        ("GET", "/admin/verify", Value::Null),
        ("GET", "/admin/doctor", Value::Null),
        ("GET", "/admin/refused-rows", Value::Null),
        ("POST", "/products", json!({"name": "P", "price": 1})),
        ("PUT", "/products/p", json!({"price": 0})),
        ("DELETE", "/products/p", Value::Null),
        ("PUT", "/products/p/stock", json!({"quantity": 9})),
        (
            "POST",
            "/admin/import",
            json!([{"refused": {"source": "s", "line": 1, "code": "c", "detail": "d"}}]),
        ),
    ] {
        let reply = alice.json(method, path, &[], body).await;
        assert_eq!(reply.problem(403), "auth.forbidden", "{method} {path}");
    }
    assert_eq!(alice.get("/products/p").await.ok()["price"], "1.00");
}

#[tokio::test]
async fn a_customer_sees_only_the_notes_they_wrote() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let alice = shop.asked_by_customer("alice");
    let notes = format!("/orders/{id}/notes");
    shop.json("POST", &notes, &[], json!({"text": "seems to be a fraud"})).await.ok();
    let written = alice.json("POST", &notes, &[], json!({"text": "ring twice"})).await;
    let shown = alice.get(&format!("/orders/{id}")).await;
    let listed = alice.get("/orders").await;
    for reply in [&written, &shown, &listed] {
        assert!(reply.text.contains("ring twice"), "{}", reply.text);
        assert!(!reply.text.contains("fraud"), "{}", reply.text);
    }
    let staff = shop.get(&format!("/orders/{id}")).await;
    assert!(staff.text.contains("fraud") && staff.text.contains("ring twice"));
}
