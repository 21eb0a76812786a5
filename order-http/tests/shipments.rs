//! Parcels and what comes back.

use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn an_order_is_shipped_in_parcels_that_arrive_one_by_one() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/shipments");
    let first = json!({
        "id": "p1", "carrier": "UPS", "trackingNumber": "1Z", "items": [{"lineId": "1", "quantity": 2}],
    });
    let order = shop.act(&at, first).await;
    assert_eq!(
        (&order["status"], &order["items"][0]["shipped"]),
        (&json!("partially_shipped"), &json!(2))
    );
    let over = shop.post(&at, json!({"items": [{"productId": "ink", "quantity": 2}]})).await;
    assert_eq!(over.problem(409), "order.quantity_exceeded");
    let order = shop.act(&at, json!({})).await;
    assert_eq!(order["status"], "shipped");
    let order = shop.act(&format!("{at}/p1/deliver"), json!({})).await;
    assert_eq!(order["fulfillmentStatus"], "partially_delivered");
    assert!(order["shipments"][0]["deliveredAt"].is_string());
    assert_eq!(
        shop.post(&format!("{at}/p9/deliver"), json!({})).await.problem(404),
        "order.part_not_found"
    );
    let unknown = shop.post(&format!("/orders/{id}/deliver"), json!({"shipmentId": "p9"})).await;
    assert_eq!(unknown.problem(422), "order.part_not_found");
    let order = shop.act(&format!("/orders/{id}/deliver"), json!({})).await;
    assert_eq!(order["status"], "delivered");
}

#[tokio::test]
async fn a_line_can_be_named_by_its_product_unless_two_have_it() {
    let shop = Shop::new();
    let line = |price: &str| json!({"productId": "p", "quantity": 1, "unitPrice": price});
    let id = shop.placed(json!({"items": [line("1.00"), line("2.00")]})).await;
    let at = format!("/orders/{id}/shipments");
    let by = |product: &str| json!({"items": [{"product_id": product, "quantity": 1}]});
    let reply = shop.post(&at, by("p")).await;
    assert_eq!(reply.problem(422), "request.ambiguous");
    assert_eq!(reply.value()["errors"][0]["pointer"], "/items/0/productId");
    assert_eq!(shop.post(&at, by("q")).await.problem(422), "order.part_not_found");
    shop.act(&at, json!({"items": [{"id": "2", "qty": 1}]})).await;
}

#[tokio::test]
async fn a_return_is_asked_for_received_and_refused() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": "1.00", "stock": 9})).await;
    let id = shop.placed(json!({"items": [{"productId": "p", "quantity": 3}]})).await;
    let at = format!("/orders/{id}/returns");
    shop.act(&format!("/orders/{id}/shipments"), json!({})).await;
    shop.act(&format!("/orders/{id}/deliver"), json!({})).await;
    let two = json!({"id": "r", "items": [{"productId": "p", "quantity": 2}], "reason": "too big"});
    let order = shop.act(&at, two).await;
    assert_eq!(order["returnStatus"], "requested");
    assert_eq!(order["returns"][0]["state"], "requested");
    assert_eq!(order["items"][0]["returnRequested"], 2);
    let one = json!({"items": [{"lineId": "1", "quantity": 1}], "restock": true});
    let order = shop.act(&format!("{at}/r/receive"), one).await;
    assert_eq!(order["items"][0]["returned"], 1);
    assert_eq!(order["returns"][0]["received"], json!([{"lineId": "1", "quantity": 1}]));
    assert_eq!(shop.get("/products/p").await.ok()["stock"], 7);
    let order = shop.act(&format!("{at}/r/reject"), json!({"reason": "worn"})).await;
    assert_eq!(order["returns"][0]["state"], "rejected");
    for action in ["receive", "reject"] {
        let unknown = shop.post(&format!("{at}/x/{action}"), json!({})).await;
        assert_eq!(unknown.problem(404), "order.part_not_found");
    }
}
