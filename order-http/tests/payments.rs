//! Money in and out.

use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn a_payment_is_recorded_for_all_that_is_due() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let body = json!({"method": "card", "reference": "ch_1", "amount": 4.5});
    let order = shop.act(&format!("/orders/{id}/payments"), body).await;
    assert_eq!((&order["amountPaid"], &order["amountDue"]), (&json!("4.50"), &json!("5.50")));
    assert_eq!(order["paymentStatus"], "partially_paid");
    let payment = &order["payments"][0];
    assert_eq!((&payment["id"], &payment["state"]), (&json!("1"), &json!("captured")));
    assert_eq!((&payment["method"], &payment["reference"]), (&json!("card"), &json!("ch_1")));
    let order = shop.ask("POST", &format!("/orders/{id}/payments"), &[], "").await.ok();
    assert_eq!(order["paymentStatus"], "paid");
    let more = shop.post(&format!("/orders/{id}/payments"), json!({"amount": 1})).await;
    assert_eq!(more.status, 409, "{}", more.text);
}

#[tokio::test]
async fn an_authorization_is_captured_in_parts_and_the_rest_voided() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/payments");
    let order = shop.act(&at, json!({"id": "auth", "state": "authorized"})).await;
    assert_eq!(order["paymentStatus"], "authorized");
    let order = shop.act(&format!("{at}/auth/capture"), json!({"amount": "6"})).await;
    assert_eq!(order["payments"][0]["state"], "partially_captured");
    let order = shop.act(&format!("{at}/auth/void"), json!({})).await;
    let payment = &order["payments"][0];
    assert_eq!((&payment["captured"], &payment["voided"]), (&json!("6.00"), &json!("4.00")));
    for action in ["capture", "void"] {
        let unknown = shop.post(&format!("{at}/nope/{action}"), json!({})).await;
        assert_eq!(unknown.problem(404), "order.part_not_found");
    }
    let order = shop.get(&format!("/orders/{id}")).await.ok();
    assert_eq!(order["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_declined_payment_is_recorded() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let body = json!({"state": "failed", "method": "card", "reason": "no funds"});
    let order = shop.act(&format!("/orders/{id}/payments"), body).await;
    assert_eq!(order["paymentStatus"], "failed");
    assert_eq!(order["payments"][0]["state"], "failed");
}

#[tokio::test]
async fn money_goes_back_by_amount_by_items_and_never_over() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/refunds");
    assert_eq!(shop.post(&at, json!({})).await.status, 409);
    shop.act(&format!("/orders/{id}/payments"), json!({})).await;
    let order = shop.act(&at, json!({"amount": "2.00", "reason": "late"})).await;
    assert_eq!(order["amountRefunded"], "2.00");
    let items = json!({"items": [{"productId": "pen", "quantity": 1}], "payment_id": "1"});
    let order = shop.act(&at, items).await;
    assert_eq!(order["amountRefunded"], "3.50");
    let over = shop.post(&at, json!({"amount": 6.51})).await;
    assert_eq!(over.problem(409), "payment.amount_exceeded");
    let order = shop.act(&at, json!({})).await;
    assert_eq!(
        (&order["amountRefunded"], &order["paymentStatus"]),
        (&json!("10.00"), &json!("refunded"))
    );
}

#[tokio::test]
async fn an_amount_in_another_currency_is_refused() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let body = json!({"amount": "1.00", "currency": "USD"});
    let reply = shop.post(&format!("/orders/{id}/payments"), body).await;
    assert_eq!(reply.problem(422), "money.currency_mismatch");
    let body = json!({"amount": "1.001"});
    let reply = shop.post(&format!("/orders/{id}/payments"), body).await;
    assert_eq!(reply.problem(422), "money.precision");
    assert_eq!(reply.value()["errors"][0]["pointer"], "/amount");
}
