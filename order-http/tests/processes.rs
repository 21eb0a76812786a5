//! The process over HTTP: what waits, who helps it on, and what providers tell.

use serde_json::{Value, json};

use crate::shop::Shop;

fn facts(order: &str, captured: &str) -> Value {
    let money = |amount: &str| json!({"amount": amount, "currency": "USD"});
    json!({
        "orderId": order, "paymentId": "pay-1", "authorized": money(captured),
        "captured": money(captured), "voided": money("0.00"), "disputed": money("0.00"),
    })
}

async fn tell(
    shop: &Shop,
    provider: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> crate::shop::Reply {
    let path = format!("/payments/callbacks/{provider}");
    shop.ask("POST", &path, headers, body.to_string()).await
}

const SIGNED: [(&str, &str); 2] = [("webhook-id", "evt-1"), ("webhook-signature", "right")];

#[tokio::test]
async fn a_callback_is_kept_once_and_shown_until_it_is_in_its_order() {
    let shop = Shop::new();
    let nobody = shop.asked_by(None);
    let body = facts("not-there", "9.99");
    assert_eq!(tell(&nobody, "main", &SIGNED, &body).await.ok(), json!({"new": true}));
    assert_eq!(tell(&nobody, "main", &SIGNED, &body).await.ok(), json!({"new": false}));
    let notices = shop.get("/admin/notices").await.ok();
    let notice = &notices["notices"][0];
    assert_eq!(notices["notices"].as_array().unwrap().len(), 1);
    assert_eq!(notice["orderId"], "not-there");
    assert_eq!((&notice["state"], &notice["id"]), (&json!("waiting"), &json!("evt-1")));
}

#[tokio::test]
async fn a_callback_that_does_not_count_is_refused_and_leaves_nothing() {
    let shop = Shop::new();
    let body = facts("o", "1.00");
    let wrong = [("webhook-id", "evt-1"), ("webhook-signature", "wrong")];
    assert_eq!(tell(&shop, "main", &wrong, &body).await.problem(403), "callback.signature");
    assert_eq!(tell(&shop, "main", &[], &body).await.problem(403), "callback.signature");
    let unknown = tell(&shop, "other", &SIGNED, &body).await;
    assert_eq!(unknown.problem(404), "callback.unknown_provider");
    let unreadable = tell(&shop, "main", &SIGNED, &json!([1])).await;
    assert_eq!(unreadable.problem(422), "callback.unreadable");
    // Which of two signatures would count?
    let twice = [SIGNED[0], SIGNED[1], ("webhook-signature", "right")];
    assert_eq!(tell(&shop, "main", &twice, &body).await.problem(403), "callback.signature");
    let long = "x".repeat(70_000);
    let large = shop.ask("POST", "/payments/callbacks/main", &SIGNED, long).await;
    assert_eq!(large.problem(413), "request.too_large");
    assert_eq!(shop.get("/admin/notices").await.ok(), json!({"notices": []}));
}

#[tokio::test]
async fn an_order_is_taken_over_and_given_back_to_its_process() {
    let shop = Shop::new();
    let order =
        json!({"id": "o-1", "items": [{"productId": "pen", "quantity": 1, "price": "2.00"}]});
    shop.post("/orders", order).await;
    assert_eq!(shop.get("/admin/processes").await.ok(), json!({"processes": []}));
    let taken = shop.post("/orders/o-1/resolve", json!({})).await.ok();
    assert_eq!(taken["version"], 2);
    let again = shop.post("/orders/o-1/resolve", json!({})).await;
    assert_eq!(again.problem(409), "order.nothing_to_do");
    let given_back = shop.post("/orders/o-1/retry", json!({})).await.ok();
    assert_eq!(given_back["version"], 3);
    let history = shop.get("/orders/o-1/events").await.ok();
    let kinds: Vec<_> =
        history["events"].as_array().unwrap().iter().map(|it| &it["type"]).collect();
    assert_eq!(kinds[2..], ["process.closed", "process.resumed"]);
    // What is for the process alone is offered to nobody.
    let offered = given_back["allowedActions"].to_string();
    assert!(!offered.contains("advance"), "{offered}");
    let customer = shop.asked_by_customer("c");
    assert_eq!(customer.get("/admin/processes").await.problem(403), "auth.forbidden");
}

/// What became of every retry, the newest first.
async fn outcomes(shop: &Shop) -> Value {
    let audit = shop.get("/admin/audit?action=process.retried").await.ok();
    audit["entries"].as_array().unwrap().iter().map(|entry| entry["outcome"].clone()).collect()
}

/// Also of an order that does not stand still, where all there is to do is to put its time forward.
#[tokio::test]
async fn a_retry_is_only_tried_and_only_at_a_version() {
    let shop = Shop::new();
    let order =
        json!({"id": "o-1", "items": [{"productId": "pen", "quantity": 1, "price": "2.00"}]});
    shop.post("/orders", order).await;
    let dry = shop.post("/orders/o-1/retry?dryRun=true", json!({})).await.ok();
    assert_eq!((&dry["dryRun"], &dry["events"]), (&json!(true), &json!([])));
    assert_eq!(outcomes(&shop).await, json!([]), "nothing was done");
    let late = shop.json("POST", "/orders/o-1/retry", &[("if-match", "\"2\"")], json!({})).await;
    assert_eq!(late.problem(412), "order.stale");
    let now = shop.json("POST", "/orders/o-1/retry", &[("if-match", "\"1\"")], json!({})).await;
    assert_eq!(now.ok()["version"], 1);
    assert_eq!(outcomes(&shop).await, json!(["done", "order.stale"]));
}

#[tokio::test]
async fn only_staff_chooses_when_an_order_is_paid_and_only_where_a_provider_is_asked() {
    let shop = Shop::new();
    let order = |collect: &str| {
        json!({
            "items": [{"productId": "pen", "quantity": 1, "price": "2.00"}],
            "payment": {"method": "card", "token": "tok_1", "collect": collect},
        })
    };
    let asked = shop.post("/orders", order("before_confirm")).await;
    assert_eq!(asked.problem(422), "payment.no_provider");
    assert_eq!(shop.post("/orders", order("sometime")).await.problem(422), "request.word");
    let customer = shop.asked_by_customer("c");
    let chosen = customer.post("/orders", order("on_invoice")).await;
    assert_eq!(chosen.problem(403), "auth.forbidden");
    let nothing = json!({
        "items": [{"productId": "pen", "quantity": 1, "price": "2.00"}],
        "payment": {"source": "tok_1"},
    });
    assert_eq!(shop.post("/orders", nothing).await.problem(422), "request.missing");
}
