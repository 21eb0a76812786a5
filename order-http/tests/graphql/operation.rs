//! What operators look at and do.

use std::sync::Arc;

use order_core::{
    Confirmation, OrderService, Plan, Policy, Relay, memory::InMemoryStore, ports::SystemClock,
};
use order_testkit::Choosy;
use serde_json::{Value, json};

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

/// A shop with two orders, of which a relay could bring the placement of none.
async fn held() -> (Shop, Relay) {
    let (shop, store) = Shop::with_store();
    let receiver = Arc::new(Choosy::default());
    receiver.refuse("order.placed");
    let (name, holder) = ("rabbitmq".parse().unwrap(), uuid::Uuid::now_v7());
    let clock = Arc::new(SystemClock);
    let relay = Relay::new(Arc::new(store), receiver, clock, name, holder);
    for id in ["o-1", "o-2"] {
        let items = json!([{"productId": "pen", "quantity": 1, "price": "2.00"}]);
        shop.placed(json!({"id": id, "items": items})).await;
    }
    relay.step().await.unwrap();
    (shop, relay)
}

#[tokio::test]
async fn held_orders_are_seen_tried_again_and_given_up() {
    let (shop, relay) = held().await;
    let query = "query($after: ID) { outbox(relay: \"rabbitmq\", first: 1, after: $after) \
        { relays { name backlog held parked } held { orderId position code parked tries } next } }";
    let first = data(&asked(&shop, query, json!({})).await)["outbox"].clone();
    let relays = json!([{"name": "rabbitmq", "backlog": 4, "held": 2, "parked": 0}]);
    assert_eq!(first["relays"], relays);
    let expected = json!([{"orderId": "o-1", "position": 1, "code": "publisher.unroutable",
        "parked": false, "tries": 1}]);
    assert_eq!((&first["held"], &first["next"]), (&expected, &json!("o-1")));
    let second = data(&asked(&shop, query, json!({"after": first["next"]})).await);
    assert_eq!(second["outbox"]["held"][0]["orderId"], "o-2");

    let mutation = |text: &str| format!("mutation {{ {text} }}");
    let retry = mutation("retryHeld(relay: \"rabbitmq\", orderId: \"o-1\")");
    assert_eq!(data(&asked(&shop, &retry, json!({})).await)["retryHeld"], 1);
    let parked = mutation("retryParked(relay: \"rabbitmq\")");
    assert_eq!(data(&asked(&shop, &parked, json!({})).await)["retryParked"], 0);
    let skip = |at: i64| {
        mutation(&format!("skipHeld(relay: \"rabbitmq\", orderId: \"o-1\", position: {at})"))
    };
    assert_eq!(code(&asked(&shop, &skip(-1), json!({})).await), "query.integer");
    assert_eq!(code(&asked(&shop, &skip(2), json!({})).await), "outbox.not_next");
    assert_eq!(data(&asked(&shop, &skip(1), json!({})).await)["skipHeld"], 1);
    relay.step().await.unwrap();
    let after = data(&asked(&shop, query, json!({})).await)["outbox"].clone();
    assert_eq!((&after["held"][0]["orderId"], &after["next"]), (&json!("o-2"), &json!("o-2")));
    let lost = mutation("retryHeld(relay: \"nobody\", orderId: \"o-1\")");
    assert_eq!(code(&asked(&shop, &lost, json!({})).await), "outbox.unknown_relay");
}

#[tokio::test]
async fn processes_and_notices_are_those_of_rest() {
    let plan = Plan { expire_after_ms: Some(86_400_000), ..Plan::default() };
    let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
    let confirm = Confirmation::ByHand;
    let service = service.with_policy(Policy { plan, confirm, ..Policy::default() });
    let shop = Shop::of_orders(Arc::new(service));
    for id in ["o-1", "o-2"] {
        let items = json!([{"productId": "pen", "quantity": 1, "price": "2.00"}]);
        shop.placed(json!({"id": id, "items": items})).await;
    }
    let money = json!({"amount": "2.00", "currency": "USD"});
    let none = json!({"amount": "0.00", "currency": "USD"});
    let facts = json!({"orderId": "nobody", "paymentId": "1", "authorized": money,
        "captured": money, "voided": none, "disputed": none});
    let headers = [("webhook-id", "n-1"), ("webhook-signature", "right")];
    shop.json("POST", "/payments/callbacks/main", &headers, facts).await.ok();
    let query = "query($after: ID) { processes(first: 1, after: $after) \
        { processes { orderId tries trouble attention } next } paymentNotices { id orderId state } }";
    let answer = data(&asked(&shop, query, json!({})).await);
    let rest = shop.get("/admin/processes?limit=1").await.ok();
    let first = &answer["processes"];
    assert_eq!(first["processes"][0]["orderId"], rest["processes"][0]["orderId"]);
    assert_eq!(first["next"], rest["next"]);
    let second = data(&asked(&shop, query, json!({"after": first["next"]})).await);
    assert_eq!(second["processes"]["processes"][0]["orderId"], "o-2");
    let notices = shop.get("/admin/notices").await.ok()["notices"].clone();
    let notices = notices.as_array().unwrap().iter().map(|it| {
        let state = it["state"].as_str().unwrap().to_uppercase();
        json!({"id": it["id"], "orderId": it["orderId"], "state": state})
    });
    let notices = notices.collect::<Value>();
    assert_eq!((&answer["paymentNotices"], &notices[0]["state"]), (&notices, &json!("WAITING")));
}

#[tokio::test]
async fn a_person_is_forgotten_and_the_log_says_so() {
    let shop = Shop::new();
    let id = shop.order_of("ann").await;
    shop.put(&format!("/orders/{id}"), json!({"email": "ann@x.example"})).await.ok();
    let erase = "mutation($input: EraseInput!) { erasePerson(input: $input) \
                 { orders accounts more remains { code } } }";
    let done = asked(&shop, erase, json!({"input": {"customerId": "ann"}})).await;
    let expected = json!({"orders": 1, "accounts": 0, "more": false, "remains": []});
    assert_eq!(data(&done)["erasePerson"], expected);
    assert!(shop.get(&format!("/orders/{id}")).await.ok()["email"].is_null());
    let two = json!({"customerId": "ann", "email": "ann@x.example"});
    for (input, expected) in [(json!({}), "request.missing"), (two, "erase.one_person")] {
        let refused = asked(&shop, erase, json!({"input": input})).await;
        assert_eq!(code(&refused), expected);
    }
    let log = "query($action: String) { auditLog(first: 1, action: $action) \
               { entries { id actor role action outcome count } next } }";
    let page =
        data(&asked(&shop, log, json!({"action": "person.erased"})).await)["auditLog"].clone();
    let entry = &page["entries"][0];
    assert_eq!((&entry["actor"], &entry["role"]), (&json!("tester"), &json!("ADMIN")));
    assert_eq!((&entry["outcome"], &entry["count"]), (&json!("done"), &json!(1)));
    let rest = shop.get("/admin/audit?limit=1&action=person.erased").await.ok();
    assert_eq!((&page["next"], &entry["id"]), (&rest["next"], &rest["entries"][0]["id"]));
    let unknown = asked(&shop, log, json!({"action": "tea"})).await;
    assert_eq!(code(&unknown), "audit.action_unknown");
}
