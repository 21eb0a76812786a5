//! Held orders: what is left out is kept with the move, and only commands and the holder change it.

use order_core::{
    EventId, Label, OrderId, Timestamp,
    ports::{HeldStream, Hold, LeftOut, Passage, Settlement, Store},
};
use uuid::Uuid;

use super::{Fixture, World, feeds::settle};
use crate::sample::{order, text, time};

fn relay() -> Label {
    text("relay-1")
}

fn holder(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// So many milliseconds after some moment.
fn at(millis: i64) -> Timestamp {
    time("2025-01-29T12:00:00Z").plus_millis(millis)
}

fn id(n: u64) -> OrderId {
    text(&format!("order-{n}"))
}

fn hold(n: u64, tries: u32, next_at: Option<i64>) -> Hold {
    let code = text("publisher.unroutable");
    Hold { order_id: id(n), tries, next_at: next_at.map(at), code, since: at(0) }
}

/// Orders 1 to `orders`, with the events 1 and 2 of the first, 3 and 4 of the second, and so on.
async fn world(fixture: Fixture, orders: u32) -> World {
    let world = World::over(fixture);
    for n in 1..=orders {
        world.place(order(n)).await;
    }
    settle(&*world.store).await;
    world.store.claim(&relay(), holder(1), at(0), at(1_000)).await.unwrap();
    world
}

/// The events of order `n` at these positions, left out.
async fn left(store: &dyn Store, positions: &[u64]) -> Vec<LeftOut> {
    let events = store.after(0, 100).await.unwrap();
    let wanted = events.iter().filter(|event| positions.contains(&event.position));
    wanted.map(LeftOut::from).collect()
}

/// Passes the first `to` events, and leaves these out.
async fn passage(store: &dyn Store, to: u64, positions: &[u64], holds: Vec<Hold>) -> Passage {
    Passage { from: 0, to, left: left(store, positions).await, holds }
}

async fn streams(store: &dyn Store) -> Vec<HeldStream> {
    store.streams(None, None, 100, false).await.unwrap()
}

/// `EventFeed` clause 5: what is left out is kept with the move, or not at all.
pub async fn c218_what_is_left_out_is_kept_with_the_move(fixture: Fixture) {
    let world = world(fixture, 2).await;
    let store = &*world.store;
    let whole = passage(store, 4, &[1, 2], vec![hold(1, 1, Some(10))]).await;
    let elsewhere = Passage { from: 1, ..whole.clone() };
    assert!(!store.advance(&relay(), holder(1), &elsewhere).await.unwrap());
    assert!(!store.advance(&relay(), holder(2), &whole).await.unwrap());
    assert!(!store.advance(&text("other"), holder(1), &whole).await.unwrap());
    assert_eq!(streams(store).await, []);
    assert!(store.held(&relay()).await.unwrap().is_empty());
    assert!(store.advance(&relay(), holder(1), &whole).await.unwrap());
    let expected = HeldStream {
        relay: relay(),
        hold: hold(1, 1, Some(10)),
        first: Some(whole.left[0].clone()),
        events: 2,
    };
    assert_eq!(streams(store).await, std::slice::from_ref(&expected));
    assert_eq!(store.held(&relay()).await.unwrap(), [id(1)]);
    assert!(store.held(&text("other")).await.unwrap().is_empty());
    assert_eq!(store.stream(&relay(), &id(1)).await.unwrap(), Some(expected));
    assert_eq!(store.stream(&relay(), &id(2)).await.unwrap(), None);
    assert_eq!(store.stream(&text("other"), &id(1)).await.unwrap(), None);
}

/// An order that is held stays as it is held when more of it is left out.
pub async fn c219_more_of_a_held_order_waits_behind_it(fixture: Fixture) {
    let world = world(fixture, 2).await;
    let store = &*world.store;
    let first = passage(store, 1, &[1], vec![hold(1, 3, None)]).await;
    assert!(store.advance(&relay(), holder(1), &first).await.unwrap());
    let more = passage(store, 4, &[2, 4], vec![hold(1, 0, Some(5)), hold(2, 1, Some(7))]).await;
    let more = Passage { from: 1, ..more };
    assert!(store.advance(&relay(), holder(1), &more).await.unwrap());
    let held = streams(store).await;
    assert_eq!(held.len(), 2);
    assert_eq!((&held[0].hold, held[0].events), (&hold(1, 3, None), 2));
    assert_eq!(held[0].first.as_ref().map(|first| first.position), Some(1));
    assert_eq!((&held[1].hold, held[1].events), (&hold(2, 1, Some(7)), 1));
    let event = EventId { order_id: id(2), version: 1, ordinal: 1 };
    assert_eq!(held[1].first.as_ref().map(|first| first.id.clone()), Some(event));
}

/// What is due comes the earliest first, with its events, and not before its time.
pub async fn c220_held_orders_are_due_at_their_time(fixture: Fixture) {
    let world = world(fixture, 4).await;
    let store = &*world.store;
    let holds = vec![hold(1, 1, Some(20)), hold(2, 2, Some(10)), hold(3, 10, None)];
    let passage = passage(store, 8, &[1, 2, 3, 4, 5], holds).await;
    assert!(store.advance(&relay(), holder(1), &passage).await.unwrap());
    assert_eq!(store.due(&relay(), at(9), 10).await.unwrap(), []);
    assert_eq!(store.due(&text("other"), at(99), 10).await.unwrap(), []);
    let due = store.due(&relay(), at(10), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].hold, hold(2, 2, Some(10)));
    assert_eq!(due[0].events, store.after(2, 2).await.unwrap());
    let due = store.due(&relay(), at(99), 10).await.unwrap();
    let found: Vec<_> =
        due.iter().map(|due| (due.hold.order_id.clone(), due.events.len())).collect();
    assert_eq!(found, [(id(2), 2), (id(1), 2)]);
    let due = store.due(&relay(), at(99), 3).await.unwrap();
    let found: Vec<_> =
        due.iter().map(|due| (due.hold.order_id.clone(), due.events.len())).collect();
    assert_eq!(found, [(id(2), 2), (id(1), 1)]);
    assert_eq!(due[1].events[0].position, 1);
}

fn settled(n: u64, published: u64, tried: u32, after: Hold) -> Settlement {
    assert_eq!(after.order_id, id(n));
    Settlement { published, tried, hold: after }
}

/// `EventFeed` clause 11: what was published waits no more; an order of which nothing waits is free. Only
/// the holder says so.
pub async fn c221_an_order_is_free_when_nothing_waits(fixture: Fixture) {
    let world = world(fixture, 2).await;
    let store = &*world.store;
    let holds = vec![hold(1, 1, Some(10)), hold(2, 1, Some(10))];
    let passage = passage(store, 4, &[1, 2, 3, 4], holds).await;
    assert!(store.advance(&relay(), holder(1), &passage).await.unwrap());
    let done = [settled(1, 1, 1, hold(1, 4, Some(50))), settled(2, 4, 1, hold(2, 0, Some(60)))];
    assert_eq!(store.settle(&relay(), holder(2), &done).await.unwrap(), None);
    assert_eq!(store.settle(&text("other"), holder(1), &done).await.unwrap(), None);
    assert_eq!(streams(store).await.len(), 2, "it was not the holder");
    assert_eq!(store.settle(&relay(), holder(1), &done).await.unwrap(), Some(vec![id(2)]));
    let held = streams(store).await;
    assert_eq!(held.len(), 1);
    assert_eq!((&held[0].hold, held[0].events), (&hold(1, 4, Some(50)), 1));
    assert_eq!(held[0].first.as_ref().map(|first| first.position), Some(2));
    assert_eq!(store.held(&relay()).await.unwrap(), [id(1)]);
    // What is not held is settled without effect.
    assert_eq!(store.settle(&relay(), holder(1), &done[1..]).await.unwrap(), Some(vec![]));
    assert_eq!(streams(store).await, held);
}

/// `Outbox` clause 2: what is to be tried anew is due now, as if it had never been tried. What the relay
/// found out meanwhile does not undo that.
pub async fn c222_a_retry_is_not_undone_by_what_was_under_way(fixture: Fixture) {
    let world = world(fixture, 3).await;
    let store = &*world.store;
    let holds = vec![hold(1, 9, Some(10)), hold(2, 10, None), hold(3, 10, None)];
    let passage = passage(store, 6, &[1, 2, 3, 4, 6], holds).await;
    assert!(store.advance(&relay(), holder(1), &passage).await.unwrap());
    assert_eq!(store.retry(&relay(), Some(&id(1)), at(30)).await.unwrap(), 1);
    let parked = settled(1, 0, 9, hold(1, 10, None));
    assert_eq!(store.settle(&relay(), holder(1), &[parked]).await.unwrap(), Some(vec![]));
    let held = store.stream(&relay(), &id(1)).await.unwrap().unwrap();
    assert_eq!(held.hold, hold(1, 0, Some(30)));
    assert_eq!(store.retry(&relay(), Some(&id(9)), at(40)).await.unwrap(), 0);
    assert_eq!(store.retry(&text("other"), None, at(40)).await.unwrap(), 0);
    assert_eq!(store.retry(&relay(), None, at(40)).await.unwrap(), 2, "those that are parked");
    let holds: Vec<_> = streams(store).await.into_iter().map(|stream| stream.hold).collect();
    assert_eq!(holds, [hold(1, 0, Some(30)), hold(2, 0, Some(40)), hold(3, 0, Some(40))]);
}

/// `Outbox` clause 3: a skip gives up the first event, if it is the one that is named, and no other.
pub async fn c223_a_skip_gives_up_the_event_that_it_names(fixture: Fixture) {
    let world = world(fixture, 2).await;
    let store = &*world.store;
    let holds = vec![hold(1, 10, None), hold(2, 10, None)];
    let passage = passage(store, 4, &[1, 2, 3, 4], holds).await;
    assert!(store.advance(&relay(), holder(1), &passage).await.unwrap());
    for (order_id, position) in [(id(1), 2), (id(1), 3), (id(1), 0), (id(1), u64::MAX), (id(9), 1)]
    {
        assert!(!store.skip(&relay(), &order_id, position, at(20)).await.unwrap(), "{position}");
    }
    assert!(!store.skip(&text("other"), &id(1), 1, at(20)).await.unwrap());
    assert!(store.skip(&relay(), &id(1), 1, at(20)).await.unwrap());
    assert!(!store.skip(&relay(), &id(1), 1, at(20)).await.unwrap(), "it is given up already");
    let held = store.stream(&relay(), &id(1)).await.unwrap().unwrap();
    assert_eq!((&held.hold, held.events), (&hold(1, 0, Some(20)), 1));
    assert_eq!(held.first.map(|first| first.position), Some(2));
    assert!(store.skip(&relay(), &id(1), 2, at(30)).await.unwrap());
    // The relay looks at it once more, and lets it go.
    let held = store.stream(&relay(), &id(1)).await.unwrap().unwrap();
    assert_eq!((held.hold, held.first, held.events), (hold(1, 0, Some(30)), None, 0));
    assert_eq!(store.held(&relay()).await.unwrap().len(), 2);
    let due = store.due(&relay(), at(30), 10).await.unwrap();
    assert_eq!((due.len(), &due[0].events[..]), (1, &[][..]));
    let done = settled(1, 0, 0, hold(1, 0, Some(40)));
    assert_eq!(store.settle(&relay(), holder(1), &[done]).await.unwrap(), Some(vec![id(1)]));
    assert_eq!(store.held(&relay()).await.unwrap(), [id(2)]);
}

/// Of many who give up one event at the same time, one does.
pub async fn c224_of_many_skips_of_one_event_one_is_done(fixture: Fixture) {
    let world = world(fixture, 1).await;
    let passage = passage(&*world.store, 2, &[1, 2], vec![hold(1, 10, None)]).await;
    assert!(world.store.advance(&relay(), holder(1), &passage).await.unwrap());
    let skips = (0..12).map(|_| {
        let store = std::sync::Arc::clone(&world.store);
        async move { store.skip(&relay(), &id(1), 1, at(20)).await.unwrap() }
    });
    let done = world.race(skips).await;
    assert_eq!(done.into_iter().filter(|done| *done).count(), 1);
    assert_eq!(streams(&*world.store).await[0].events, 1);
}

/// `Outbox` clause 1: the list of relays says how each is doing.
pub async fn c225_relays_say_how_they_are_doing(fixture: Fixture) {
    let world = World::over(fixture);
    let store = &*world.store;
    assert_eq!(store.relays().await.unwrap(), []);
    for n in 1..=3 {
        world.place(order(n)).await;
    }
    settle(store).await;
    let events = store.after(0, 10).await.unwrap();
    for (n, name) in [(1, "b"), (2, "a")] {
        store.claim(&text(name), holder(n), at(0), at(10)).await.unwrap();
    }
    let statuses = store.relays().await.unwrap();
    let names: Vec<_> = statuses.iter().map(|status| status.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let status = &statuses[1];
    assert_eq!((status.position, status.head, status.backlog), (0, 6, 6));
    assert_eq!((status.oldest, status.held, status.parked), (Some(events[0].recorded.at), 0, 0));
    assert!(store.advance(&text("b"), holder(1), &Passage::over(0, 2)).await.unwrap());
    let holds = vec![hold(2, 1, Some(5)), hold(3, 10, None)];
    let rest = Passage { from: 2, ..passage(store, 6, &[4, 5, 6], holds).await };
    assert!(store.advance(&text("b"), holder(1), &rest).await.unwrap());
    let status = store.relays().await.unwrap().remove(1);
    assert_eq!((status.position, status.head, status.backlog), (6, 6, 3));
    assert_eq!((status.oldest, status.held, status.parked), (Some(events[3].recorded.at), 2, 1));
    let done = [settled(2, 4, 1, hold(2, 0, None)), settled(3, 6, 10, hold(3, 0, None))];
    store.settle(&text("b"), holder(1), &done).await.unwrap();
    let status = store.relays().await.unwrap().remove(1);
    assert_eq!((status.backlog, status.oldest, status.held, status.parked), (0, None, 0, 0));
    assert_eq!(store.relays().await.unwrap()[0].backlog, 6, "relays know nothing of each other");
}

/// Held orders are walked by relay and order, those that are parked apart.
pub async fn c226_held_orders_are_walked_page_by_page(fixture: Fixture) {
    let world = world(fixture, 5).await;
    let store = &*world.store;
    store.claim(&text("another"), holder(1), at(0), at(10)).await.unwrap();
    let next_at = |n: u64| if n.is_multiple_of(2) { None } else { Some(10) };
    let holds = (1..=5).map(|n| hold(n, 1, next_at(n))).collect();
    let passage = passage(store, 10, &[2, 4, 6, 8, 10], holds).await;
    for relay in [relay(), text("another")] {
        assert!(store.advance(&relay, holder(1), &passage).await.unwrap());
    }
    let all = streams(store).await;
    let names = |streams: &[HeldStream]| -> Vec<String> {
        streams.iter().map(|it| format!("{} {}", it.relay, it.hold.order_id)).collect()
    };
    let expected: Vec<_> = ["another", "relay-1"]
        .iter()
        .flat_map(|relay| (1..=5).map(move |n| format!("{relay} order-{n}")))
        .collect();
    assert_eq!(names(&all), expected);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.streams(Some(&relay()), after.as_ref(), 2, false).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.hold.order_id.clone());
        seen.extend(page);
    }
    assert_eq!(seen, all[5..]);
    let parked = store.streams(Some(&relay()), None, 10, true).await.unwrap();
    assert_eq!(names(&parked), ["relay-1 order-2", "relay-1 order-4"]);
    assert_eq!(store.streams(None, None, 10, true).await.unwrap().len(), 4);
}
