//! Forgetting people, and the log of administrative acts.

use order_http::body::{AuditBody, ErasureBody};
use serde_json::{Value, json};

use crate::shop::Shop;

fn with_person(customer: &str, email: &str) -> Value {
    json!({
        "customerId": customer, "email": email, "name": "Ann Example",
        "shippingAddress": {"street": "1 Long Lane", "city": "Leeds"},
        "items": [{"productId": "pen", "quantity": 1, "unitPrice": "2.50"}],
    })
}

async fn erased(shop: &Shop, body: Value) -> ErasureBody {
    let reply = shop.post("/admin/erase", body).await;
    reply.ok();
    let body: ErasureBody = serde_json::from_str(&reply.text).unwrap();
    assert_eq!(serde_json::to_string(&body).unwrap(), reply.text);
    body
}

#[tokio::test]
async fn a_person_is_forgotten_by_customer_by_order_and_by_address() {
    let shop = Shop::new();
    let mut orders = Vec::new();
    for (customer, email) in [
        ("ann", "ann@x.example"),
        ("ann", "a@y.example"),
        ("bob", "bob@x.example"),
        ("cid", "c@x.example"),
    ] {
        let placed = shop.post("/orders", with_person(customer, email)).await;
        orders.push(serde_json::from_str::<Value>(&placed.text).unwrap());
    }
    let number = orders[3]["number"].clone();
    for (body, expected) in [
        (json!({"customerId": "ann"}), 2),
        (json!({"customer_id": "ann", "sweep": false}), 0),
        (json!({"email": " BOB@x.example "}), 1),
        (json!({"orderId": number}), 1),
    ] {
        let done = erased(&shop, body.clone()).await;
        assert_eq!((done.orders, done.accounts, done.more), (expected, 0, false), "{body}");
    }
    for placed in &orders {
        let path = format!("/orders/{}", placed["id"].as_str().unwrap());
        let shown = shop.get(&path).await.ok();
        assert!(shown["erasedAt"].is_string(), "{shown}");
        for part in ["email", "name", "phone", "shippingAddress", "billingAddress"] {
            assert_eq!(shown[part], Value::Null, "{part}");
        }
        assert_eq!((&shown["total"], &shown["version"]), (&placed["total"], &json!(2)));
        assert!(!shown["allowedActions"].as_array().unwrap().contains(&json!("erase")));
        let events = shop.get(&format!("{path}/events")).await.ok();
        let last = events["events"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["type"], &last["data"]), (&json!("order.person_erased"), &json!({})));
    }
    let audit = shop.get("/admin/audit?limit=3").await;
    let page: AuditBody = serde_json::from_str(&audit.text).unwrap();
    assert_eq!(serde_json::to_string(&page).unwrap(), audit.text);
    assert_eq!((page.entries.len(), page.next), (3, Some(page.entries[2].id)));
    assert!(!audit.text.contains('@'), "{}", audit.text);
    let rest = format!("/admin/audit?action=person.erased&after={}", page.entries[2].id);
    let rest = shop.get(&rest).await.ok();
    assert_eq!(rest["entries"].as_array().unwrap().len(), 1);
    assert_eq!(rest["entries"][0]["subject"], "ann");
    assert_eq!(shop.get("/admin/audit?actor=nobody").await.ok(), json!({"entries": []}));
}

#[tokio::test]
async fn an_order_is_not_erased_by_an_action_of_its_own() {
    let shop = Shop::new();
    let placed = shop.post("/orders", with_person("ann", "ann@x.example")).await;
    let placed: Value = serde_json::from_str(&placed.text).unwrap();
    let path = format!("/orders/{}/status", placed["id"].as_str().unwrap());
    let refused = shop.ask("PATCH", &path, &[], r#"{"status":"erase"}"#).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
}

#[tokio::test]
async fn who_is_to_be_forgotten_is_said_in_one_way() {
    let shop = Shop::new();
    for (body, status, code) in [
        (json!({}), 422, "request.missing"),
        (json!({"customerId": null}), 422, "request.missing"),
        (json!({"customerId": "ann", "email": "ann@x.example"}), 422, "erase.one_person"),
        (json!({"customerId": "ann", "orderId": "1", "email": "x"}), 422, "erase.one_person"),
        (json!({"customerId": ""}), 422, "text.empty"),
        (json!({"customerId": 5}), 422, "request.type"),
        (json!({"email": "no address"}), 422, "text.email"),
        (json!({"orderId": "nothing"}), 404, "order.not_found"),
        (json!({"customerId": "ann", "sweep": "yes"}), 422, "request.type"),
    ] {
        assert_eq!(shop.post("/admin/erase", body.clone()).await.problem(status), code, "{body}");
    }
    for (path, code) in [
        ("/admin/audit?action=order.placed", "audit.action_unknown"),
        ("/admin/audit?after=x", "query.integer"),
        ("/admin/audit?after=99999999999999999999", "page.after_invalid"),
        ("/admin/audit?limit=0", "page.limit_out_of_range"),
        ("/admin/audit?limit=201", "page.limit_out_of_range"),
        ("/admin/audit?actor=", "text.empty"),
    ] {
        assert_eq!(shop.get(path).await.problem(422), code, "{path}");
    }
}
