//! The agenda: what is due goes to one caller, and nothing that changed meanwhile is put off.

use order_core::{
    Command, Label, Plan, Policy, Progress, Timestamp,
    ports::{AgendaEntry, Clock, Due},
};

use super::{Fixture, World};
use crate::sample::{order, text};

/// How long after their placement orders expire here, in milliseconds.
const EXPIRES: i64 = 60_000;
const LEASE: i64 = 30_000;

/// Orders wait to be confirmed by hand, and expire.
fn world(fixture: Fixture) -> World {
    let mut world = World::over(fixture);
    let plan = Plan { expire_after_ms: Some(EXPIRES), ..Plan::default() };
    let confirm = order_core::Confirmation::ByHand;
    world.orders = world.orders.with_policy(Policy { plan, confirm, ..Policy::default() });
    world
}

async fn page(world: &World) -> Vec<AgendaEntry> {
    world.store.agenda(None, 100, false).await.unwrap()
}

fn ids(due: &[Due]) -> Vec<String> {
    let mut ids: Vec<_> = due.iter().map(|due| due.order_id.to_string()).collect();
    ids.sort_unstable();
    ids
}

async fn claim(world: &World, now: Timestamp, limit: u32) -> Vec<Due> {
    world.store.claim_due(now, now.plus_millis(LEASE), limit).await.unwrap()
}

/// An order is on the agenda from the commit on after which something is to happen to it, and off it
/// with the one after which nothing is.
pub async fn c181_a_commit_puts_an_order_on_the_agenda_and_takes_it_off(fixture: Fixture) {
    let world = world(fixture);
    let placed = world.place(order(1)).await.order;
    let entries = page(&world).await;
    assert_eq!(entries.len(), 1);
    let expires = placed.placed_at().unwrap().plus_millis(EXPIRES);
    let expected = AgendaEntry {
        order_id: placed.id().clone(),
        version: 1,
        next_at: Some(expires),
        tries: 0,
        trouble: None,
        attention: None,
    };
    assert_eq!(entries[0], expected);
    world.run(placed.id(), Command::Confirm).await;
    assert!(page(&world).await.is_empty());
    // An order that nothing is to happen to is never on it.
    let plain = World::over(Fixture::new(crate::SharedStore::new(world.store.clone())));
    plain.place(order(2)).await;
    assert!(page(&world).await.is_empty());
}

/// Nothing is due before its time; what is due goes to one caller until its time is up again, and the
/// earliest go first.
pub async fn c182_what_is_due_goes_to_one_caller(fixture: Fixture) {
    let world = world(fixture);
    let first = world.place(order(1)).await.order;
    let second = world.place(order(2)).await.order;
    let third = world.place(order(3)).await.order;
    let due_at = |order: &order_core::Order| order.placed_at().unwrap().plus_millis(EXPIRES);
    assert!(claim(&world, due_at(&first).plus_millis(-1), 10).await.is_empty());
    let now = due_at(&third);
    let got = claim(&world, now, 2).await;
    assert_eq!(ids(&got), [first.id().to_string(), second.id().to_string()]);
    assert!(got.iter().all(|due| due.tries == 1));
    assert_eq!(ids(&claim(&world, now, 10).await), [third.id().to_string()]);
    assert!(claim(&world, now.plus_millis(LEASE - 1), 10).await.is_empty());
    let again = claim(&world, now.plus_millis(LEASE), 10).await;
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|due| due.tries == 2));
}

/// Claims at the same time share what is due and never get the same.
pub async fn c183_claims_at_once_never_get_the_same(fixture: Fixture) {
    let world = world(fixture);
    for n in 0..20 {
        world.place(order(n)).await;
    }
    world.clock.step(EXPIRES);
    let now = world.clock.now();
    let claims = (0..8).map(|_| claim(&world, now, 5));
    let mut got: Vec<_> =
        futures::future::join_all(claims).await.iter().flat_map(|due| ids(due)).collect();
    while let rest = claim(&world, now, 5).await
        && !rest.is_empty()
    {
        got.extend(ids(&rest));
    }
    got.sort_unstable();
    let all = got.len();
    got.dedup();
    assert_eq!((all, got.len()), (20, 20));
}

/// What was put off has its new time and its trouble; nothing happens if the order changed since.
pub async fn c184_what_changed_since_is_not_put_off(fixture: Fixture) {
    let world = world(fixture);
    let placed = world.place(order(1)).await.order;
    let id = placed.id();
    let (now, trouble): (_, Label) = (world.clock.now(), text("remote.unavailable"));
    let later = now.plus_millis(5_000);
    world.store.put_off(id, Some(1), Some(later), Some(&trouble)).await.unwrap();
    let entry = page(&world).await.swap_remove(0);
    assert_eq!((entry.next_at, entry.trouble.as_ref()), (Some(later), Some(&trouble)));
    claim(&world, later, 10).await;

    // A change sets its time, forgets the trouble and counts anew.
    let note = Command::Note { id: text("n"), text: "hello".to_owned() };
    let expires = placed.placed_at().unwrap().plus_millis(EXPIRES);
    world.run(id, note).await;
    let entry = page(&world).await.swap_remove(0);
    assert_eq!((entry.version, entry.tries, entry.trouble.clone()), (2, 0, None));
    assert_eq!(entry.next_at, Some(expires));
    world.store.put_off(id, Some(1), None, None).await.unwrap();
    assert_eq!(page(&world).await, [entry]);
    world.store.put_off(id, Some(2), None, None).await.unwrap();
    assert!(page(&world).await.is_empty());
    // Of what is not on it nothing is put off.
    world.store.put_off(id, None, Some(later), None).await.unwrap();
    assert!(page(&world).await.is_empty());
}

/// An order that somebody has to look at stays on the agenda, without a time, until somebody did.
pub async fn c185_who_waits_for_somebody_stays_on_the_agenda(fixture: Fixture) {
    let world = world(fixture);
    for n in 1..=3 {
        world.place(order(n)).await;
    }
    let id = world.order("order-2").await.id().clone();
    let stall = Progress::Stall { code: text("payment.pending"), detail: None };
    world.run(&id, Command::Advance(stall)).await;
    let waiting = world.store.agenda(None, 100, true).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0].order_id, waiting[0].next_at), (&id, None));
    assert_eq!(waiting[0].attention, Some(text("payment.pending")));
    world.store.put_off(&id, None, None, None).await.unwrap();
    assert_eq!(world.store.agenda(None, 100, true).await.unwrap().len(), 1, "it stays");
    assert_eq!(page(&world).await.len(), 3);
    world.run(&id, Command::Advance(Progress::Resume)).await;
    assert!(world.store.agenda(None, 100, true).await.unwrap().is_empty());
    assert_eq!(page(&world).await.len(), 3);
}

/// The agenda is walked by the order's id.
pub async fn c186_the_agenda_is_walked_page_by_page(fixture: Fixture) {
    let world = world(fixture);
    for n in 1..=5 {
        world.place(order(n)).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.store.agenda(after.as_ref(), 2, false).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.order_id.clone());
        seen.extend(page.into_iter().map(|entry| entry.order_id.to_string()));
    }
    assert_eq!(seen, (1..=5).map(|n| format!("order-{n}")).collect::<Vec<_>>());
}
