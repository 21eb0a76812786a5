//! The outbox over HTTP: how relays are doing, and who helps on what they hold.

use std::sync::Arc;

use order_core::{Relay, memory::InMemoryStore, ports::SystemClock};
use order_testkit::Choosy;
use serde_json::{Value, json};

use crate::shop::Shop;

struct Scene {
    shop: Shop,
    receiver: Arc<Choosy>,
    relay: Relay,
}

/// A shop with two orders, of which the relay could bring the placement of none.
async fn scene() -> Scene {
    let (shop, store) = Shop::with_store();
    let receiver = Arc::new(Choosy::default());
    receiver.refuse("order.placed");
    let relay = relay(store, &receiver);
    for id in ["o-1", "o 2"] {
        let items = json!([{"productId": "pen", "quantity": 1, "price": "2.00"}]);
        shop.post("/orders", json!({"id": id, "items": items})).await;
    }
    relay.step().await.unwrap();
    Scene { shop, receiver, relay }
}

fn relay(store: InMemoryStore, receiver: &Arc<Choosy>) -> Relay {
    let (name, holder) = ("rabbitmq".parse().unwrap(), uuid::Uuid::now_v7());
    Relay::new(Arc::new(store), Arc::clone(receiver) as _, Arc::new(SystemClock), name, holder)
}

async fn outbox(shop: &Shop, query: &str) -> Value {
    shop.get(&format!("/admin/outbox{query}")).await.ok()
}

#[tokio::test]
async fn the_outbox_shows_relays_and_what_they_hold() {
    let shop = Shop::new();
    assert_eq!(outbox(&shop, "").await, json!({"relays": [], "held": []}));
    let Scene { shop, .. } = scene().await;
    let body = outbox(&shop, "").await;
    let relay = &body["relays"][0];
    assert_eq!((&relay["name"], &relay["position"]), (&json!("rabbitmq"), &json!(4)));
    assert_eq!((&relay["head"], &relay["backlog"]), (&json!(4), &json!(4)));
    assert_eq!((&relay["held"], &relay["parked"]), (&json!(2), &json!(0)));
    assert!(relay["oldestAt"].is_string() && relay["lagSeconds"].is_u64());
    let held = &body["held"][1];
    assert_eq!((&held["relay"], &held["orderId"]), (&json!("rabbitmq"), &json!("o-1")));
    assert_eq!((&held["position"], &held["eventId"]), (&json!(1), &json!("o-1.1.0")));
    assert_eq!((&held["events"], &held["tries"]), (&json!(2), &json!(1)));
    assert_eq!((&held["parked"], &held["code"]), (&json!(false), &json!("publisher.unroutable")));
    assert!(held["nextAt"].is_string() && held["since"].is_string());
}

#[tokio::test]
async fn held_orders_come_page_by_page() {
    let Scene { shop, .. } = scene().await;
    let first = outbox(&shop, "?relay=rabbitmq&limit=1").await;
    assert_eq!(first["held"].as_array().unwrap().len(), 1);
    assert_eq!(first["next"], "o 2");
    let then = outbox(&shop, "?relay=rabbitmq&limit=1&after=o%202").await;
    assert_eq!(then["held"][0]["orderId"], "o-1");
    assert_eq!(outbox(&shop, "?parked=true").await["held"], json!([]));
    assert_eq!(outbox(&shop, "?relay=other").await["held"], json!([]));
    for (query, code) in [
        ("?after=o-1", "query.missing"),
        ("?limit=0", "page.limit_out_of_range"),
        ("?limit=201", "page.limit_out_of_range"),
        ("?relay=", "text.empty"),
    ] {
        let refused = shop.get(&format!("/admin/outbox{query}")).await;
        assert_eq!(refused.problem(422), code, "{query}");
    }
}

#[tokio::test]
async fn a_held_order_is_tried_again_and_an_event_given_up() {
    let Scene { shop, receiver, relay } = scene().await;
    let skip = "/admin/outbox/rabbitmq/o-1/skip";
    let wrong = shop.post(skip, json!({"position": 2})).await;
    assert_eq!(wrong.problem(409), "outbox.not_next");
    assert_eq!(shop.post(skip, json!({"position": 1})).await.ok(), json!({"orders": 1}));
    let again = shop.post(skip, json!({"position": 1})).await;
    assert_eq!(again.problem(409), "outbox.not_next");
    relay.step().await.unwrap();
    assert_eq!(shop.post(skip, json!({"position": 2})).await.problem(404), "outbox.not_held");
    let retry = "/admin/outbox/rabbitmq/o%202/retry";
    assert_eq!(shop.post(retry, json!({})).await.ok(), json!({"orders": 1}));
    relay.step().await.unwrap();
    assert_eq!(outbox(&shop, "").await["held"][0]["tries"], 1, "it was tried anew");
    receiver.take_all();
    assert_eq!(shop.post(retry, json!({})).await.ok(), json!({"orders": 1}));
    relay.step().await.unwrap();
    let body = outbox(&shop, "").await;
    assert_eq!((&body["held"], &body["relays"][0]["backlog"]), (&json!([]), &json!(0)));
    assert_eq!(shop.post(retry, json!({})).await.problem(404), "outbox.not_held");
    let doctor = shop.get("/admin/doctor").await.ok().to_string();
    assert!(!doctor.contains("outbox."), "{doctor}");
    let all = "/admin/outbox/rabbitmq/retry";
    assert_eq!(shop.post(all, json!({})).await.ok(), json!({"orders": 0}));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let Scene { shop, .. } = scene().await;
    for path in ["other/retry", "other/o-1/retry", "%20/o-1/retry"] {
        let refused = shop.post(&format!("/admin/outbox/{path}"), json!({})).await;
        let code = refused.problem(404);
        assert!(["outbox.unknown_relay", "not_found"].contains(&&*code), "{path}: {code}");
    }
    let skip = "/admin/outbox/rabbitmq/o-1/skip";
    for (body, status, code) in [
        (json!({}), 422, "request.missing"),
        (json!({"position": -1}), 422, "request.integer_out_of_range"),
        (json!({"position": "1"}), 422, "request.type"),
        (json!({"position": 1.5}), 422, "request.integer"),
        (json!({"position": 0}), 409, "outbox.not_next"),
        (json!({"position": 9_223_372_036_854_775_807_u64}), 409, "outbox.not_next"),
        (json!({"position": 9_223_372_036_854_775_808_u64}), 422, "request.integer_out_of_range"),
    ] {
        let refused = shop.post(skip, body.clone()).await;
        assert_eq!(refused.problem(status), code, "{body}");
    }
    let customer = shop.asked_by_customer("c");
    assert_eq!(customer.get("/admin/outbox").await.problem(403), "auth.forbidden");
    let refused = customer.post(skip, json!({"position": 1})).await;
    assert_eq!(refused.problem(403), "auth.forbidden");
}
