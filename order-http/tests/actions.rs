//! What is done to an order as a whole.

use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn an_order_is_confirmed_processed_held_released_completed_and_archived() {
    let shop = Shop::confirming_by_hand();
    let id = shop.order_of("c").await;
    let at = |action: &str| format!("/orders/{id}/{action}");
    assert_eq!(shop.get(&format!("/orders/{id}")).await.ok()["status"], "pending");
    assert_eq!(shop.act(&at("confirm"), json!({})).await["status"], "confirmed");
    // A body is not needed where nothing need be said.
    assert_eq!(shop.ask("POST", &at("process"), &[], "").await.ok()["status"], "processing");
    let held = shop.act(&at("hold"), json!({"reason": "fraud check"})).await;
    assert_eq!((&held["onHold"], &held["reason"]), (&json!(true), &json!("fraud check")));
    assert_eq!(shop.post(&at("shipments"), json!({})).await.problem(409), "order.on_hold");
    assert_eq!(shop.act(&at("release"), json!({})).await["onHold"], false);
    shop.act(&at("shipments"), json!({})).await;
    shop.act(&at("deliver"), json!({})).await;
    shop.act(&at("payments"), json!({})).await;
    assert_eq!(shop.act(&at("complete"), json!({})).await["status"], "completed");
    assert!(shop.act(&at("archive"), json!({})).await["archivedAt"].is_string());
    assert_eq!(shop.post(&at("refunds"), json!({})).await.problem(409), "order.archived");
    assert!(shop.act(&at("unarchive"), json!({})).await.get("archivedAt").is_none());
}

#[tokio::test]
async fn a_cancelled_order_gives_its_stock_back() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": "1.00", "stock": 5})).await;
    let id = shop.placed(json!({"items": [{"productId": "p", "quantity": 4}]})).await;
    let at = format!("/orders/{id}/cancel");
    let part = json!({"items": [{"productId": "p", "quantity": 1}], "reason": "one too many"});
    let order = shop.act(&at, part).await;
    assert_eq!(
        (&order["status"], &order["items"][0]["cancelled"]),
        (&json!("confirmed"), &json!(1))
    );
    assert_eq!(shop.get("/products/p").await.ok()["stock"], 2);
    assert_eq!(shop.act(&at, json!({"reason": "changed my mind"})).await["status"], "cancelled");
    assert_eq!(shop.get("/products/p").await.ok()["stock"], 5);
}

#[tokio::test]
async fn a_note_is_kept_with_its_author_and_once_per_key() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/notes");
    let order = shop.act(&at, json!({"text": "call\nfirst"})).await;
    assert_eq!(order["notes"][0]["text"], "call\nfirst");
    assert_eq!(order["notes"][0]["author"], "tester");
    let key = [("idempotency-key", "n")];
    let first = shop.json("POST", &at, &key, json!({"note": "second"})).await;
    let again = shop.json("POST", &at, &key, json!({"note": "second"})).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.text, first.text);
    let notes = shop.get(&format!("/orders/{id}")).await.ok()["notes"].clone();
    assert_eq!(notes.as_array().unwrap().len(), 2);
    assert_ne!(notes[0]["id"], notes[1]["id"]);
    assert_eq!(shop.get("/orders/search?q=seco").await.ok()["orders"][0]["id"], id.as_str());
}
