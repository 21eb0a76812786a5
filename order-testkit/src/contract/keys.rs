//! Requests that are repeated have one effect and one answer.

use std::sync::Arc;

use order_core::{
    Command, ErrorKind, Meta, NewOrder, Orders, Principal, ProductChange, Receipt, ServiceError,
    ports::{OrderQuery, OrderStore, RequestKey},
};

use super::{Author, Fixture, World};
use crate::{
    Fault, FaultyStore,
    sample::{draft, keyed, order, order_of, pounds, priced, product, text, units},
};

/// How many identical requests race.
const RACERS: usize = 20;

fn key_of(world: &World, key: &str) -> RequestKey {
    RequestKey { owner: world.admin.subject.clone(), key: text(key) }
}

fn capture(amount: &str) -> Command {
    Command::Capture { id: None, amount: Some(pounds(amount)), method: None, reference: None }
}

async fn count(world: &World) -> usize {
    world.list(&OrderQuery { limit: 200, ..OrderQuery::default() }).await.orders.len()
}

fn check_replays(first: &Receipt, again: &Receipt) {
    assert!(!first.replayed);
    assert!(again.replayed);
    assert_eq!(first.order, again.order);
    assert_eq!(first.events, again.events);
    assert_eq!(first.person, again.person);
}

/// A key that was never committed is not remembered.
pub async fn c30_an_unknown_key_is_not_remembered(fixture: Fixture) {
    let world = World::over(fixture);
    world.try_place(order(1), keyed("known")).await.unwrap();
    assert!(world.store.recall(&key_of(&world, "known")).await.unwrap().is_some());
    for key in ["unknown", "Known", "know", "known "] {
        let key = key.trim_end();
        let remembered = world.store.recall(&key_of(&world, key)).await.unwrap();
        assert_eq!(remembered.is_some(), key == "known", "{key}");
    }
}

/// A key is remembered with its request, its order and the version it made.
pub async fn c31_a_key_is_remembered_with_what_it_did(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let placed = author.place(order(1), keyed("place")).await;
    let noted = Command::Note { id: text("n"), text: "note".to_owned() };
    let noted = author.run("order-1", noted, keyed("note")).await;
    for commit in [&placed, &noted] {
        world.store.commit(commit).await.unwrap();
    }
    for (commit, version) in [(&placed, 1), (&noted, 2)] {
        let request = commit.request().unwrap();
        let remembered = world.store.recall(&request.key).await.unwrap().unwrap();
        assert_eq!(remembered.fingerprint, request.fingerprint);
        assert_eq!(remembered.order_id, *commit.order_id());
        assert_eq!(remembered.version, version);
    }
}

/// The whole range of fingerprints comes back: a store that narrows them would refuse repeats.
pub async fn c32_fingerprints_come_back_to_the_last_bit(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let mut high = 0;
    for n in 0..40 {
        let commit = author.place(order(n), keyed(&format!("key {n}"))).await;
        world.store.commit(&commit).await.unwrap();
        let request = commit.request().unwrap();
        let remembered = world.store.recall(&request.key).await.unwrap().unwrap();
        assert_eq!(remembered.fingerprint, request.fingerprint);
        high += u32::from(request.fingerprint > i64::MAX as u64);
    }
    assert!(high > 0, "no fingerprint had its highest bit set");
}

/// The same placement with the same key makes one order and gets the same answer.
pub async fn c33_a_repeated_placement_gets_the_first_answer(fixture: Fixture) {
    let world = World::over(fixture);
    let new = NewOrder { id: None, ..order(1) };
    let first = world.try_place(new.clone(), keyed("k")).await.unwrap();
    world.clock.step(60_000);
    let again = world.try_place(new, keyed("k")).await.unwrap();
    check_replays(&first, &again);
    assert_eq!(count(&world).await, 1);
}

/// A repeat gets the first answer even after the order went on, and does nothing again.
pub async fn c34_a_repeat_gets_the_first_answer_though_the_order_went_on(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.try_place(order(1), keyed("place")).await.unwrap().order.id().clone();
    let first = world.try_run(&id, capture("5.00"), keyed("capture")).await.unwrap();
    world.run(&id, capture("5.00")).await;
    world.run(&id, Command::Cancel { reason: None }).await;
    let again = world.try_run(&id, capture("5.00"), keyed("capture")).await.unwrap();
    check_replays(&first, &again);
    assert_eq!(again.order.version(), 2);
    let now = world.order("order-1").await;
    assert_eq!((now.version(), now.captured()), (4, 1_000));
}

/// A repeat gets the first answer even where it would now be refused: the price has changed and the
/// stock is gone.
pub async fn c35_a_repeat_gets_the_first_answer_though_it_would_now_fail(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(1))).await;
    let customer = Principal::customer(text("c"));
    let new = NewOrder { id: None, ..order_of("x", vec![priced("p", 1, "10.00")]) };
    let first = world.orders.place(&customer, new.clone(), keyed("k")).await.unwrap();
    let dearer = ProductChange { price: Some("11.00".to_owned()), ..ProductChange::default() };
    world.orders.change_product(&world.admin, &text("p"), dearer, None).await.unwrap();
    let again = world.orders.place(&customer, new.clone(), keyed("k")).await.unwrap();
    check_replays(&first, &again);
    assert!(world.orders.place(&customer, new, keyed("other")).await.is_err());
    assert_eq!(world.stock("p").await, Some(0));
}

/// The same key for another request is refused, of the same kind or another, and changes nothing.
pub async fn c36_a_key_for_another_request_is_refused(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.try_place(order(1), keyed("k")).await.unwrap().order.id().clone();
    let other = world.try_place(order(2), keyed("k")).await.unwrap_err();
    let same_but_for_a_tag = NewOrder { tags: vec![text("t")], ..order(1) };
    let tagged = world.try_place(same_but_for_a_tag, keyed("k")).await.unwrap_err();
    let command = world.try_run(&id, capture("1.00"), keyed("k")).await.unwrap_err();
    world.try_run(&id, capture("1.00"), keyed("capture")).await.unwrap();
    let more = world.try_run(&id, capture("1.01"), keyed("capture")).await.unwrap_err();
    for refused in [other, tagged, command, more] {
        assert!(matches!(refused, ServiceError::KeyReused), "{refused:?}");
        assert_eq!(refused.code(), "request.key_reused");
    }
    assert_eq!(count(&world).await, 1);
    assert_eq!(world.order("order-1").await.captured(), 100);
}

/// The same key and command on another order is another request.
pub async fn c37_a_key_used_on_one_order_is_refused_on_another(fixture: Fixture) {
    let world = World::over(fixture);
    let first = world.place(order(1)).await.order.id().clone();
    let second = world.place(order(2)).await.order.id().clone();
    world.try_run(&first, capture("1.00"), keyed("k")).await.unwrap();
    let refused = world.try_run(&second, capture("1.00"), keyed("k")).await.unwrap_err();
    assert!(matches!(refused, ServiceError::KeyReused), "{refused:?}");
    assert_eq!(world.order("order-2").await.captured(), 0);
}

/// Keys of different callers have nothing to do with each other: nobody gets another's answer.
pub async fn c38_another_callers_key_is_another_key(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", None)).await;
    let new = || NewOrder { id: None, ..order_of("x", vec![units("p", 1)]) };
    let (ann, bob) = (Principal::customer(text("ann")), Principal::customer(text("bob")));
    let of_ann = world.orders.place(&ann, new(), keyed("k")).await.unwrap();
    let of_bob = world.orders.place(&bob, new(), keyed("k")).await.unwrap();
    assert!(!of_bob.replayed);
    assert_ne!(of_ann.order.id(), of_bob.order.id());
    assert_eq!(of_bob.order.customer_id(), Some(&text("bob")));
    let again = world.orders.place(&ann, new(), keyed("k")).await.unwrap();
    check_replays(&of_ann, &again);
    let key = ann.request_key(text("k"));
    let remembered = world.store.recall(&key).await.unwrap().unwrap();
    assert_eq!(remembered.order_id, *of_ann.order.id());
}

/// A command that fails burns no key: the same key works once its reason is gone, also for another
/// request.
pub async fn c39_a_failed_command_burns_no_key(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(1))).await;
    let new = order_of("o", vec![units("p", 2)]);
    let refused = world.try_place(new.clone(), keyed("k")).await.unwrap_err();
    assert_eq!(refused.code(), "stock.insufficient");
    assert_eq!(world.store.recall(&key_of(&world, "k")).await.unwrap(), None);
    world.orders.change_stock(&world.admin, &text("p"), 1).await.unwrap();
    let placed = world.try_place(new, keyed("k")).await.unwrap();
    assert!(!placed.replayed);
    let id = placed.order.id().clone();
    let unarchive = world.try_run(&id, Command::Unarchive, keyed("c")).await;
    assert!(unarchive.is_err());
    let captured = world.try_run(&id, capture("1.00"), keyed("c")).await.unwrap();
    assert!(!captured.replayed);
}

/// Asking what would happen writes nothing and burns no key.
pub async fn c40_a_dry_run_writes_nothing_and_burns_no_key(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(5))).await;
    let new = order_of("o", vec![units("p", 2)]);
    let dry = |key| Meta { dry_run: true, ..keyed(key) };
    let dry_run = world.try_place(new.clone(), dry("k")).await.unwrap();
    assert_eq!(dry_run.order.version(), 1);
    assert_eq!(count(&world).await, 0);
    assert_eq!(world.stock("p").await, Some(5));
    let placed = world.try_place(new.clone(), keyed("k")).await.unwrap();
    assert!(!placed.replayed);
    let again = world.try_place(new, dry("k")).await.unwrap_err();
    assert_eq!(again.code(), "order.already_exists", "it asks what would happen now");
    let cancel = || Command::Cancel { reason: None };
    world.try_run(placed.order.id(), cancel(), dry("c")).await.unwrap();
    assert_eq!(world.order("o").await.version(), 1);
    assert_eq!(world.store.recall(&key_of(&world, "c")).await.unwrap(), None);
    assert!(!world.try_run(placed.order.id(), cancel(), keyed("c")).await.unwrap().replayed);
}

/// Of 20 identical placements at once one takes effect and all get its answer.
pub async fn c41_identical_placements_at_once_have_one_effect(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(100))).await;
    for round in 0..5 {
        let new = NewOrder { id: None, ..order_of("x", vec![units("p", 1)]) };
        let meta = keyed(&format!("key {round}"));
        let results = world
            .race((0..RACERS).map(|_| {
                let (orders, admin) = (world.orders.clone(), world.admin.clone());
                let (new, meta) = (new.clone(), meta.clone());
                async move { orders.place(&admin, new, meta).await }
            }))
            .await;
        let receipts: Vec<_> = results.into_iter().map(Result::unwrap).collect();
        check_one_effect(&receipts);
        assert_eq!(count(&world).await, round + 1);
    }
    assert_eq!(world.stock("p").await, Some(95));
}

/// Of 20 identical commands at once one takes effect and all get its answer, also where the command
/// could not be carried out a second time.
pub async fn c42_identical_commands_at_once_have_one_effect(fixture: Fixture) {
    let world = World::over(fixture);
    for round in 0..10 {
        let id = world.place(order(round)).await.order.id().clone();
        for command in [capture("20.00"), Command::Cancel { reason: None }] {
            let meta = keyed(&format!("{round} {}", command.action()));
            let results = world
                .race((0..RACERS).map(|_| {
                    let (orders, admin) = (world.orders.clone(), world.admin.clone());
                    let (id, command, meta) = (id.clone(), command.clone(), meta.clone());
                    async move { orders.execute(&admin, id.as_str(), command, meta).await }
                }))
                .await;
            let receipts: Vec<_> = results.into_iter().map(Result::unwrap).collect();
            check_one_effect(&receipts);
        }
        let order = world.order(id.as_str()).await;
        assert_eq!((order.version(), order.captured()), (3, 2_000));
    }
}

fn check_one_effect(receipts: &[Receipt]) {
    let first = receipts.iter().filter(|receipt| !receipt.replayed).count();
    assert_eq!(first, 1, "exactly one request took effect");
    for receipt in receipts {
        assert_eq!(receipt.order, receipts[0].order);
        assert_eq!(receipt.events, receipts[0].events);
    }
}

/// Of 20 different requests with one key at once one takes effect and the others are refused.
pub async fn c43_different_requests_with_one_key_have_one_effect(fixture: Fixture) {
    let world = World::over(fixture);
    let results = world
        .race((0..20).map(|n| {
            let (orders, admin) = (world.orders.clone(), world.admin.clone());
            async move { orders.place(&admin, order(n), keyed("k")).await }
        }))
        .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(matches!(refused, ServiceError::KeyReused), "{refused:?}");
    }
    assert_eq!(count(&world).await, 1);
}

/// Of many commits with one key at once one lands, and each loser fails as a known key: also those
/// that begin other orders.
pub async fn c44_the_losers_of_a_race_for_a_key_fail_as_conflicts(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    let mut rivals = Vec::new();
    for n in 0..20 {
        rivals.push(author.would_place(order(n), keyed("k")).await);
    }
    let results = world.race_commits(rivals.clone()).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(matches!(refused, order_core::ports::StoreError::KeyTaken), "{refused:?}");
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    assert_eq!(count(&world).await, 1);
}

/// When the answer of a commit is lost, the same request with the same key learns what happened,
/// and nothing happens twice.
pub async fn c45_a_lost_answer_is_found_again_by_its_key(fixture: Fixture) {
    let world = World::over(fixture);
    let inner: Arc<dyn OrderStore> = world.store.clone();
    let plan = [Fault::LostAfter, Fault::LostBefore];
    let faulty = Arc::new(FaultyStore::new(inner, plan));
    let orders = world.orders.clone().with_store(faulty.clone());
    let place = || orders.place(&world.admin, order(1), keyed("place"));
    // The service may find out by itself.
    if let Err(unknown) = place().await {
        assert_eq!(unknown.kind(), ErrorKind::Unavailable);
    }
    assert!(place().await.unwrap().replayed, "it had happened");
    let pay = || orders.execute(&world.admin, "order-1", capture("20.00"), keyed("pay"));
    assert_eq!(pay().await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(!pay().await.unwrap().replayed, "it had not happened");
    assert_eq!(faulty.left(), 0);
    let order = world.order("order-1").await;
    assert_eq!((order.version(), order.captured()), (2, 2_000));
}

/// A key works on drafts and edits as on everything else.
pub async fn c46_a_repeated_revision_gets_the_first_answer(fixture: Fixture) {
    let world = World::over(fixture);
    world.try_place(draft(1), keyed("draft")).await.unwrap();
    assert!(world.try_place(draft(1), keyed("draft")).await.unwrap().replayed);
    let revision = order_core::Revision { tags: Some(vec![text("t")]), ..Default::default() };
    let revise = || world.orders.revise(&world.admin, "order-1", revision.clone(), keyed("r"));
    let first = revise().await.unwrap();
    world.run(first.order.id(), Command::Place { content: None, person: None }).await;
    world.run(first.order.id(), Command::Cancel { reason: None }).await;
    check_replays(&first, &revise().await.unwrap());
}

/// A repeat that asks before the first request is done, and acts after it, gets the first answer
/// too, even though its command is no longer allowed.
pub async fn c47_a_repeat_that_asked_too_early_gets_the_first_answer(fixture: Fixture) {
    let world = World::over(fixture);
    let placed = world.place(draft(1)).await;
    let faulty = Arc::new(FaultyStore::new(world.store.clone(), []));
    let orders = world.orders.clone().with_store(faulty.clone());
    let revision = order_core::Revision { tags: Some(vec![text("t")]), ..Default::default() };
    let revise = || orders.revise(&world.admin, "order-1", revision.clone(), keyed("r"));
    let cancel = || {
        let cancel = Command::Cancel { reason: None };
        orders.execute(&world.admin, placed.order.id().as_str(), cancel, keyed("c"))
    };
    let (revised, cancelled) = (revise().await.unwrap(), cancel().await.unwrap());
    faulty.forget(1);
    check_replays(&revised, &revise().await.unwrap());
    faulty.forget(1);
    check_replays(&cancelled, &cancel().await.unwrap());
    assert_eq!(world.order("order-1").await.version(), 3);
}
