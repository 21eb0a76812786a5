//! Events on their way out, seen and helped on from the command line.

use std::sync::Arc;

use order_core::{Relay, ports::SystemClock};
use order_store_sqlite::SqliteStore;
use order_testkit::Choosy;
use serde_json::json;

use crate::shop::Shop;

/// Lets a relay take steps in the shop's database, with a receiver of this mood.
fn relay(shop: &Shop, receiver: &Arc<Choosy>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&shop.url()).await.unwrap();
        let (feed, name) = (Arc::new(store.clone()), "rabbitmq".parse().unwrap());
        let (clock, holder) = (Arc::new(SystemClock), uuid::Uuid::now_v7());
        let relay = Relay::new(feed, Arc::clone(receiver) as _, clock, name, holder);
        relay.step().await.unwrap();
        relay.release().await.unwrap();
        store.close().await;
    });
}

#[test]
fn a_poison_event_is_seen_tried_again_and_given_up() {
    let shop = Shop::new();
    for _ in 0..2 {
        shop.place(&[]);
    }
    let empty = shop.run(&["outbox", "list"]);
    assert_eq!((empty.status, empty.out.as_str()), (0, ""));
    let receiver = Arc::new(Choosy::default());
    receiver.refuse("order.placed");
    relay(&shop, &receiver);
    let list = shop.json(&["outbox", "list"]);
    assert_eq!((&list["relays"][0]["backlog"], &list["relays"][0]["held"]), (&json!(4), &json!(2)));
    let id = |place: usize| list["held"][place]["orderId"].as_str().unwrap().to_owned();
    let (one, other) = (id(0), id(1));
    // Ids are given in their order.
    assert_eq!(
        (&list["held"][0]["position"], &list["held"][1]["position"]),
        (&json!(1), &json!(3))
    );
    let shown = shop.run(&["outbox", "list", "--relay", "rabbitmq"]);
    for word in ["BACKLOG", "LAG", "PARKED", &other, &format!("{one}.1.0"), "publisher.unroutable"]
    {
        assert!(shown.out.contains(word), "{word}: {}", shown.out);
    }
    assert!(shown.err.contains("2 orders held"), "{}", shown.err);
    assert_eq!(shop.json(&["outbox", "list", "--parked"])["held"], json!([]));

    assert_eq!(shop.run(&["outbox", "skip", "rabbitmq", &one, "2"]).status, 1);
    let skipped = shop.run(&["outbox", "skip", "rabbitmq", &one, "1"]);
    assert_eq!((skipped.status, skipped.out.as_str()), (0, "1 event given up\n"));
    let twice = shop.run(&["outbox", "skip", "rabbitmq", &one, "1"]);
    assert_eq!(twice.status, 1);
    assert!(twice.err.contains("not the first that waits"), "{}", twice.err);
    receiver.take_all();
    assert_eq!(shop.json(&["outbox", "retry", "rabbitmq", &other]), json!({"orders": 1}));
    assert_eq!(shop.json(&["outbox", "retry", "rabbitmq", "--all"]), json!({"orders": 0}));
    relay(&shop, &receiver);
    let list = shop.json(&["outbox", "list"]);
    assert_eq!((&list["relays"][0]["backlog"], &list["held"]), (&json!(0), &json!([])));
    assert_eq!(shop.run(&["outbox", "retry", "rabbitmq", &other]).status, 1);
    assert_eq!(shop.run(&["outbox", "retry", "kafka", "--all"]).status, 1);
    assert_eq!(shop.run(&["outbox", "retry", "rabbitmq"]).status, 2);
    assert_eq!(shop.run(&["outbox", "skip", "rabbitmq", &other]).status, 2);
}
