//! Request keys, versions and dry runs.

use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn a_key_makes_a_repeat_get_the_first_answer() {
    let shop = Shop::new();
    let body = json!({"customerId": "c", "items": [{"productId": "p", "quantity": 1, "price": 2}]});
    let key = [("idempotency-key", "abc-123")];
    let first = shop.json("POST", "/orders", &key, body.clone()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = shop.json("POST", "/api/orders", &key, body.clone()).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.text, first.text);
    let mut other = body;
    other["items"][0]["quantity"] = json!(2);
    let reused = shop.json("POST", "/orders", &key, other).await;
    assert_eq!(reused.problem(422), "request.key_reused");
    assert_eq!(shop.get("/orders").await.ok()["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_request_burns_no_key() {
    let shop = Shop::new();
    let key = [("idempotency-key", "k")];
    let body = json!({"items": [{"productId": "p", "quantity": 1}]});
    let failed = shop.json("POST", "/orders", &key, body.clone()).await;
    assert_eq!(failed.problem(422), "product.unknown");
    shop.post("/products", json!({"id": "p", "name": "P", "price": 1})).await;
    assert_eq!(shop.json("POST", "/orders", &key, body).await.status, 201);
}

#[tokio::test]
async fn a_change_can_be_meant_for_one_version() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}");
    let edit = |tag: &'static str| {
        let (shop, at) = (&shop, at.as_str());
        async move { shop.json("PUT", at, &[("if-match", tag)], json!({"tags": [tag]})).await }
    };
    assert_eq!(edit("\"2\"").await.problem(412), "order.stale");
    let changed = edit("\"1\"").await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "\"2\""));
    assert_eq!(edit("\"1\"").await.problem(412), "order.stale");
    assert_eq!(edit("\"1\", \"2\"").await.status, 200);
    assert_eq!(edit("\"1\", \"2\"").await.problem(412), "order.stale");
    assert_eq!(edit("*").await.status, 200);
    let hold = [("if-match", "\"1\"")];
    let refused = shop.json("POST", &format!("{at}/hold"), &hold, json!({})).await;
    assert_eq!(refused.problem(412), "order.stale");
}

#[tokio::test]
async fn an_unchanged_order_need_not_be_sent_again() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}");
    let ask = |tag: &'static str| {
        let (shop, at) = (&shop, at.as_str());
        async move { shop.ask("GET", at, &[("if-none-match", tag)], "").await }
    };
    let same = ask("\"1\"").await;
    assert_eq!((same.status.as_u16(), same.text.as_str()), (304, ""));
    assert_eq!(same.header("etag"), "\"1\"");
    assert_eq!(ask("W/\"1\"").await.status, 304);
    assert_eq!(ask("\"2\"").await.status, 200);
}

#[tokio::test]
async fn every_command_can_be_rehearsed() {
    let shop = Shop::new();
    let body = json!({"items": [{"productId": "p", "quantity": 1, "price": 2}]});
    let reply = shop.post("/orders?dryRun=true", body).await.ok();
    assert_eq!(reply["dryRun"], true);
    assert_eq!(reply["order"]["total"], "2.00");
    assert_eq!(reply["events"][0]["type"], "order.placed");
    assert_eq!(shop.get("/orders").await.ok()["orders"], json!([]));
    let id = shop.order_of("c").await;
    for (action, event) in [
        ("hold", "order.held"),
        ("cancel", "order.cancelled"),
        ("payments", "payment.captured"),
        ("shipments", "fulfillment.shipped"),
    ] {
        let reply = shop.post(&format!("/orders/{id}/{action}?dryRun=true"), json!({})).await;
        assert_eq!(reply.ok()["events"][0]["type"], event);
        assert_eq!(reply.header("etag"), "");
    }
    let reply = shop.put(&format!("/orders/{id}?dryRun=true"), json!({"tags": ["x"]})).await.ok();
    assert_eq!(reply["order"]["tags"], json!(["x"]));
    assert_eq!(shop.get(&format!("/orders/{id}")).await.ok()["version"], 1);
    let refused = shop.post(&format!("/orders/{id}/deliver?dryRun=true"), json!({})).await;
    assert_eq!(refused.problem(409), "order.transition_not_allowed");
}
