//! Orders one by one.

use order_http::body::{ActionListBody, EventListBody, OrderBody};
use serde_json::{Value, json};

use crate::shop::Shop;

#[tokio::test]
async fn a_placed_order_says_where_and_which_version_it_is() {
    let shop = Shop::new();
    let item = json!({"productId": "p", "quantity": 3, "unitPrice": 0.1});
    let placed = shop.post("/orders", json!({"currency": "GBP", "items": [item]})).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    assert_eq!(placed.header("etag"), "\"1\"");
    let order: OrderBody = serde_json::from_str(&placed.text).unwrap();
    assert_eq!(placed.header("location"), format!("/orders/{}", order.id));
    assert_eq!(order.status.as_str(), "confirmed");
    assert_eq!(order.total.as_str(), "0.30");
    assert_eq!(serde_json::to_string(&order).unwrap(), placed.text);
    let again = shop.get(placed.header("location")).await;
    assert_eq!(again.text, placed.text);
    assert_eq!(shop.get(&format!("/orders/{}", order.number)).await.text, placed.text);
}

#[tokio::test]
async fn an_order_carries_everything_it_was_given() {
    let shop = Shop::new();
    let body = json!({
        "id": "given/id", "number": "N 1", "customerId": "c", "currency": "eur", "country": "DE",
        "items": [
            {"id": "a", "productId": "p", "name": " Pen ", "quantity": 2, "unitPrice": "10.00"},
            {"lineId": "b", "_id": "q", "qty": 1, "price": 5},
        ],
        "adjustments": [
            {"kind": "discount", "label": "Sale", "percent": 10},
            {"kind": "shipping", "amount": "4.90"},
            {"kind": "fee", "amount": 1, "lineId": "a"},
            {"kind": "tax", "label": "VAT", "percent": "19"},
        ],
        "tags": ["gift", "web"], "metadata": {"source": "app"},
        "email": "c@example.org", "name": "Carla", "phone": "+49 30 1",
        "shipping_address": {"street": "S 1", "city": "B", "postalCode": "1", "country": "DE"},
        "billingAddress": {"company": "C Ltd", "zip": "2"},
    });
    let placed = shop.post("/orders", body).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    assert_eq!(placed.header("location"), "/orders/given%2Fid");
    let order = shop.get("/orders/given%2Fid").await.ok();
    let expected = json!({
        "id": "given/id", "number": "N 1", "customerId": "c", "status": "confirmed",
        "lifecycle": "confirmed", "paymentStatus": "unpaid", "fulfillmentStatus": "unfulfilled",
        "returnStatus": "none", "onHold": false, "currency": "EUR", "country": "DE",
        "items": [
            {"id": "a", "productId": "p", "name": "Pen", "quantity": 2, "unitPrice": "10.00",
             "total": "20.00"},
            {"id": "b", "productId": "q", "name": "q", "quantity": 1, "unitPrice": "5.00",
             "total": "5.00"},
        ],
        "subtotal": "25.00", "discountTotal": "2.50", "shippingTotal": "4.90", "feeTotal": "1.00",
        "taxTotal": "5.40", "total": "33.80", "amountDue": "33.80", "amountPaid": "0.00",
        "amountRefunded": "0.00",
        "adjustments": [
            {"id": "1", "kind": "discount", "label": "Sale", "percent": "10"},
            {"id": "2", "kind": "shipping", "label": "shipping", "amount": "4.90"},
            {"id": "3", "kind": "fee", "label": "fee", "lineId": "a", "amount": "1.00"},
            {"id": "4", "kind": "tax", "label": "VAT", "percent": "19"},
        ],
        "email": "c@example.org", "name": "Carla", "phone": "+49 30 1",
        "shippingAddress": {"street": "S 1", "city": "B", "zipCode": "1", "country": "DE"},
        "billingAddress": {"company": "C Ltd", "zipCode": "2"},
        "shipments": [], "payments": [], "returns": [], "notes": [],
        "metadata": {"source": "app"}, "tags": ["gift", "web"], "version": 1,
        "createdAt": order["createdAt"], "updatedAt": order["updatedAt"],
        "placedAt": order["placedAt"],
        "allowedActions": ["edit", "process", "hold", "cancel", "cancel_items", "ship",
            "authorize", "capture", "fail_payment", "note"],
    });
    assert_eq!(order, expected);
    assert!(order["placedAt"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_whole_order_can_be_sent_back_as_it_came() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}");
    let mut order = shop.get(&at).await.ok();
    order["items"][0]["quantity"] = json!(5);
    let changed = shop.put(&at, order.clone()).await.ok();
    assert_eq!(changed["total"], "14.50");
    assert_eq!(changed["items"][0]["id"], order["items"][0]["id"]);
    order["status"] = json!("shipped");
    assert_eq!(shop.put(&at, order.clone()).await.problem(422), "request.ambiguous");
    order["status"] = json!("confirmed");
    order["customerId"] = json!("d");
    assert_eq!(shop.put(&at, order).await.problem(422), "order.fixed");
    let status = json!({"customer_id": "c", "number": changed["number"], "status": "Processing"});
    assert_eq!(shop.put(&at, status).await.ok()["status"], "processing");
}

#[tokio::test]
async fn parts_that_an_update_leaves_out_stay() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}");
    let first = shop.put(&at, json!({"email": "a@b.c", "tags": ["x"], "country": "FR"})).await.ok();
    assert_eq!((&first["email"], &first["country"]), (&json!("a@b.c"), &json!("FR")));
    let second = shop.put(&at, json!({"phone": "1", "metadata": {"k": "v"}})).await.ok();
    assert_eq!((&second["email"], &second["phone"]), (&json!("a@b.c"), &json!("1")));
    assert_eq!((&second["tags"], &second["metadata"]), (&json!(["x"]), &json!({"k": "v"})));
    assert_eq!(second["items"], first["items"]);
    assert_eq!(shop.put(&at, json!({})).await.problem(422), "order.empty");
}

#[tokio::test]
async fn the_past_can_be_read() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    shop.act(&format!("/orders/{id}/process"), json!({})).await;
    let past = shop.get(&format!("/orders/{id}?version=1")).await;
    assert_eq!(past.ok()["status"], "confirmed");
    assert_eq!(past.header("etag"), "\"1\"");
    assert_eq!(shop.get(&format!("/orders/{id}?version=2")).await.ok()["status"], "processing");
    assert_eq!(shop.get(&format!("/orders/{id}?version=3")).await.problem(404), "order.not_found");
    assert_eq!(shop.get(&format!("/orders/{id}?version=0")).await.problem(404), "order.not_found");
}

#[tokio::test]
async fn the_history_tells_who_did_what_when() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    shop.act(&format!("/orders/{id}/hold"), json!({"reason": "check"})).await;
    let reply = shop.get(&format!("/orders/{id}/events")).await;
    let events: EventListBody = serde_json::from_str(&reply.text).unwrap();
    assert_eq!(serde_json::to_string(&events).unwrap(), reply.text);
    let names: Vec<_> = events.events.iter().map(|event| event.event.name()).collect();
    assert_eq!(names, ["order.placed", "order.confirmed", "order.held"]);
    let held = &reply.value()["events"][2];
    assert_eq!(held["id"], format!("{id}.2.0"));
    assert_eq!((&held["version"], &held["actor"]), (&json!(2), &json!("tester")));
    assert_eq!((&held["type"], &held["data"]), (&json!("order.held"), &json!({"reason": "check"})));
    assert!(held["occurredAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(reply.value()["events"][1]["data"], json!({}));
}

#[tokio::test]
async fn advice_names_every_action_and_why_not() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let reply = shop.get(&format!("/orders/{id}/actions")).await;
    let advice: ActionListBody = serde_json::from_str(&reply.text).unwrap();
    let of = |action: &str| {
        let mut all = advice.actions.iter();
        all.find(|advice| advice.action.as_str() == action).unwrap().clone()
    };
    assert!(of("ship").allowed && of("ship").code.is_none());
    assert!(!of("deliver").allowed);
    assert_eq!(of("deliver").code.as_deref(), Some("order.transition_not_allowed"));
    let shown = shop.get(&format!("/orders/{id}")).await.ok();
    let allowed: Vec<_> = advice.actions.iter().filter(|advice| advice.allowed).collect();
    let allowed: Vec<_> = allowed.iter().map(|advice| json!(advice.action)).collect();
    assert_eq!(shown["allowedActions"], Value::Array(allowed));
}

#[tokio::test]
async fn a_draft_is_placed_as_it_was_drafted() {
    let shop = Shop::new();
    let item = json!({"productId": "p", "quantity": 1, "unitPrice": "2.00"});
    let draft = json!({"id": "d", "draft": true, "items": [item], "email": "a@b.c"});
    let drafted = shop.post("/orders", draft).await;
    assert_eq!((drafted.status.as_u16(), drafted.value()["status"].clone()), (201, json!("draft")));
    assert!(drafted.value().get("placedAt").is_none());
    let placed = shop.act("/orders/d/place", json!({})).await;
    assert_eq!((&placed["status"], &placed["total"]), (&json!("confirmed"), &json!("2.00")));
    assert_eq!(placed["email"], "a@b.c");
    shop.post("/orders", json!({"id": "e", "draft": true})).await;
    assert_eq!(shop.post("/orders/e/place", json!({})).await.problem(422), "order.empty");
}

#[tokio::test]
async fn money_is_exact_however_it_is_written() {
    let shop = Shop::new();
    for (price, quantity, total) in [
        ("29.99", 3, "89.97"),
        ("\"29.99\"", 3, "89.97"),
        ("2.999e1", 3, "89.97"),
        ("0.1", 3, "0.30"),
        ("1.10", 3, "3.30"),
        ("1e2", 1, "100.00"),
        ("90071992547409.93", 1, "90071992547409.93"),
        ("0", 1, "0.00"),
        ("-0", 1, "0.00"),
        ("10.000", 1, "10.00"),
    ] {
        let body = format!(
            r#"{{"currency":"EUR","items":[{{"productId":"p","quantity":{quantity},"price":{price}}}]}}"#
        );
        let reply = shop.ask("POST", "/orders", &[], body).await;
        assert_eq!(reply.status, 201, "{price}: {}", reply.text);
        assert_eq!(reply.value()["total"], total, "{price}");
    }
}

#[tokio::test]
async fn nothing_but_names_depends_on_where_the_routes_are_nested() {
    let shop = Shop::new().nested_at("/shop/v1");
    let body = json!({"items": [{"productId": "p", "quantity": 1, "unitPrice": "1.00"}]});
    let placed = shop.post("/shop/v1/orders", body.clone()).await;
    let at = placed.header("location").to_owned();
    assert!(at.starts_with("/shop/v1/orders/"), "{at}");
    assert_eq!(shop.get(&at).await.text, placed.text);
    let placed = shop.post("/shop/v1/api/orders", body).await;
    assert!(placed.header("location").starts_with("/shop/v1/api/orders/"));
    assert_eq!(shop.get("/shop/v1/nowhere").await.problem(404), "route.not_found");
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let reply = shop.ask("HEAD", &format!("/orders/{id}"), &[], "").await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
    assert_eq!(reply.header("etag"), "\"1\"");
}
