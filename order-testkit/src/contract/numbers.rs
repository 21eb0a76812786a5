//! Order numbers are given once and belong to one order.

use std::collections::BTreeSet;

use order_core::{Command, ErrorKind, Meta, NewOrder, ports::StoreError};

use super::{Author, Fixture, World};
use crate::sample::{draft, order, text};

fn numbered(n: u32, number: &str) -> NewOrder {
    NewOrder { number: Some(text(number)), ..order(n) }
}

/// Sequence numbers begin at 1 or later and are never given twice, however many ask at once.
pub async fn c74_sequence_numbers_are_never_given_twice(fixture: Fixture) {
    let world = World::over(fixture);
    let given = world
        .race((0..200).map(|_| {
            let store = world.store.clone();
            async move { store.next_number().await.unwrap() }
        }))
        .await;
    assert!(given.iter().all(|number| *number >= 1));
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 200);
    let next = world.store.next_number().await.unwrap();
    assert!(given.iter().all(|number| *number < next), "numbers count up");
}

/// `OrderStore` clause 4: a number belongs to one order, and the second is refused.
pub async fn c75_a_number_belongs_to_one_order(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(numbered(1, "N-1")).await;
    let refused = world.try_place(numbered(2, "N-1"), Meta::default()).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("order.number_taken", ErrorKind::Conflict));
    assert_eq!(world.order("N-1").await.id().as_str(), "order-1");
    assert!(world.store.find("order-2").await.unwrap().is_none());
    world.place(numbered(2, "n-1")).await;
    assert_eq!(world.order("n-1").await.id().as_str(), "order-2");
}

/// An order's own number never stands in its way, and is not free while the order is cancelled.
pub async fn c76_an_order_keeps_its_number(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.place(NewOrder { draft: true, ..numbered(1, "N-1") }).await.order.id().clone();
    world.run(&id, Command::Place { content: None, person: None }).await;
    world.run(&id, Command::Process).await;
    world.run(&id, Command::Cancel { reason: None }).await;
    assert_eq!(world.order("N-1").await.version(), 4);
    let refused = world.try_place(numbered(2, "N-1"), Meta::default()).await.unwrap_err();
    assert_eq!(refused.code(), "order.number_taken");
}

/// `OrderStore` clause 7: of many orders with one number one lands, and each loser hears that the
/// number is taken.
pub async fn c77_the_losers_of_a_race_for_a_number_hear_so(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let mut rivals = Vec::new();
    for n in 0..20 {
        rivals.push(author.would_place(numbered(n, "N"), Meta::default()).await);
    }
    let results = world.race_commits(rivals.clone()).await;
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(matches!(refused, StoreError::NumberTaken), "{refused:?}");
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let winner = results.iter().position(Result::is_ok).unwrap();
    assert_eq!(world.order("N").await, *rivals[winner].order());
}

/// An order that names no number gets a free one, even where somebody has taken the next by hand.
pub async fn c78_a_taken_number_is_skipped(fixture: Fixture) {
    let world = World::over(fixture);
    let first = world.place(order(1)).await.order.number().to_string();
    let next: u64 = first.trim_start_matches("ORD-").parse::<u64>().unwrap() + 1;
    for n in 0..3 {
        let taken = format!("ORD-{:06}", next + n);
        world.place(numbered(100 + u32::try_from(n).unwrap(), &taken)).await;
    }
    let placed = world.place(draft(2)).await;
    let number = placed.order.number();
    assert_eq!(world.order(number.as_str()).await.id().as_str(), "order-2");
}

/// Orders placed at once get numbers of their own.
pub async fn c79_orders_placed_at_once_get_numbers_of_their_own(fixture: Fixture) {
    let world = World::over(fixture);
    let placed = world
        .race((0..50).map(|n| {
            let (orders, admin) = (world.orders.clone(), world.admin.clone());
            async move {
                let orders: &dyn order_core::Orders = &orders;
                orders.place(&admin, order(n), Meta::default()).await.unwrap()
            }
        }))
        .await;
    let numbers: BTreeSet<_> = placed.iter().map(|receipt| receipt.order.number()).collect();
    assert_eq!(numbers.len(), 50);
}
