//! Bringing an order to a status.

use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn the_status_an_order_has_already_changes_nothing() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/status");
    let same = shop.patch(&at, json!({"status": "Confirmed"})).await;
    assert_eq!(same.ok()["version"], 1);
    let stale = [("if-match", "\"7\"")];
    let same = shop.json("PATCH", &at, &stale, json!({"status": "confirmed"})).await;
    assert_eq!(same.problem(412), "order.stale");
    shop.put(&at, json!({"status": "shipped"})).await.ok();
    let more = shop.put(&at, json!({"status": "shipped", "trackingNumber": "2"})).await;
    assert_eq!(more.problem(409), "order.transition_not_allowed");
}

#[tokio::test]
async fn an_illegal_status_is_refused_with_what_is_allowed() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/status");
    for status in ["delivered", "completed", "returned", "pending", "draft"] {
        let reply = shop.patch(&at, json!({"status": status})).await;
        assert_eq!(reply.problem(409), "order.transition_not_allowed", "{status}");
        let allowed = reply.value()["allowed"].clone();
        assert!(allowed.as_array().unwrap().contains(&json!("ship")), "{allowed}");
    }
    assert_eq!(shop.get(&format!("/orders/{id}")).await.ok()["version"], 1);
}

#[tokio::test]
async fn the_words_lead_through_a_whole_life() {
    let shop = Shop::confirming_by_hand();
    let item = json!({"productId": "p", "quantity": 2, "unitPrice": "3.00"});
    let id = shop.placed(json!({"draft": true, "items": [item]})).await;
    let at = format!("/orders/{id}/status");
    for status in ["pending", "confirmed", "processing"] {
        assert_eq!(shop.patch(&at, json!({"status": status})).await.ok()["status"], status);
    }
    let missing = shop.patch(&at, json!({"status": "partially_shipped"})).await;
    assert_eq!(missing.problem(422), "request.missing");
    let part = json!({
        "status": "partially_shipped", "items": [{"productId": "p", "quantity": 1}],
        "carrier": "DHL", "tracking_number": "t1",
    });
    let order = shop.patch(&at, part).await.ok();
    assert_eq!(order["status"], "partially_shipped");
    assert_eq!(order["shipments"][0]["carrier"], "DHL");
    assert_eq!(order["shipments"][0]["items"], json!([{"lineId": "1", "quantity": 1}]));
    for status in ["shipped", "delivered"] {
        assert_eq!(shop.patch(&at, json!({"status": status})).await.ok()["status"], status);
    }
    assert_eq!(shop.patch(&at, json!({"status": "completed"})).await.problem(409), "payment.due");
    shop.act(&format!("/orders/{id}/payments"), json!({})).await;
    assert_eq!(shop.patch(&at, json!({"status": "completed"})).await.ok()["status"], "completed");
    let back = shop.patch(&at, json!({"status": "returned", "reason": "broken"})).await.ok();
    assert_eq!(back["status"], "returned");
    assert_eq!(back["returns"][0]["reason"], "broken");
}

#[tokio::test]
async fn units_alone_can_be_cancelled_by_the_word() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let body = json!({"status": "cancelled", "items": [{"lineId": "2", "quantity": 1}]});
    let order = shop.patch(&format!("/orders/{id}/status"), body).await.ok();
    assert_eq!((&order["status"], &order["total"]), (&json!("confirmed"), &json!("3.00")));
    let body = json!({"status": "cancelled", "reason": "no more"});
    let order = shop.patch(&format!("/orders/{id}/status"), body).await.ok();
    assert_eq!((&order["status"], &order["reason"]), (&json!("cancelled"), &json!("no more")));
}

#[tokio::test]
async fn a_status_change_with_a_key_happens_once() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/status");
    let key = [("idempotency-key", "k1")];
    let parcel = json!({"status": "shipped", "items": [{"productId": "pen", "quantity": 1}]});
    let first = shop.json("PATCH", &at, &key, parcel.clone()).await;
    assert_eq!(first.ok()["status"], "partially_shipped");
    shop.patch(&at, json!({"status": "shipped"})).await.ok();
    let again = shop.json("PATCH", &at, &key, parcel).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.text, first.text);
    let other = shop.json("PATCH", &at, &key, json!({"status": "delivered"})).await;
    assert_eq!(other.problem(422), "request.key_reused");
    let key = [("idempotency-key", "k2")];
    let same = shop.json("PATCH", &at, &key, json!({"status": "shipped"})).await;
    assert_eq!((same.header("idempotent-replayed"), &same.ok()["version"]), ("", &json!(3)));
    let key = [("idempotency-key", "k3")];
    let first = shop.json("PATCH", &at, &key, json!({"status": "delivered"})).await;
    let again = shop.json("PATCH", &at, &key, json!({"status": "delivered"})).await;
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
}

#[tokio::test]
async fn units_that_come_back_by_the_word_come_back_once() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": "1.00", "stock": 5})).await;
    let id = shop.placed(json!({"items": [{"productId": "p", "quantity": 5}]})).await;
    let at = format!("/orders/{id}/status");
    for status in ["shipped", "delivered"] {
        shop.patch(&at, json!({"status": status})).await.ok();
    }
    let one = json!({
        "status": "returned", "items": [{"productId": "p", "quantity": 1}], "restock": true,
    });
    let key = [("idempotency-key", "back")];
    let first = shop.json("PATCH", &at, &key, one.clone()).await;
    assert_eq!(first.ok()["returnStatus"], "partially_returned");
    assert_eq!(first.ok()["status"], "delivered");
    let again = shop.json("PATCH", &at, &key, one.clone()).await;
    assert_eq!(again.text, first.text);
    assert_eq!(shop.get("/products/p").await.ok()["stock"], 1);
    // An open return is received, not asked for again.
    shop.act(&format!("/orders/{id}/returns"), one.clone()).await;
    let two = json!({"status": "returned", "items": [{"productId": "p", "quantity": 2}]});
    assert_eq!(shop.patch(&at, two).await.problem(409), "order.quantity_exceeded");
    let order = shop.get(&format!("/orders/{id}")).await.ok();
    assert_eq!(order["returns"].as_array().unwrap().len(), 2);
    shop.patch(&at, one).await.ok();
    let rest = shop.patch(&at, json!({"status": "returned"})).await.ok();
    assert_eq!(rest["status"], "returned");
    assert_eq!(rest["returns"].as_array().unwrap().len(), 3);
    let key = [("idempotency-key", "back again")];
    let bad = shop.json("PATCH", &at, &key, json!({"status": "returned"})).await;
    assert_eq!(bad.problem(400), "request.idempotency_key");
}

#[tokio::test]
async fn a_customer_asks_for_a_return_and_cannot_receive_it() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let at = format!("/orders/{id}/status");
    for status in ["shipped", "delivered"] {
        shop.patch(&at, json!({"status": status})).await.ok();
    }
    let alice = shop.asked_by_customer("alice");
    let asked = alice.patch(&at, json!({"status": "returned"})).await.ok();
    assert_eq!(
        (&asked["status"], &asked["returnStatus"]),
        (&json!("delivered"), &json!("requested"))
    );
    assert_eq!(
        alice.patch(&at, json!({"status": "completed"})).await.problem(403),
        "auth.forbidden"
    );
}

#[tokio::test]
async fn a_dry_run_of_a_status_changes_nothing() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/status?dryRun=true");
    let reply = shop.patch(&at, json!({"status": "shipped"})).await.ok();
    assert_eq!((&reply["dryRun"], &reply["order"]["status"]), (&json!(true), &json!("shipped")));
    assert_eq!(reply["events"][0]["type"], "fulfillment.shipped");
    assert_eq!(shop.get(&format!("/orders/{id}")).await.ok()["version"], 1);
}
