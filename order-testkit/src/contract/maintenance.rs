//! Looking after a store.

use order_core::{
    Orders,
    ports::{OrderQuery, Severity},
    replay,
};

use super::{Fixture, World, tour};
use crate::sample::{draft, full_order, order, text};

/// A store that works answers.
pub async fn c137_a_store_that_works_answers(fixture: Fixture) {
    let world = World::over(fixture);
    world.store.ping().await.unwrap();
    world.orders.ping().await.unwrap();
}

/// An audit gives what is kept of each order, once, by id, page by page.
pub async fn c138_an_audit_gives_every_order_once(fixture: Fixture) {
    let world = World::over(fixture);
    assert!(world.store.audit(None, 10).await.unwrap().is_empty());
    let mut sorted: Vec<String> =
        (0..7).map(|n| format!("order-{n}")).chain(["B".to_owned(), "é".to_owned()]).collect();
    for (n, id) in (0..).zip(&sorted) {
        let id = Some(text(id));
        world
            .place(order_core::NewOrder { id, ..if n % 3 == 0 { draft(n) } else { order(n) } })
            .await;
    }
    sorted.sort_unstable();
    for limit in [1, 4, 9, 100] {
        let (mut audited, mut after) = (Vec::new(), None);
        loop {
            let page = world.store.audit(after.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            audited.extend(page.iter().map(|order| order.id.to_string()));
        }
        assert_eq!(audited, sorted, "by {limit}");
    }
}

/// What an audit gives of an order is what loads and reads give, and nothing is amiss.
pub async fn c139_an_audit_gives_what_is_read(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    tour::take(&world).await;
    world.place(full_order(3)).await;
    let page = world.store.audit(None, 10).await.unwrap();
    assert_eq!(page.len(), 4);
    for audited in page {
        let state = audited.state.unwrap();
        let events = audited.events.unwrap();
        assert_eq!(state, *world.order(audited.id.as_str()).await);
        assert_eq!(events, world.store.load(&audited.id).await.unwrap().events);
        assert_eq!(replay(&events, None).unwrap(), Some(state));
        assert_eq!(audited.amiss, [""; 0]);
    }
}

/// A verification of orders on which everything happened finds nothing, and counts them.
pub async fn c140_a_verification_finds_nothing_amiss(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    let receipts = tour::take(&world).await;
    for n in 3..13 {
        world.place(order(n)).await;
    }
    let events: usize = receipts.iter().map(|receipt| receipt.events.len()).sum();
    let whole = world.orders.verify(&world.admin, None, 100).await.unwrap();
    assert_eq!((whole.orders, whole.events), (13, events as u64 + 10));
    assert_eq!(whole.findings, []);
    assert_eq!(whole.next, None);
    let (mut orders, mut after) = (0, None);
    loop {
        let page = world.orders.verify(&world.admin, after.as_ref(), 5).await.unwrap();
        assert_eq!(page.findings, []);
        orders += page.orders;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(orders, 13);
}

/// A new store has nothing that hurts now, and every finding can be read and looked up.
pub async fn c141_a_new_store_is_healthy(fixture: Fixture) {
    let world = World::over(fixture);
    for finding in world.orders.doctor(&world.admin).await.unwrap() {
        assert_ne!(finding.severity, Severity::Error, "{finding:?}");
        assert!(finding.code.contains('.') && !finding.detail.is_empty(), "{finding:?}");
    }
}

/// What was committed before a read began is in its answer, while many write.
pub async fn c142_a_read_sees_what_was_committed_before_it(fixture: Fixture) {
    let world = World::over(fixture);
    let seen = world
        .race((0..40).map(|n| {
            let (orders, admin, store) =
                (world.orders.clone(), world.admin.clone(), world.store.clone());
            async move {
                let placed = orders.place(&admin, order(n), order_core::Meta::default()).await;
                let placed = placed.unwrap().order;
                let found = store.find(placed.id().as_str()).await.unwrap();
                let by_number = store.find(placed.number().as_str()).await.unwrap();
                let query = OrderQuery {
                    customer_id: placed.customer_id().cloned(),
                    limit: 1,
                    ..OrderQuery::default()
                };
                let listed = store.list(&query).await.unwrap();
                let loaded = store.load(placed.id()).await.unwrap();
                found.is_some_and(|view| view.order == placed)
                    && by_number.is_some_and(|view| view.order == placed)
                    && listed.orders.len() == 1
                    && loaded.events.len() == 2
            }
        }))
        .await;
    assert!(seen.into_iter().all(|seen| seen));
}
