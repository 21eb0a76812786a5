//! Commits land whole or not at all, and fail in one order of reasons.

use order_core::{
    Command, ErrorKind, Meta, NewOrder, OrderId, Orders,
    ports::{Commit, OrderQuery, StoreError},
};

use super::{Author, Fixture, World};
use crate::sample::{keyed, order, order_of, product, text, units};

/// How many commits race.
const RACERS: u32 = 32;

fn note(n: u32) -> Command {
    Command::Note { id: text(&format!("note-{n}")), text: format!("note {n}") }
}

fn numbered(n: u32, number: &str) -> NewOrder {
    NewOrder { number: Some(text(number)), ..order(n) }
}

fn conflicts(results: &[Result<(), StoreError>]) -> usize {
    let is_conflict = |result: &&Result<(), StoreError>| matches!(result, Err(error @ StoreError::Conflict) if error.kind() == ErrorKind::Conflict);
    results.iter().filter(is_conflict).count()
}

async fn is_absent(world: &World, commit: &Commit) -> bool {
    let id = commit.order_id();
    let number = commit.order().number().as_str();
    let page = world.list(&OrderQuery { limit: 200, ..OrderQuery::default() }).await;
    world.store.load(id).await.unwrap().events.is_empty()
        && world.store.find(id.as_str()).await.unwrap().is_none()
        && world.store.find(number).await.unwrap().is_none()
        && page.orders.iter().all(|view| view.order.id() != id)
}

/// `OrderStore` clauses 1 and 8: what was committed is read back by id, by number, in lists and as
/// a history.
pub async fn c01_a_commit_is_read_back_whole(fixture: Fixture) {
    let world = World::over(fixture);
    let commit = Author::default().place(crate::sample::full_order(1), keyed("k")).await;
    world.store.commit(&commit).await.unwrap();
    let stored = world.store.load(commit.order_id()).await.unwrap();
    assert_eq!(stored.events, commit.events());
    assert_eq!(Some(&stored.person), commit.person().map(|person| &**person));
    for reference in [commit.order_id().as_str(), commit.order().number().as_str()] {
        let view = world.store.find(reference).await.unwrap().expect("the order is there");
        assert_eq!(view.order, *commit.order());
        assert_eq!(Some(&view.person), commit.person());
    }
    let page = world.list(&OrderQuery { limit: 10, ..OrderQuery::default() }).await;
    assert_eq!(page.orders.len(), 1);
    assert_eq!(page.orders[0].order, *commit.order());
    assert_eq!(Some(&page.orders[0].person), commit.person());
    let request = commit.request().expect("the request has a key");
    let remembered = world.store.recall(&request.key).await.unwrap().expect("it is remembered");
    assert_eq!(remembered.fingerprint, request.fingerprint);
    assert_eq!((&remembered.order_id, remembered.version), (commit.order_id(), 1));
}

/// `OrderStore` clause 1: a commit that fails at its last product leaves no order, no number, no
/// key and no stock of the others behind.
pub async fn c02_a_commit_that_fails_writes_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    for (id, stock) in [("a", 5), ("b", 5), ("c", 1)] {
        author.sell(product(id, Some(100))).await;
        world.sell(product(id, Some(stock))).await;
    }
    let items = vec![units("a", 2), units("b", 2), units("c", 2)];
    let commit = author.place(order_of("o", items), keyed("k")).await;
    let refused = world.store.commit(&commit).await.unwrap_err();
    assert!(matches!(refused, StoreError::InsufficientStock { .. }), "{refused:?}");
    assert!(is_absent(&world, &commit).await);
    assert_eq!(world.store.recall(&commit.request().unwrap().key).await.unwrap(), None);
    for (id, stock) in [("a", 5), ("b", 5), ("c", 1)] {
        assert_eq!(world.stock(id).await, Some(stock), "{id}");
    }
}

/// `OrderStore` clause 1: a later commit that fails leaves the order as it was.
pub async fn c03_a_change_that_fails_leaves_the_order_as_it_was(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let placed = author.place(order(1), Meta::default()).await;
    world.store.commit(&placed).await.unwrap();
    let skipped = author.run("order-1", note(1), Meta::default()).await;
    let ahead = author.run("order-1", Command::Cancel { reason: None }, keyed("k")).await;
    assert_eq!((skipped.expected_version(), ahead.expected_version()), (1, 2));
    let refused = world.store.commit(&ahead).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict), "{refused:?}");
    let view = world.store.find("order-1").await.unwrap().unwrap();
    assert_eq!(view.order, *placed.order());
    let stored = world.store.load(placed.order_id()).await.unwrap();
    assert_eq!(stored.events, placed.events());
    assert!(stored.person.is_empty());
    assert_eq!(world.store.recall(&ahead.request().unwrap().key).await.unwrap(), None);
}

/// `OrderStore` clause 2: an order is begun once, also by the very same commit.
pub async fn c04_an_order_is_begun_once(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let first = author.would_place(numbered(1, "A"), Meta::default()).await;
    let second = author.would_place(numbered(1, "B"), Meta::default()).await;
    world.store.commit(&first).await.unwrap();
    for again in [&first, &second] {
        let refused = world.store.commit(again).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict), "{refused:?}");
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    assert_eq!(world.store.load(first.order_id()).await.unwrap().events, first.events());
}

/// `OrderStore` clause 2: a commit on an older version fails, and on a newer one too.
pub async fn c05_a_commit_on_another_version_conflicts(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let placed = author.place(order(1), Meta::default()).await;
    let late = author.would_run("order-1", note(9), Meta::default()).await;
    let second = author.run("order-1", note(1), Meta::default()).await;
    let third = author.run("order-1", note(2), Meta::default()).await;
    let on_nothing = world.store.commit(&second).await.unwrap_err();
    assert!(matches!(on_nothing, StoreError::Conflict), "{on_nothing:?}");
    world.store.commit(&placed).await.unwrap();
    let ahead = world.store.commit(&third).await.unwrap_err();
    assert!(matches!(ahead, StoreError::Conflict), "{ahead:?}");
    world.store.commit(&second).await.unwrap();
    let behind = world.store.commit(&late).await.unwrap_err();
    assert!(matches!(behind, StoreError::Conflict), "{behind:?}");
    world.store.commit(&third).await.unwrap();
    assert_eq!(world.order("order-1").await.version(), 3);
}

/// `OrderStore` clause 2: of many commits on one version one lands, and every other one fails as a
/// conflict: not as a broken row, not as an unavailable store.
pub async fn c06_the_losers_of_a_race_fail_as_conflicts(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let placed = author.place(order(1), Meta::default()).await;
    world.store.commit(&placed).await.unwrap();
    let mut rivals = Vec::new();
    for n in 0..RACERS {
        rivals.push(author.would_run("order-1", note(n), Meta::default()).await);
    }
    let results = world.race_commits(rivals.clone()).await;
    assert_eq!(conflicts(&results), RACERS as usize - 1, "{results:?}");
    let winner = results.iter().position(Result::is_ok).expect("one of them lands");
    let view = world.store.find("order-1").await.unwrap().unwrap();
    assert_eq!(view.order, *rivals[winner].order());
    assert_eq!(Some(&view.person), rivals[winner].person());
    let events = world.store.load(placed.order_id()).await.unwrap().events;
    assert_eq!(events, [placed.events(), rivals[winner].events()].concat());
}

/// `OrderStore` clause 2: of many commits that begin one order one lands, and every other one fails
/// as a conflict.
pub async fn c07_the_losers_of_a_race_to_begin_an_order_fail_as_conflicts(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let mut rivals = Vec::new();
    for n in 0..RACERS {
        let rival = numbered(1, &format!("number {n}"));
        rivals.push(author.would_place(rival, Meta::default()).await);
    }
    let results = world.race_commits(rivals.clone()).await;
    assert_eq!(conflicts(&results), RACERS as usize - 1, "{results:?}");
    let winner = results.iter().position(Result::is_ok).expect("one of them lands");
    assert_eq!(world.order("order-1").await, *rivals[winner].order());
    for (n, rival) in rivals.iter().enumerate().filter(|(n, _)| *n != winner) {
        let number = rival.order().number().as_str();
        assert!(world.store.find(number).await.unwrap().is_none(), "{n} left its number");
    }
}

/// `OrderStore` clause 3: a known key is the first reason, before version, number and stock.
pub async fn c08_a_known_key_is_the_first_reason(fixture: Fixture) {
    let (world, all_wrong) = everything_wrong(fixture, true).await;
    let refused = world.store.commit(&all_wrong).await.unwrap_err();
    assert!(matches!(refused, StoreError::KeyTaken), "{refused:?}");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
}

/// `OrderStore` clauses 2 to 5: another version is the second reason, before number and stock.
pub async fn c09_another_version_is_the_second_reason(fixture: Fixture) {
    let (world, all_wrong) = everything_wrong(fixture, false).await;
    let refused = world.store.commit(&all_wrong).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict), "{refused:?}");
}

/// A commit that begins an order which exists, with another order's number, for more than there
/// is; and, if asked for, with a known key.
async fn everything_wrong(fixture: Fixture, known_key: bool) -> (World, Commit) {
    let world = World::over(fixture);
    let author = Author::default();
    author.sell(product("p", Some(100))).await;
    world.sell(product("p", Some(1))).await;
    let first = author.would_place(numbered(1, "A"), Meta::default()).await;
    let second = author.would_place(numbered(2, "B"), keyed("known")).await;
    world.store.commit(&first).await.unwrap();
    world.store.commit(&second).await.unwrap();
    let greedy = NewOrder { number: Some(text("B")), ..order_of("order-1", vec![units("p", 9)]) };
    let key = if known_key { "known" } else { "new" };
    let all_wrong = author.would_place(greedy, keyed(key)).await;
    (world, all_wrong)
}

/// `OrderStore` clauses 4 and 5: a taken number is the third reason, before the stock.
pub async fn c10_a_taken_number_is_the_third_reason(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    author.sell(product("p", Some(100))).await;
    world.sell(product("p", Some(1))).await;
    let first = author.would_place(numbered(1, "A"), Meta::default()).await;
    world.store.commit(&first).await.unwrap();
    let greedy = NewOrder { number: Some(text("A")), ..order_of("order-2", vec![units("p", 9)]) };
    let greedy = author.would_place(greedy, Meta::default()).await;
    let refused = world.store.commit(&greedy).await.unwrap_err();
    assert!(matches!(refused, StoreError::NumberTaken), "{refused:?}");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(world.store.load(greedy.order_id()).await.unwrap().events.is_empty());
}

/// `OrderStore` clause 7: the store is usable at once after every kind of failure, and a commit
/// that failed lands as soon as its reason is gone.
pub async fn c11_a_commit_that_failed_lands_once_its_reason_is_gone(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    author.sell(product("p", Some(100))).await;
    world.sell(product("p", Some(1))).await;
    let commit = author.place(order_of("o", vec![units("p", 3)]), keyed("k")).await;
    for _ in 0..20 {
        let refused = world.store.commit(&commit).await.unwrap_err();
        assert!(matches!(refused, StoreError::InsufficientStock { .. }), "{refused:?}");
    }
    world.orders.change_stock(&world.admin, &text("p"), 2).await.unwrap();
    world.store.commit(&commit).await.unwrap();
    assert_eq!(world.stock("p").await, Some(0));
    assert_eq!(world.order("o").await, *commit.order());
}

/// `OrderStore` clause 7: commits on different orders never stand in each other's way, and one bad
/// one among them fails alone.
pub async fn c12_commits_on_different_orders_all_land_at_once(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    author.sell(product("p", Some(100))).await;
    world.sell(product("p", Some(1))).await;
    let mut commits = Vec::new();
    for n in 0..100 {
        commits.push(author.place(order(n), keyed(&format!("key {n}"))).await);
    }
    let bad = author.place(order_of("bad", vec![units("p", 2)]), Meta::default()).await;
    commits.insert(50, bad);
    let results = world.race_commits(commits.clone()).await;
    for (n, (result, commit)) in results.iter().zip(&commits).enumerate() {
        if n == 50 {
            assert!(matches!(result, Err(StoreError::InsufficientStock { .. })), "{result:?}");
            assert!(is_absent(&world, commit).await);
            continue;
        }
        assert!(result.is_ok(), "{n}: {result:?}");
        let view = world.store.find(commit.order_id().as_str()).await.unwrap().unwrap();
        assert_eq!(view.order, *commit.order());
        let stored = world.store.load(commit.order_id()).await.unwrap();
        assert_eq!(stored.events, commit.events());
    }
}

/// `OrderStore` clause 8: orders whose ids look alike are different orders.
pub async fn c13_ids_that_look_alike_are_different_orders(fixture: Fixture) {
    let world = World::over(fixture);
    let alike = ["a", "A", "ä", "a\u{308}", "a.1", "a.1.0", "a%", "a_", "a ", "aa", "'a'", "\"a\""];
    let alike: Vec<&str> = alike.into_iter().filter(|id| id.trim() == *id).collect();
    for id in &alike {
        let items = vec![crate::sample::priced(&format!("of {id}"), 1, "1.00")];
        world.place(order_of(id, items)).await;
    }
    for id in &alike {
        let order = world.order(id).await;
        assert_eq!(order.id().as_str(), *id);
        assert_eq!(order.lines()[0].product_id.as_str(), format!("of {id}"));
        assert_eq!(world.store.load(order.id()).await.unwrap().events.len(), 2);
    }
    let page = world.list(&OrderQuery { limit: 200, ..OrderQuery::default() }).await;
    assert_eq!(page.orders.len(), alike.len());
}

/// `OrderStore` clause 8: what is not there is empty, not an error.
pub async fn c14_an_order_that_does_not_exist_loads_as_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let nobody: OrderId = text("order-2");
    let stored = world.store.load(&nobody).await.unwrap();
    assert!(stored.events.is_empty());
    assert!(stored.person.is_empty());
}
