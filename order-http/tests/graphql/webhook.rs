//! Webhooks.

use serde_json::json;

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

#[tokio::test]
async fn a_webhook_is_made_read_changed_and_removed() {
    let shop = Shop::new();
    let add = "mutation { addWebhook(input: {url: \"https://example.com/hook\", events: [\"order.*\"], \
               description: \"the books\"}) { id url events description state secret version } }";
    let made = data(&asked(&shop, add, json!({})).await)["addWebhook"].clone();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!((&made["events"], &made["state"]), (&json!(["order.*"]), &json!("ACTIVE")));
    let id = json!({"id": made["id"]});
    let read = "query($id: ID!) { webhook(id: $id) { url secret } webhooks { id secret } }";
    let shown = data(&asked(&shop, read, id.clone()).await);
    let expected = json!({"webhook": {"url": "https://example.com/hook", "secret": null},
        "webhooks": [{"id": made["id"], "secret": null}]});
    assert_eq!(shown, expected, "the secret is shown once");

    let update = "mutation($id: ID!) { updateWebhook(id: $id, expectedVersion: 1, \
        input: {state: DISABLED}) { state disabledReason disabledSince description version } }";
    let changed = data(&asked(&shop, update, id.clone()).await)["updateWebhook"].clone();
    assert_eq!((&changed["state"], &changed["version"]), (&json!("DISABLED"), &json!(2)));
    assert_eq!(changed["disabledReason"], "webhook.by_hand");
    assert!(changed["disabledSince"].is_string());
    assert_eq!(changed["description"], "the books");
    assert_eq!(code(&asked(&shop, update, id.clone()).await), "order.stale");

    let rotate = "mutation($id: ID!) { rotateWebhookSecret(id: $id, input: {overlapSeconds: 60}) \
                  { secret oldSecretUntil } }";
    let rotated = data(&asked(&shop, rotate, id.clone()).await)["rotateWebhookSecret"].clone();
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_ne!(rotated["secret"], made["secret"]);
    assert!(rotated["oldSecretUntil"].is_string());

    let remove = "mutation($id: ID!) { removeWebhook(id: $id) }";
    assert_eq!(data(&asked(&shop, remove, id.clone()).await)["removeWebhook"], made["id"]);
    assert_eq!(shop.get("/webhooks").await.ok(), json!({"webhooks": []}));
    assert_eq!(code(&asked(&shop, remove, id).await), "webhook.not_found");
}

#[tokio::test]
async fn a_webhook_is_tried_and_its_deliveries_are_seen_and_sent_again() {
    let shop = Shop::new();
    let add = json!({"url": "https://example.com/hook"});
    let id = json!({"id": shop.post("/webhooks", add).await.value()["id"]});
    let attempt = "mutation($id: ID!) { testWebhook(id: $id) { status code durationMs } }";
    let tried = data(&asked(&shop, attempt, id.clone()).await)["testWebhook"].clone();
    assert_eq!((&tried["status"], &tried["code"]), (&json!(204), &json!(null)));
    let page = "query($id: ID!) { webhookDeliveries(id: $id, state: FAILED, first: 5) \
        { nodes { id type attempts { status } } pageInfo { hasNextPage } } }";
    let none = json!({"nodes": [], "pageInfo": {"hasNextPage": false}});
    assert_eq!(data(&asked(&shop, page, id.clone()).await)["webhookDeliveries"], none);
    let failed = "mutation($id: ID!) { replayFailed(id: $id, since: \"2025-01-29T00:00:00Z\") }";
    assert_eq!(data(&asked(&shop, failed, id.clone()).await)["replayFailed"], 0);
    for delivery in ["1", "x", "-1"] {
        let one =
            format!("mutation($id: ID!) {{ replayDelivery(id: $id, deliveryId: \"{delivery}\") }}");
        assert_eq!(code(&asked(&shop, &one, id.clone()).await), "delivery.not_found", "{delivery}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_said_where_it_stands() {
    let add = "mutation { addWebhook(input: {url: \"ftp://x\", events: [\"nothing\"], secret: \"s3cret\"}) \
               { id } }";
    let answer = asked(&Shop::new(), add, json!({})).await;
    assert_eq!(code(&answer), "webhook.event_unknown");
    let errors = answer["errors"][0]["extensions"]["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/events/0"]);
    assert!(!answer.to_string().contains("s3cret"), "a secret is never said again");
}
