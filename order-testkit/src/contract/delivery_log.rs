//! What is kept of deliveries: listed, replayed, forgotten.

use std::collections::BTreeMap;

use order_core::{
    Command, SubscriptionId,
    ports::{DeliveryQuery, Health, Replay, Settled},
    webhook::{Attempt, DeliveryState, Subscription},
};

use super::{
    Fixture, World,
    deliveries::{
        LATER, all, at, claim, deliver, ended, events, happened, positions, settlement, spread,
        subscribe,
    },
    subscriptions::subscription,
};
use crate::sample::{order, text};

/// A list is walked from the newest on, of one state if asked for.
pub async fn c250_deliveries_are_listed_newest_first(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    subscribe(&world, "b").await;
    happened(&world, 5).await;
    let due = claim(&world, at(LATER)).await.unwrap();
    assert!(deliver(&world, &due, at(LATER)).await);
    let walk = async |state| {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let query = DeliveryQuery { state, before, limit: 2 };
            let page = world.store.deliveries(&text("a"), &query).await.unwrap();
            assert!(page.deliveries.len() <= 2);
            before = page.deliveries.last().map(|it| it.position);
            seen.extend(page.deliveries.into_iter().map(|it| it.position));
            if !page.more {
                return seen;
            }
        }
    };
    assert_eq!(walk(None).await, (1..=10).rev().collect::<Vec<_>>());
    assert_eq!(walk(Some(DeliveryState::Delivered)).await, [9, 7, 5, 3, 1]);
    assert_eq!(walk(Some(DeliveryState::Pending)).await, [10, 8, 6, 4, 2]);
    assert!(walk(Some(DeliveryState::Failed)).await.is_empty());
}

/// A replay is due as if it were new; later events of its order wait for it, others do not.
pub async fn c251_what_is_replayed_is_due_in_its_old_place(fixture: Fixture) {
    let world = World::over(fixture);
    let id: SubscriptionId = text("a");
    subscribe(&world, "a").await;
    happened(&world, 2).await;
    let due = claim(&world, at(LATER)).await.unwrap();
    assert!(deliver(&world, &due, at(LATER)).await);
    let replay = |one, now| world.store.replay_deliveries(&id, Replay::One(one), at(now));
    assert_eq!(replay(1, LATER + 5).await.unwrap(), 1);
    assert_eq!(replay(99, LATER + 5).await.unwrap(), 0);
    let lost: SubscriptionId = text("lost");
    let none = world.store.replay_deliveries(&lost, Replay::One(1), at(LATER)).await;
    assert_eq!(none.unwrap(), 0);
    let listed = all(&world, "a").await;
    let first = listed.last().unwrap();
    assert_eq!((first.state, first.tries), (DeliveryState::Pending, 0));
    assert_eq!((first.next_at, first.attempts.len()), (Some(at(LATER + 5)), 1));
    let due = claim(&world, at(LATER + 5)).await.unwrap();
    let places = [("order-2", 4), ("order-1", 1)];
    assert_eq!(positions(&due), places.map(|(id, position)| (id.to_owned(), position)));
    assert!(deliver(&world, &due, at(LATER + 6)).await);
    let due = claim(&world, at(LATER + 6)).await.unwrap();
    assert_eq!(positions(&due), [("order-1".to_owned(), 2)]);
}

/// Of those that failed and were made from a time on all are replayed, and no other.
pub async fn c252_what_failed_since_a_time_is_replayed(fixture: Fixture) {
    let world = World::over(fixture);
    let id: SubscriptionId = text("a");
    subscribe(&world, "a").await;
    subscribe(&world, "b").await;
    happened(&world, 1).await;
    for n in 2..=4 {
        world.place(order(n)).await;
        spread(&world, at(LATER + i64::from(n))).await;
    }
    let fail = async |state| {
        let due = claim(&world, at(2 * LATER)).await.unwrap();
        let ended = ended(&due, state);
        let settlement = settlement(&due, at(2 * LATER), ended, Health::Works, at(3 * LATER));
        assert!(world.store.settle_deliveries(&settlement).await.unwrap());
    };
    fail(DeliveryState::Failed).await;
    fail(DeliveryState::Failed).await;
    let since = |since| world.store.replay_deliveries(&id, Replay::Failed(since), at(3 * LATER));
    assert_eq!(since(at(LATER + 5)).await.unwrap(), 0);
    assert_eq!(since(at(LATER + 3)).await.unwrap(), 2);
    assert_eq!(since(at(LATER + 3)).await.unwrap(), 0, "they are pending by now");
    let states: BTreeMap<_, _> =
        all(&world, "a").await.into_iter().map(|it| (it.position, it.state)).collect();
    let failed: Vec<_> =
        states.iter().filter(|(_, state)| **state == DeliveryState::Failed).collect();
    assert_eq!(failed.into_iter().map(|(position, _)| *position).collect::<Vec<_>>(), [1, 3]);
    let due = claim(&world, at(3 * LATER)).await.unwrap();
    assert_eq!(due.subscription.id, "a");
    let ids: Vec<_> = positions(&due).into_iter().map(|(_, position)| position).collect();
    assert_eq!(ids, [2, 4, 5, 7], "5 and 7 again, and what had waited for 1 and 3");
}

/// What is old is forgotten in portions, whatever became of it, and nothing waits for it for ever.
pub async fn c253_old_deliveries_are_forgotten(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    happened(&world, 2).await;
    let note = Command::Note { id: text("n"), text: "hello".to_owned() };
    world.run(&text("order-1"), note).await;
    spread(&world, at(LATER + 5)).await;
    let forget = |before, limit| world.store.forget_deliveries(at(before), at(LATER + 9), limit);
    assert_eq!(forget(LATER - 10, 100).await.unwrap(), 0);
    assert_eq!(forget(LATER, 3).await.unwrap(), 3);
    assert_eq!(forget(LATER, 3).await.unwrap(), 1);
    assert_eq!(forget(LATER, 3).await.unwrap(), 0);
    let left = all(&world, "a").await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].next_at, Some(at(LATER + 9)), "it waited for one that is gone");
    let due = claim(&world, at(LATER + 9)).await.unwrap();
    assert_eq!(positions(&due), [("order-1".to_owned(), 5)]);
}

/// What belongs to a subscription that is no more goes too, and nothing else.
pub async fn c254_deliveries_of_a_removed_subscription_are_forgotten(fixture: Fixture) {
    let world = World::over(fixture);
    for id in ["a", "b", "c"] {
        subscribe(&world, id).await;
    }
    happened(&world, 2).await;
    world.store.remove_subscription(&text("b"), 1).await.unwrap();
    assert!(claim(&world, at(LATER)).await.is_some_and(|due| due.subscription.id != "b"));
    let forget = |limit| world.store.forget_deliveries(at(0), at(LATER), limit);
    assert_eq!(forget(3).await.unwrap(), 3);
    assert_eq!(forget(3).await.unwrap(), 1);
    assert_eq!(forget(3).await.unwrap(), 0);
    assert_eq!(world.store.pending_deliveries(100).await.unwrap(), 8);
    for (id, left) in [("a", 4), ("b", 0), ("c", 4)] {
        assert_eq!(all(&world, id).await.len(), left, "{id}");
    }
}

/// What happened before a subscription was made is not for it.
pub async fn c255_a_subscription_sees_what_happens_from_now_on(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    world.place(order(2)).await;
    let known = events(&world).await;
    let created_at = known[2].recorded.at;
    let late = Subscription { created_at, ..subscription("a") };
    world.store.put_subscription(&late).await.unwrap();
    spread(&world, at(LATER)).await;
    let positions: Vec<_> = all(&world, "a").await.into_iter().map(|it| it.position).collect();
    assert_eq!(positions, [4, 3]);
}

/// What becomes of a delivery is kept to the last detail.
pub async fn c256_what_becomes_of_a_delivery_is_kept_with_its_attempts(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    happened(&world, 1).await;
    let due = claim(&world, at(LATER)).await.unwrap();
    let attempts = vec![
        Attempt { at: at(1), duration_ms: 0, status: None, code: Some(text("webhook.timed_out")) },
        Attempt { at: at(2), duration_ms: 15_000, status: Some(503), code: Some(text("x")) },
        Attempt { at: at(3), duration_ms: 7, status: Some(204), code: None },
    ];
    let (position, state, tries) = (1, DeliveryState::Delivered, 3);
    let kept = Settled { position, state, next_at: None, tries, attempts: attempts.clone() };
    let settlement = settlement(&due, at(LATER), vec![kept], Health::Works, at(LATER));
    assert!(world.store.settle_deliveries(&settlement).await.unwrap());
    let listed = all(&world, "a").await;
    let delivery = listed.last().unwrap();
    assert_eq!((delivery.state, delivery.tries, delivery.next_at), (state, 3, None));
    assert_eq!(delivery.attempts, attempts);
    assert_eq!(delivery.first_tried_at(), Some(at(1)));
}
