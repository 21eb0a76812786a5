//! The feed: every committed event, once, in one line that never changes.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use order_core::{
    Command, EventId, Meta, OrderId, Orders, Principal, Recorded,
    ports::{Positioned, Store, StoreError},
};

use super::{Author, Fixture, World, tour};
use crate::sample::{draft, full_order, order, text};

/// More than the feed of any clause.
pub(super) const ALL: u32 = 10_000;

/// Lets every event that was committed have its position.
pub(super) async fn settle(store: &dyn Store) -> u64 {
    let mut given = 0;
    while given < ALL.into() {
        let new = store.sequence().await.unwrap();
        if new == 0 {
            return given;
        }
        given += new;
    }
    panic!("{given} positions for fewer events");
}

/// The feed from the beginning, so many events at a time.
pub(super) async fn walk(store: &dyn Store, limit: u32) -> Vec<Positioned> {
    let mut feed: Vec<Positioned> = Vec::new();
    loop {
        let place = feed.last().map_or(0, |last| last.position);
        let page = store.after(place, limit).await.unwrap();
        assert!(page.len() <= limit as usize, "{} instead of {limit}", page.len());
        let Some(first) = page.first() else {
            return feed;
        };
        assert!(first.position > place, "{} comes after {place}", first.position);
        feed.extend(page);
    }
}

/// All that has happened to any order, from the orders' own histories.
async fn histories(store: &dyn Store) -> HashMap<EventId, Recorded> {
    let audited = store.audit(None, ALL).await.unwrap();
    let events = audited.into_iter().flat_map(|audited| audited.events.unwrap());
    events.map(|recorded| (recorded.id.clone(), recorded)).collect()
}

/// Positions are dense from 1, and the events of each order in the order they happened in.
pub(super) fn check_line(feed: &[Positioned]) {
    let mut last: HashMap<&OrderId, (u64, u32)> = HashMap::new();
    for (position, event) in (1..).zip(feed) {
        assert_eq!(event.position, position, "positions are dense");
        let EventId { order_id, version, ordinal } = &event.recorded.id;
        let place = (*version, *ordinal);
        let before = last.insert(order_id, place);
        assert!(before.is_none_or(|before| before < place), "{before:?}, then {place:?}");
    }
}

/// The feed is a line and has exactly what the orders' histories have.
async fn check_whole(store: &dyn Store, feed: &[Positioned]) {
    check_line(feed);
    let histories = histories(store).await;
    for event in feed {
        assert_eq!(histories.get(&event.recorded.id), Some(&event.recorded));
    }
    // As many positions as events, none twice for one order, so every event has one.
    assert_eq!(feed.len(), histories.len());
}

pub(super) fn note(n: u32) -> Command {
    Command::Note { id: text(&format!("note-{n}")), text: "called".to_owned() }
}

/// A feed of nothing is empty.
pub async fn c143_a_feed_of_nothing_is_empty(fixture: Fixture) {
    let store = fixture.store;
    assert_eq!(store.sequence().await.unwrap(), 0);
    for position in [0, 1, 7] {
        assert_eq!(store.after(position, 10).await.unwrap(), []);
    }
}

/// `EventFeed` clause 1: every event has one position, whatever kind it is, and comes back exactly.
pub async fn c144_every_committed_event_is_in_the_feed_once(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    let receipts = tour::take(&world).await;
    settle(&*world.store).await;
    let feed = walk(&*world.store, ALL).await;
    let happened: Vec<_> = receipts.into_iter().flat_map(|receipt| receipt.events).collect();
    let found: Vec<_> = feed.iter().map(|event| event.recorded.clone()).collect();
    // Each was committed after the one before it was answered.
    assert_eq!(found, happened);
    check_whole(&*world.store, &feed).await;
}

/// `EventFeed` clause 2: events of one order come by version and ordinal, among those of others.
pub async fn c145_events_of_an_order_come_in_its_order(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..5 {
        world.place(order(n)).await;
    }
    for round in 0..4 {
        for n in [3, 0, 4, 1, 2] {
            world.run(&text(&format!("order-{n}")), note(round)).await;
        }
        if round % 2 == 0 {
            settle(&*world.store).await;
        }
    }
    settle(&*world.store).await;
    let feed = walk(&*world.store, ALL).await;
    for n in 0..5 {
        let id = text::<OrderId>(&format!("order-{n}"));
        let own = feed.iter().filter(|event| event.recorded.id.order_id == id);
        let own: Vec<_> = own.map(|event| event.recorded.clone()).collect();
        assert_eq!(own, world.store.load(&id).await.unwrap().events);
    }
    check_whole(&*world.store, &feed).await;
}

/// `EventFeed` clause 1: what was refused is not there and takes no position.
pub async fn c146_what_failed_is_not_in_the_feed(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(full_order(1)).await;
    let author = Author::default();
    let conflict = author.would_place(order(1), Meta::default()).await;
    let taken = author.would_place(full_order(2), Meta::default()).await;
    let refused = world.store.commit(&conflict).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    let number = order_core::NewOrder { number: Some(text("No. 1/2025")), ..order(3) };
    let commit = author.would_place(number, Meta::default()).await;
    let refused = world.store.commit(&commit).await;
    assert!(matches!(refused, Err(StoreError::NumberTaken)), "{refused:?}");
    let confirm = world.try_run(&text("order-1"), Command::Confirm, Meta::default()).await;
    assert_eq!(confirm.unwrap_err().code(), "order.transition_not_allowed");
    world.store.commit(&taken).await.unwrap();
    settle(&*world.store).await;
    let feed = walk(&*world.store, ALL).await;
    assert_eq!(feed.len(), 4);
    check_whole(&*world.store, &feed).await;
}

/// `EventFeed` clause 1: a position that was given stays with its event.
pub async fn c147_positions_never_change(fixture: Fixture) {
    let world = World::over(fixture);
    let mut before = Vec::new();
    for n in 0..6 {
        world.place(order(n)).await;
        if n > 0 {
            world.run(&text(&format!("order-{}", n - 1)), note(n)).await;
        }
        settle(&*world.store).await;
        assert_eq!(settle(&*world.store).await, 0, "there is nothing left to do");
        let feed = walk(&*world.store, ALL).await;
        assert_eq!(feed[..before.len()], before);
        assert!(feed.len() > before.len());
        before = feed;
    }
    check_whole(&*world.store, &before).await;
}

/// `EventFeed` clause 4: a walk gives every event, however many at a time.
pub async fn c148_a_walk_through_the_feed_gives_everything(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..11 {
        world.place(if n % 2 == 0 { order(n) } else { draft(n) }).await;
    }
    settle(&*world.store).await;
    let whole = walk(&*world.store, ALL).await;
    check_whole(&*world.store, &whole).await;
    for limit in [1, 2, 5, 16, 17, 18] {
        assert_eq!(walk(&*world.store, limit).await, whole, "by {limit}");
    }
    for (place, limit) in [(0, 3), (5, 1), (9, 4)] {
        let page = world.store.after(place, limit).await.unwrap();
        let start = usize::try_from(place).unwrap();
        assert_eq!(page, whole[start..start + limit as usize], "{limit} after {place}");
    }
}

/// `EventFeed` clause 4: after the last event there is nothing, until there is more.
pub async fn c149_after_the_last_event_there_is_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    settle(&*world.store).await;
    for position in [2, 3, 1_000, u64::from(u32::MAX) + 1, i64::MAX.cast_unsigned(), u64::MAX] {
        assert_eq!(world.store.after(position, 10).await.unwrap(), [], "after {position}");
    }
    world.run(&text("order-1"), note(1)).await;
    settle(&*world.store).await;
    let more = world.store.after(2, 10).await.unwrap();
    assert_eq!(more.iter().map(|event| event.position).collect::<Vec<_>>(), [3]);
    assert_eq!(world.store.after(3, 10).await.unwrap(), []);
}

/// How many events [`write_much`] makes: each round places, processes and notes.
pub(super) const MUCH: usize = 4 * (2 + 1 + 1);

/// Writes as many do: orders of its own, orders that others write too, and what is refused.
pub(super) async fn write_much(orders: impl Orders, admin: Principal, n: u32) {
    for round in 0..4 {
        let own = 100 * (n + 1) + round;
        orders.place(&admin, order(own), Meta::default()).await.unwrap();
        let again = orders.place(&admin, order(own), Meta::default()).await;
        assert!(again.is_err(), "an order is begun once");
        let shared = format!("order-{}", n % 4);
        let noted = note(own);
        orders.execute(&admin, &shared, noted, Meta::default()).await.unwrap();
        let own = format!("order-{own}");
        orders.execute(&admin, &own, Command::Process, Meta::default()).await.unwrap();
    }
}

/// Follows the feed by cursor, and gives what was seen once `settled` says that no more will come.
async fn follow(store: Arc<dyn Store>, settled: Arc<AtomicBool>) -> Vec<Positioned> {
    let mut seen: Vec<Positioned> = Vec::new();
    loop {
        let last = settled.load(Ordering::SeqCst);
        let place = seen.last().map_or(0, |event| event.position);
        let page = store.after(place, 7).await.unwrap();
        if last && page.is_empty() {
            return seen;
        }
        let first = page.first().map_or(place + 1, |event| event.position);
        assert_eq!(first, place + 1, "nothing is missing when it is seen");
        seen.extend(page);
        tokio::task::yield_now().await;
    }
}

/// Gives positions until told to stop.
async fn sequence_on(store: Arc<dyn Store>, written: Arc<AtomicBool>) {
    while !written.load(Ordering::SeqCst) {
        store.sequence().await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// While many write and two give positions, who follows by cursor misses nothing and sees nothing
/// in another order.
pub async fn c150_who_follows_the_feed_misses_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..4 {
        world.place(order(n)).await;
    }
    let (written, settled) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let reader = tokio::spawn(follow(Arc::clone(&world.store), Arc::clone(&settled)));
    let sequencers =
        [(); 2].map(|()| tokio::spawn(sequence_on(Arc::clone(&world.store), Arc::clone(&written))));
    let writers = (0..16).map(|n| write_much(world.orders.clone(), world.admin.clone(), n));
    world.race(writers).await;
    written.store(true, Ordering::SeqCst);
    for sequencer in sequencers {
        sequencer.await.unwrap();
    }
    settle(&*world.store).await;
    settled.store(true, Ordering::SeqCst);
    let seen = reader.await.unwrap();
    check_whole(&*world.store, &seen).await;
    assert_eq!(seen, walk(&*world.store, ALL).await, "what was seen is what stands there");
    assert_eq!(seen.len(), 4 * 2 + 16 * MUCH);
}
