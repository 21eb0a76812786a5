//! No change is lost, however many write one order at once.

use std::sync::Arc;

use order_core::{
    ATTEMPTS_MAX, Command, ErrorKind, Meta, Orders, Receipt, Revision, ServiceError, replay,
};

use super::{Fixture, World};
use crate::{
    Fault, FaultyStore,
    sample::{expecting, keyed, order, pounds, text},
};

/// How many write one order at once.
const WRITERS: usize = 32;

fn note(n: usize) -> Command {
    Command::Note { id: text(&format!("note-{n}")), text: format!("note {n}") }
}

async fn race(
    world: &World,
    id: &str,
    command: impl Fn(usize) -> Command + Send + Sync,
    meta: &Meta,
) -> Vec<Result<Receipt, ServiceError>> {
    world
        .race((0..WRITERS).map(|n| {
            let (orders, admin, meta) = (world.orders.clone(), world.admin.clone(), meta.clone());
            let (id, command) = (id.to_owned(), command(n));
            async move { orders.execute(&admin, &id, command, meta).await }
        }))
        .await
}

/// Every commit makes the next version.
pub async fn c48_versions_count_commits(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.place(order(1)).await.order.id().clone();
    for n in 2..10 {
        let receipt = world.run(&id, note(n)).await;
        assert_eq!(receipt.order.version(), n as u64);
        assert_eq!(world.order("order-1").await.version(), n as u64);
    }
}

/// Of 32 who write one order at once and know its version one is served, and each of the others is
/// told that the version is out of date.
pub async fn c49_who_knows_an_old_version_is_told_so(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    for version in 1..6 {
        let results = race(&world, "order-1", note, &expecting(version)).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for refused in results.iter().filter_map(|result| result.as_ref().err()) {
            assert_eq!(refused.kind(), ErrorKind::Stale, "{refused:?}");
        }
        assert_eq!(world.order("order-1").await.version(), version + 1);
    }
    let stored = world.store.load(&text("order-1")).await.unwrap();
    assert_eq!((stored.events.len(), stored.person.notes.len()), (7, 5));
}

/// 32 who write one order at once and know no version are all served, one after the other, and
/// nothing is lost.
pub async fn c50_no_update_is_lost(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let results = race(&world, "order-1", note, &Meta::default()).await;
    let mut versions: Vec<_> =
        results.into_iter().map(|result| result.unwrap().order.version()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=1 + WRITERS as u64).collect::<Vec<_>>());
    let stored = world.store.load(&text("order-1")).await.unwrap();
    let mut notes: Vec<_> = stored.person.notes.iter().map(|note| note.text.clone()).collect();
    notes.sort_unstable_by_key(|note| note.len() * 1_000 + usize::from(note.as_bytes()[5]));
    notes.dedup();
    assert_eq!(notes.len(), WRITERS);
    let folded = replay(&stored.events, None).unwrap().unwrap();
    assert_eq!(folded, *world.order("order-1").await);
    assert_eq!(folded.version(), 1 + WRITERS as u64);
}

/// Money is captured once, though 32 try at once: the losers decide again and find nothing due.
pub async fn c51_an_amount_is_captured_once(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let capture = |_| Command::Capture {
        id: None,
        amount: Some(pounds("12.00")),
        method: None,
        reference: None,
    };
    let results = race(&world, "order-1", capture, &Meta::default()).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(refused.code(), "payment.amount_exceeded", "{refused:?}");
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    assert_eq!(world.order("order-1").await.captured(), 1_200);
}

/// No more goes back than was captured, though 32 refund 60 % at once.
pub async fn c52_no_more_is_refunded_than_was_captured(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.place(order(1)).await.order.id().clone();
    let all = Command::Capture { id: None, amount: None, method: None, reference: None };
    world.run(&id, all).await;
    let refund = |_| Command::Refund {
        id: None,
        payment_id: None,
        amount: Some(pounds("12.00")),
        items: None,
        return_id: None,
        reason: None,
    };
    let results = race(&world, "order-1", refund, &Meta::default()).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let order = world.order("order-1").await;
    assert_eq!((order.captured(), order.refunded()), (2_000, 1_200));
}

/// Different commands race: an order is shipped or cancelled, never both.
pub async fn c53_an_order_is_shipped_or_cancelled(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..10 {
        let id = world.place(order(n)).await.order.id().to_string();
        let either = |n| match n % 2 {
            0 => Command::Cancel { reason: None },
            _ => Command::Ship(order_core::Shipping::default()),
        };
        let results = race(&world, &id, either, &Meta::default()).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for refused in results.iter().filter_map(|result| result.as_ref().err()) {
            assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused:?}");
        }
        assert_eq!(world.order(&id).await.version(), 2);
    }
}

/// Revisions and commands race, and each revision keeps what the others wrote.
pub async fn c54_revisions_and_commands_do_not_undo_each_other(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let results = world
        .race((0..20).map(|n| {
            let (orders, admin) = (world.orders.clone(), world.admin.clone());
            async move {
                if n % 2 == 0 {
                    return orders.execute(&admin, "order-1", note(n), Meta::default()).await;
                }
                let tags = Some(vec![text(&format!("tag-{n}"))]);
                let revision = Revision { tags, ..Revision::default() };
                orders.revise(&admin, "order-1", revision, Meta::default()).await
            }
        }))
        .await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let stored = world.store.load(&text("order-1")).await.unwrap();
    assert_eq!(stored.person.notes.len(), 10);
    assert_eq!(world.order("order-1").await.version(), 21);
}

/// A command is decided again after it lost a race, so often and no more.
pub async fn c55_a_lost_race_is_run_again_but_not_for_ever(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let with = |faults: u32| {
        let plan = vec![Fault::Conflict; faults as usize];
        world.orders.clone().with_store(Arc::new(FaultyStore::new(world.store.clone(), plan)))
    };
    let meta = Meta::default();
    let almost = with(ATTEMPTS_MAX - 1);
    almost.execute(&world.admin, "order-1", note(1), meta.clone()).await.unwrap();
    let hopeless = with(ATTEMPTS_MAX);
    let refused = hopeless.execute(&world.admin, "order-1", note(2), meta).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("order.contended", ErrorKind::Conflict));
    assert_eq!(world.order("order-1").await.version(), 2);
}

/// A store that has too much to do wrote nothing, and says so.
pub async fn c56_an_overloaded_store_has_written_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    let faulty = FaultyStore::new(world.store.clone(), [Fault::Overloaded]);
    let orders = world.orders.clone().with_store(Arc::new(faulty));
    let place = || orders.place(&world.admin, order(1), keyed("k"));
    let refused = place().await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("store.overloaded", ErrorKind::Overloaded));
    assert!(world.store.find("order-1").await.unwrap().is_none());
    assert!(!place().await.unwrap().replayed);
}
