//! What holds of every decision, and of every order that a store keeps.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use order_core::{
    Command, Content, Lifecycle, Meta, Order, Orders, Principal, Shipping, decide,
    memory::InMemoryStore,
    ports::{Catalog, Maintenance, OrderQueries, OrderStore},
    replay,
};
use order_testkit::{
    CountingIds, FixedClock,
    contract::{Fixture, lives::figures_follow_lives},
    given,
    sample::{product, text, units},
    strategies::{commands, content, small_content},
};
use proptest::prelude::*;

/// Units of `p0` there are at first.
const STOCK: i64 = 20;

fn begin(content: Content, draft: bool) -> Command {
    let content = Arc::new(content);
    if draft {
        Command::Draft { content, person: None }
    } else {
        Command::Place { content: Some(content), person: None }
    }
}

fn life() -> impl Strategy<Value = (Command, Vec<Command>)> {
    (content(), any::<bool>()).prop_flat_map(|(content, draft)| {
        let commands = commands(content.currency, 40);
        (Just(begin(content, draft)), commands)
    })
}

fn check_ledgers(order: &Order) {
    order.check().unwrap();
    assert!(order.refunded() <= order.captured());
    for line in order.lines() {
        assert!(line.returned + line.return_requested <= line.delivered);
        assert!(line.delivered <= line.shipped && line.shipped <= line.live());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_decided_can_happen_and_the_history_folds_to_the_state((first, rest) in life()) {
        let mut now = given([first]);
        for command in rest {
            let before = now.order.clone();
            let outcome = now.when(&command);
            if let Ok(events) = &outcome.decided {
                prop_assert!(!events.is_empty(), "a command that succeeds does something");
                let names: Vec<_> = events.iter().map(order_core::OrderEvent::name).collect();
                now = outcome.happened(&names);
                check_ledgers(now.order.as_ref().unwrap());
            } else {
                prop_assert_eq!(&now.order, &before);
                prop_assert!(decide(before.as_ref(), &command).is_err());
            }
        }
        let folded = replay(&now.history, None).unwrap();
        prop_assert_eq!(&folded, &now.order);
        for version in 1..=folded.map_or(0, |order| order.version()) {
            let past = replay(&now.history, Some(version)).unwrap();
            prop_assert_eq!(past.map(|order| order.version()), Some(version));
        }
    }

    #[test]
    fn a_store_keeps_what_was_decided_and_loses_no_unit(
        commands in commands(order_core::Currency::GBP, 25),
        quantity in 1..6_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run_on_a_store(commands, quantity));
    }
}

async fn run_on_a_store(commands: Vec<Command>, quantity: u32) {
    let store = InMemoryStore::default();
    let clock = FixedClock::default();
    let service =
        order_core::OrderService::new(store.clone(), clock.clone(), CountingIds::default());
    let admin = Principal::admin(text("tester"));
    service.add_product(&admin, product("p0", Some(STOCK))).await.unwrap();
    let new = order_testkit::sample::order_of("o", vec![units("p0", quantity)]);
    service.place(&admin, new, Meta::default()).await.unwrap();
    for command in commands {
        clock.step(1);
        let before = store.find("o").await.unwrap().unwrap();
        if service.execute(&admin, "o", command, Meta::default()).await.is_err() {
            assert_eq!(store.find("o").await.unwrap().unwrap(), before);
        }
    }
    let order = store.find("o").await.unwrap().unwrap().order;
    let stored = store.load(&text("o")).await.unwrap();
    assert_eq!(replay(&stored.events, None).unwrap().as_ref(), Some(&*order));
    let audited = store.audit(None, 10).await.unwrap();
    assert!(audited.iter().all(|audited| audited.amiss.is_empty()));
    let left = store.products(&[text("p0")]).await.unwrap()[0].stock;
    let held = match order.lifecycle() {
        Lifecycle::Cancelled => 0,
        _ => i64::from(order.lines()[0].live()),
    };
    let restocked: i64 = stored.events.iter().map(|recorded| restocked(&recorded.event)).sum();
    assert_eq!(left, Some(STOCK - held + restocked));
}

fn restocked(event: &order_core::OrderEvent) -> i64 {
    match event {
        order_core::OrderEvent::ReturnReceived { items, restock: true, .. } => {
            items.iter().map(|item| i64::from(item.quantity)).sum()
        }
        _ => 0,
    }
}

#[test]
fn a_shipped_order_is_not_cancelled() {
    let shipped = given([
        begin(small_content(1), false),
        Command::Confirm,
        Command::Ship(Shipping::default()),
    ]);
    shipped.when(&Command::Cancel { reason: None }).rejected("order.transition_not_allowed");
    shipped.when(&Command::Deliver { shipment_id: None }).happened(&["fulfillment.delivered"]);
}

/// Figures are the sum over the orders, of sixty made-up shops, in whichever steps their events are followed.
#[tokio::test]
async fn figures_of_made_up_lives_are_what_looking_at_every_order_gives() {
    for seed in 0..60 {
        figures_follow_lives(Fixture::new(InMemoryStore::default()), seed).await;
    }
}
