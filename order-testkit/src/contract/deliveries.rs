//! Deliveries: one for every event that is wanted, in order per order, given to one caller at a time.

use std::sync::Arc;

use order_core::{
    Command, Timestamp,
    ports::{
        DeliveryQuery, DeliverySettlement, DueDeliveries, EventPublisher, Health, NewDelivery,
        Positioned, Settled,
    },
    webhook::{Attempt, Delivery, DeliveryState, FanOut, Subscription},
};

use super::{Fixture, World, subscriptions::subscription};
use crate::{
    SharedStore,
    sample::{order, text, time},
};

const LEASE: i64 = 30_000;
/// Long after everything that happens here.
pub(super) const LATER: i64 = 1_000_000;

/// So many milliseconds after the beginning of time, which is before every event.
pub(super) fn at(millis: i64) -> Timestamp {
    time("2025-01-29T00:00:00Z").plus_millis(millis)
}

/// Somebody who wants everything.
pub(super) async fn subscribe(world: &World, id: &str) -> Subscription {
    let new = subscription(id);
    world.store.put_subscription(&new).await.unwrap();
    new
}

/// Every event of the feed.
pub(super) async fn events(world: &World) -> Vec<Positioned> {
    world.store.sequence().await.unwrap();
    world.store.after(0, 10_000).await.unwrap()
}

/// Brings every event to the deliveries, as a relay does.
pub(super) async fn spread(world: &World, now: Timestamp) {
    let store = Arc::new(SharedStore::new(Arc::clone(&world.store)));
    let fan_out = FanOut::new(store, Arc::new(move || now));
    fan_out.publish(&events(world).await).await.unwrap();
}

/// So many orders were placed, two events each, and are to be delivered.
pub(super) async fn happened(world: &World, orders: u32) {
    for n in 1..=orders {
        world.place(order(n)).await;
    }
    spread(world, at(LATER - 10)).await;
}

pub(super) async fn claim(world: &World, now: Timestamp) -> Option<DueDeliveries> {
    world.store.claim_deliveries(now, now.plus_millis(LEASE), 100).await.unwrap()
}

fn settled(delivery: &Delivery, state: DeliveryState, next_at: Option<Timestamp>) -> Settled {
    let code = (state != DeliveryState::Delivered).then(|| text("webhook.status"));
    let attempt = Attempt { at: at(LATER), duration_ms: 12, status: Some(500), code };
    let attempts = delivery.attempts.iter().cloned().chain([attempt]).collect();
    Settled { position: delivery.position, state, next_at, tries: delivery.tries + 1, attempts }
}

/// All of it failed and is tried again then.
pub(super) fn failed(due: &DueDeliveries, again: Timestamp) -> Vec<Settled> {
    let each = due.deliveries.iter().map(|(delivery, _)| delivery);
    each.map(|delivery| settled(delivery, DeliveryState::Pending, Some(again))).collect()
}

/// All of it came to this end.
pub(super) fn ended(due: &DueDeliveries, state: DeliveryState) -> Vec<Settled> {
    due.deliveries.iter().map(|(delivery, _)| settled(delivery, state, None)).collect()
}

pub(super) fn settlement(
    due: &DueDeliveries,
    now: Timestamp,
    settled: Vec<Settled>,
    health: Health,
    rest_until: Timestamp,
) -> DeliverySettlement {
    let (subscription_id, lease) = (due.subscription.id.clone(), due.lease);
    DeliverySettlement { subscription_id, lease, at: now, settled, health, rest_until }
}

/// Says that all of it was delivered.
pub(super) async fn deliver(world: &World, due: &DueDeliveries, now: Timestamp) -> bool {
    let ended = ended(due, DeliveryState::Delivered);
    let settlement = settlement(due, now, ended, Health::Works, now);
    world.store.settle_deliveries(&settlement).await.unwrap()
}

/// What is due, as orders and positions.
pub(super) fn positions(due: &DueDeliveries) -> Vec<(String, u64)> {
    let each = due.deliveries.iter();
    each.map(|(delivery, event)| {
        assert_eq!(delivery.position, event.position);
        assert_eq!(delivery.event_id, event.recorded.id);
        assert_eq!(delivery.kind, event.recorded.event.name());
        (delivery.event_id.order_id.to_string(), delivery.position)
    })
    .collect()
}

async fn page(world: &World, id: &str, query: DeliveryQuery) -> Vec<Delivery> {
    world.store.deliveries(&text(id), &query).await.unwrap().deliveries
}

pub(super) async fn all(world: &World, id: &str) -> Vec<Delivery> {
    page(world, id, DeliveryQuery { limit: 1_000, ..DeliveryQuery::default() }).await
}

/// Each event makes one delivery for each subscription that wants it, however often it is given.
pub async fn c240_an_event_is_delivered_once_to_each_who_wants_it(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "all").await;
    let events = ["order.placed", "payment.*"].map(|it| it.parse().unwrap()).to_vec();
    let some = Subscription { events, ..subscription("some") };
    world.store.put_subscription(&some).await.unwrap();
    happened(&world, 2).await;
    spread(&world, at(LATER)).await;
    let known = super::deliveries::events(&world).await;
    let listed = all(&world, "all").await;
    assert_eq!(listed.len(), known.len());
    for (delivery, event) in listed.iter().rev().zip(&known) {
        assert_eq!(delivery.subscription_id, "all");
        assert_eq!((delivery.position, &delivery.event_id), (event.position, &event.recorded.id));
        assert_eq!((delivery.state, delivery.tries), (DeliveryState::Pending, 0));
        assert_eq!(delivery.created_at, at(LATER - 10), "the first time counts");
    }
    let kinds: Vec<_> = all(&world, "some").await.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds, ["order.placed", "order.placed"]);
    // Of a subscription that is not there nothing is kept, and the others get theirs.
    let event = &known[0];
    let lost = NewDelivery { subscription_id: text("lost"), event };
    world.store.fan_out(&[lost], at(LATER)).await.unwrap();
    assert!(all(&world, "lost").await.is_empty());
    assert_eq!(world.store.pending_deliveries(1_000).await.unwrap(), 6);
    assert_eq!(world.store.pending_deliveries(5).await.unwrap(), 5);
}

/// Of each order the earliest event is due, and no other.
pub async fn c241_only_the_first_event_of_an_order_is_due(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    happened(&world, 3).await;
    let due = claim(&world, at(LATER)).await.unwrap();
    let firsts = [("order-1", 1), ("order-2", 3), ("order-3", 5)];
    assert_eq!(positions(&due), firsts.map(|(id, position)| (id.to_owned(), position)));
    let waiting = all(&world, "a").await.into_iter().filter(|it| it.next_at.is_none()).count();
    assert_eq!(waiting, 3);
}

/// A claim gives the subscription to nobody else until its lease ends.
pub async fn c242_a_subscription_goes_to_one_caller(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    assert!(claim(&world, at(LATER)).await.is_none(), "nothing happened");
    happened(&world, 3).await;
    assert!(claim(&world, at(LATER - 11)).await.is_none(), "nothing is due yet");
    let due = claim(&world, at(LATER)).await.unwrap();
    assert_eq!(due.lease, at(LATER + LEASE));
    assert!(claim(&world, at(LATER + LEASE - 1)).await.is_none());
    let again = claim(&world, at(LATER + LEASE)).await.unwrap();
    assert_eq!(positions(&again), positions(&due), "the same, for who died sent it or not");
    let limited = world.store.claim_deliveries(at(LATER + 2 * LEASE), at(LATER + 3 * LEASE), 2);
    assert_eq!(limited.await.unwrap().unwrap().deliveries.len(), 2);
}

/// Callers at once get different subscriptions.
pub async fn c243_claims_at_once_never_get_the_same(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 1..=5 {
        subscribe(&world, &format!("s-{n}")).await;
    }
    happened(&world, 2).await;
    let claims = (0..8).map(|_| {
        let store = Arc::clone(&world.store);
        async move { store.claim_deliveries(at(LATER), at(LATER + LEASE), 10).await.unwrap() }
    });
    let mut got: Vec<_> = world.race(claims).await.into_iter().flatten().collect();
    while let Some(due) = claim(&world, at(LATER)).await {
        got.push(due);
    }
    let mut ids: Vec<_> = got.iter().map(|due| due.subscription.id.to_string()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["s-1", "s-2", "s-3", "s-4", "s-5"]);
    assert!(got.iter().all(|due| due.deliveries.len() == 2));
}

/// Who comes back after the lease went to somebody else changes nothing.
pub async fn c244_a_lost_lease_settles_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    happened(&world, 1).await;
    let slow = claim(&world, at(LATER)).await.unwrap();
    let fast = claim(&world, at(LATER + LEASE)).await.unwrap();
    assert!(!deliver(&world, &slow, at(LATER + LEASE + 1)).await);
    assert!(all(&world, "a").await.iter().all(|it| it.state == DeliveryState::Pending));
    let off = Health::Disabled(text("webhook.gone"));
    let disable = settlement(&slow, at(LATER), Vec::new(), off, at(LATER));
    assert!(!world.store.settle_deliveries(&disable).await.unwrap());
    let present = world.store.subscription(&text("a")).await.unwrap().unwrap();
    assert_eq!(present.disabled, None);
    assert!(deliver(&world, &fast, at(LATER + LEASE + 2)).await);
    assert!(!deliver(&world, &fast, at(LATER + LEASE + 3)).await, "it was given back");
}

/// The next event of an order is due when the one before it was delivered or has failed, not before.
pub async fn c245_what_waits_for_an_event_is_due_after_it(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    happened(&world, 3).await;
    let due = claim(&world, at(LATER)).await.unwrap();
    let fates = [
        (DeliveryState::Delivered, None),
        (DeliveryState::Failed, None),
        (DeliveryState::Pending, Some(at(LATER + 50))),
    ];
    let each = due.deliveries.iter().zip(fates);
    let mixed = each.map(|((delivery, _), (state, at))| settled(delivery, state, at)).collect();
    let settlement = settlement(&due, at(LATER + 1), mixed, Health::Works, at(LATER + 2));
    assert!(world.store.settle_deliveries(&settlement).await.unwrap());
    assert!(claim(&world, at(LATER + 1)).await.is_none(), "it rests");
    let next = claim(&world, at(LATER + 2)).await.unwrap();
    let seconds = [("order-1", 2), ("order-2", 4)];
    assert_eq!(positions(&next), seconds.map(|(id, position)| (id.to_owned(), position)));
    assert!(deliver(&world, &next, at(LATER + 3)).await);
    let third = claim(&world, at(LATER + 50)).await.unwrap();
    assert_eq!(positions(&third), [("order-3".to_owned(), 5)]);
}

/// Events of an order that come in while the one before them is settled are delivered all the same.
pub async fn c246_a_settlement_and_new_events_at_once_leave_nothing_behind(fixture: Fixture) {
    let world = Arc::new(World::over(fixture));
    subscribe(&world, "a").await;
    world.place(order(1)).await;
    let mut sent = Vec::new();
    for round in 0..25 {
        let note = Command::Note { id: text(&format!("n-{round}")), text: "x".to_owned() };
        world.run(&text("order-1"), note).await;
        let now = at(LATER + round * 100);
        let events = events(&world).await;
        let adding = {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let new = |event| NewDelivery { subscription_id: text("a"), event };
                let new: Vec<_> = events.iter().map(new).collect();
                world.store.fan_out(&new, now).await.unwrap();
            })
        };
        while let Some(due) = claim(&world, now).await {
            sent.extend(positions(&due).into_iter().map(|(_, position)| position));
            assert!(deliver(&world, &due, now).await);
        }
        adding.await.unwrap();
    }
    while let Some(due) = claim(&world, at(2 * LATER)).await {
        sent.extend(positions(&due).into_iter().map(|(_, position)| position));
        assert!(deliver(&world, &due, at(2 * LATER)).await);
    }
    assert_eq!(sent, (1..=27).collect::<Vec<_>>());
    assert_eq!(world.store.pending_deliveries(10).await.unwrap(), 0);
}

/// An endpoint that has done nothing but fail is given one event until it takes one.
pub async fn c247_of_an_endpoint_that_fails_one_delivery_is_due(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    happened(&world, 4).await;
    let due = claim(&world, at(LATER)).await.unwrap();
    assert_eq!(due.deliveries.len(), 4);
    let later = failed(&due, at(LATER + 1));
    let fails = settlement(&due, at(LATER), later, Health::Fails(at(LATER)), at(LATER + 1));
    assert!(world.store.settle_deliveries(&fails).await.unwrap());
    let due = claim(&world, at(LATER + 1)).await.unwrap();
    assert_eq!(due.subscription.failing_since, Some(at(LATER)));
    assert_eq!(due.deliveries.len(), 1);
    assert!(deliver(&world, &due, at(LATER + 2)).await);
    assert_eq!(claim(&world, at(LATER + 2)).await.unwrap().deliveries.len(), 4);
}

/// Subscriptions have their turns: one with much to send does not keep the others waiting.
pub async fn c248_who_waits_longest_comes_first(fixture: Fixture) {
    let world = World::over(fixture);
    for id in ["a", "b", "c"] {
        subscribe(&world, id).await;
    }
    happened(&world, 9).await;
    let mut turns = Vec::new();
    for now in 0..9 {
        let until = at(LATER + LEASE);
        let claimed = world.store.claim_deliveries(at(LATER + now), until, 1).await.unwrap();
        let due = claimed.unwrap();
        turns.push(due.subscription.id.to_string());
        assert!(deliver(&world, &due, at(LATER + now)).await);
    }
    assert_eq!(turns, ["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
}

/// A subscription that is disabled is given to nobody; what happens meanwhile is kept for it.
pub async fn c249_what_is_disabled_is_kept_and_given_to_nobody(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    happened(&world, 1).await;
    let due = claim(&world, at(LATER)).await.unwrap();
    let gone = Health::Disabled(text("webhook.gone"));
    let kept = failed(&due, at(LATER));
    let settlement = settlement(&due, at(LATER), kept, gone, at(LATER));
    assert!(world.store.settle_deliveries(&settlement).await.unwrap());
    world.place(order(2)).await;
    spread(&world, at(LATER + 1)).await;
    assert!(claim(&world, at(2 * LATER)).await.is_none());
    assert_eq!(all(&world, "a").await.len(), 4);
    let present = world.store.subscription(&text("a")).await.unwrap().unwrap();
    let version = present.version + 1;
    let enabled = Subscription { version, disabled: None, updated_at: at(2 * LATER), ..present };
    world.store.put_subscription(&enabled).await.unwrap();
    let due = claim(&world, at(2 * LATER)).await.unwrap();
    assert_eq!(positions(&due), [("order-1".to_owned(), 1), ("order-2".to_owned(), 3)]);
}
