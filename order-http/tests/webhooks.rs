//! Webhooks: subscriptions, trials, deliveries.

use order_core::RoleKind;
use serde_json::{Value, json};

use crate::shop::{Reply, Shop};

const URL: &str = "https://example.com/hook";

async fn added(shop: &Shop, body: Value) -> (String, Value) {
    let reply = shop.post("/webhooks", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let webhook = reply.value();
    let id = webhook["id"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("location"), format!("/webhooks/{id}"));
    assert_eq!((reply.header("etag"), reply.header("cache-control")), ("\"1\"", "no-store"));
    (format!("/webhooks/{id}"), webhook)
}

#[tokio::test]
async fn a_webhook_is_made_read_changed_and_removed() {
    let shop = Shop::new();
    let body = json!({"url": URL, "events": ["order.*", "payment.captured", "order.*"],
        "description": "the books"});
    let (at, made) = added(&shop, body).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["events"], json!(["order.*", "payment.captured"]));
    assert_eq!((&made["state"], &made["version"]), (&json!("active"), &json!(1)));
    let mut plain = made.clone();
    plain.as_object_mut().unwrap().remove("secret");
    assert_eq!(shop.get(&at).await.ok(), plain, "the secret is shown once");
    assert_eq!(shop.get("/webhooks").await.ok(), json!({"webhooks": [plain]}));

    let change = json!({"url": "https://example.com/other", "state": "disabled"});
    let changed = shop.json("PATCH", &at, &[("if-match", "\"1\"")], change).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.ok();
    assert_eq!(changed["url"], "https://example.com/other");
    assert_eq!(changed["description"], "the books");
    let why = (&changed["state"], &changed["disabledReason"]);
    assert_eq!(why, (&json!("disabled"), &json!("webhook.by_hand")));
    let stale = shop.json("PATCH", &at, &[("if-match", "\"1\"")], json!({"state": "active"})).await;
    assert_eq!(stale.problem(412), "order.stale");
    let active = shop.patch(&at, json!({"state": "active", "events": []})).await.ok();
    assert_eq!((&active["state"], &active["events"]), (&json!("active"), &json!(["*"])));
    assert_eq!(active["disabledSince"], Value::Null);

    let gone = shop.ask("DELETE", &at, &[("if-match", "\"1\"")], "").await;
    assert_eq!(gone.problem(412), "order.stale");
    assert_eq!(shop.ask("DELETE", &at, &[], "").await.status, 204);
    assert_eq!(shop.get(&at).await.problem(404), "webhook.not_found");
    assert_eq!(shop.get("/webhooks").await.ok(), json!({"webhooks": []}));
}

#[tokio::test]
async fn what_is_amiss_with_a_webhook_is_said() {
    let shop = Shop::new();
    let pointer = |reply: &Reply| reply.value()["errors"][0]["pointer"].clone();
    for (body, code, at) in [
        (json!({}), "request.missing", "/url"),
        (json!({"url": 7}), "request.type", "/url"),
        (json!({"url": ""}), "text.empty", "/url"),
        (json!({"url": "http://example.com/"}), "webhook.url_invalid", "/url"),
        (json!({"url": URL, "events": ["order.lost"]}), "webhook.event_unknown", "/events/0"),
        (json!({"url": URL, "events": "*"}), "request.type", "/events"),
        (json!({"url": URL, "events": vec!["*"; 51]}), "webhook.too_many_filters", "/events"),
        (json!({"url": URL, "secret": "swordfish"}), "webhook.secret_invalid", "/secret"),
        (json!({"url": URL, "description": "x".repeat(201)}), "text.too_long", "/description"),
    ] {
        let reply = shop.post("/webhooks", body.clone()).await;
        assert_eq!(reply.problem(422), code, "{body}");
        assert_eq!(pointer(&reply), at, "{body}");
        assert!(!reply.text.contains("swordfish"));
    }
    let (at, _) = added(&shop, json!({"url": URL})).await;
    for (path, body, code) in [
        ("", json!({"state": "off"}), "webhook.state_unknown"),
        ("", json!({"url": "ftp://example.com/"}), "webhook.url_invalid"),
        ("/rotate", json!({"overlapSeconds": 604_801}), "webhook.overlap_out_of_range"),
        ("/rotate", json!({"overlapSeconds": -1}), "webhook.overlap_out_of_range"),
        ("/rotate", json!({"secret": "swordfish"}), "webhook.secret_invalid"),
        ("/replay", json!({}), "request.missing"),
        ("/replay", json!({"since": "yesterday"}), "time.invalid"),
    ] {
        let method = if path.is_empty() { "PATCH" } else { "POST" };
        let reply = shop.json(method, &format!("{at}{path}"), &[], body.clone()).await;
        assert_eq!(reply.problem(422), code, "{path} {body}");
    }
    let deliveries = format!("{at}/deliveries");
    for (query, code) in [
        ("state=lost", "delivery.state_unknown"),
        ("limit=0", "page.limit_out_of_range"),
        ("cursor=x", "page.cursor_invalid"),
    ] {
        assert_eq!(shop.get(&format!("{deliveries}?{query}")).await.problem(422), code);
    }
    for delivery in ["1", "0", "x", "99999999999999999999"] {
        let reply = shop.post(&format!("{deliveries}/{delivery}/replay"), json!({})).await;
        assert_eq!(reply.problem(404), "delivery.not_found", "{delivery}");
    }
}

#[tokio::test]
async fn there_is_an_end_to_webhooks() {
    let shop = Shop::new();
    for _ in 0..100 {
        added(&shop, json!({"url": URL})).await;
    }
    let reply = shop.post("/webhooks", json!({"url": URL})).await;
    assert_eq!(reply.problem(422), "webhook.too_many");
}

#[tokio::test]
async fn a_secret_is_replaced_and_the_old_one_counts_on() {
    let shop = Shop::new();
    let (at, made) = added(&shop, json!({"url": URL})).await;
    let rotated = shop.ask("POST", &format!("{at}/rotate"), &[], "").await.ok();
    assert_ne!(rotated["secret"], made["secret"]);
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
    assert!(rotated["oldSecretUntil"].is_string() && rotated["version"] == 2);
    let given = json!({"secret": "whsec_mine", "overlapSeconds": 0});
    let rotated = shop.post(&format!("{at}/rotate"), given).await.ok();
    assert_eq!(rotated["secret"], "whsec_mine");
    assert_eq!(shop.get(&at).await.ok()["secret"], Value::Null);
}

#[tokio::test]
async fn a_trial_says_what_came_of_it() {
    let shop = Shop::new();
    let (at, _) = added(&shop, json!({"url": URL})).await;
    let answer = shop.post(&format!("{at}/test"), json!({})).await.ok();
    assert_eq!((&answer["status"], &answer["code"]), (&json!(204), &Value::Null));
    let listed = shop.get(&format!("{at}/deliveries")).await.ok();
    assert_eq!(
        listed,
        json!({"deliveries": [], "limit": 20, "hasMore": false, "nextCursor": null})
    );
    let since = json!({"since": "2025-01-29T00:00:00Z"});
    let replayed = shop.post(&format!("{at}/replay"), since).await;
    assert_eq!(replayed.ok(), json!({"replayed": 0}));
}

#[tokio::test]
async fn webhooks_are_for_administrators_and_services() {
    let shop = Shop::new();
    let (at, _) = added(&shop, json!({"url": URL})).await;
    for role in [RoleKind::Customer, RoleKind::Staff] {
        let shop = shop.asked_as("x", role);
        for path in ["/webhooks", at.as_str()] {
            assert_eq!(shop.get(path).await.problem(403), "auth.forbidden");
        }
    }
    assert_eq!(shop.asked_as("x", RoleKind::Service).get(&at).await.status, 200);
}
