//! Who has an order already learns whether it is still right, and never wrongly that it is.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use order_core::{
    Command, NewOrder, OrderId,
    ports::{OrderView, Revalidated, Stamp},
};

use super::{Fixture, World};
use crate::sample::{full_order, order, order_of, priced, text};

impl World {
    /// What is there, with its stamp.
    async fn stamped(&self, reference: &str) -> (Stamp, OrderView) {
        match self.store.revalidate(reference, None).await.unwrap() {
            Revalidated::Changed { stamp, view } => (stamp, view),
            other => panic!("{reference}: {other:?}"),
        }
    }

    async fn is_unchanged(&self, reference: &str, stamp: &Stamp) -> bool {
        self.store.revalidate(reference, Some(stamp)).await.unwrap() == Revalidated::Unchanged
    }
}

fn note(n: u64) -> Command {
    Command::Note { id: text(&format!("note-{n}")), text: format!("the text of note {n}") }
}

/// Who knows nothing is told the order and its personal data, by id and by number.
pub async fn c257_who_knows_nothing_is_told_what_a_find_gives(fixture: Fixture) {
    let world = World::over(fixture);
    let placed = world.place(full_order(1)).await.order;
    for reference in ["order-1", placed.number().as_str()] {
        let (stamp, view) = world.stamped(reference).await;
        assert_eq!(Some(&view), world.store.find(reference).await.unwrap().as_ref());
        assert_eq!((&stamp.order_id, stamp.version), (placed.id(), placed.version()));
    }
    assert_eq!(world.store.revalidate("order-2", None).await.unwrap(), Revalidated::Absent);
}

/// Who knows the order is told that it is as it was, as long as it is, whatever happens to others.
pub async fn c258_who_knows_the_order_is_told_that_it_is_unchanged(fixture: Fixture) {
    let world = World::over(fixture);
    let number = world.place(full_order(1)).await.order.number().clone();
    world.place(order(2)).await;
    let (stamp, _) = world.stamped("order-1").await;
    world.run(&text("order-2"), note(1)).await;
    for reference in ["order-1", number.as_str()] {
        assert!(world.is_unchanged(reference, &stamp).await, "{reference}");
    }
}

/// Every commit changes the stamp, one that only changes personal data too, and no earlier one is ever
/// right again.
pub async fn c259_every_commit_changes_the_stamp_for_good(fixture: Fixture) {
    let world = World::over(fixture);
    let id: OrderId = world.place(full_order(1)).await.order.id().clone();
    let mut stamps = vec![world.stamped("order-1").await.0];
    let steps = [
        note(1),
        Command::Hold { reason: None },
        Command::Release,
        note(2),
        Command::Hold { reason: None },
        Command::Release,
    ];
    for step in steps {
        world.run(&id, step).await;
        for old in &stamps {
            let found = world.store.revalidate("order-1", Some(old)).await.unwrap();
            let Revalidated::Changed { view, .. } = found else { panic!("{old:?}: {found:?}") };
            assert_eq!(Some(view), world.store.find("order-1").await.unwrap());
        }
        let (stamp, _) = world.stamped("order-1").await;
        assert!(world.is_unchanged("order-1", &stamp).await);
        assert!(!stamps.contains(&stamp), "{stamp:?}");
        stamps.push(stamp);
    }
}

/// A stamp of another order, or one that nobody gave, counts for nothing.
pub async fn c260_a_stamp_of_another_order_counts_for_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    world.place(order(2)).await;
    let (first, _) = world.stamped("order-1").await;
    let (second, _) = world.stamped("order-2").await;
    assert!(!world.is_unchanged("order-2", &first).await);
    for odd in [
        Stamp { order_id: second.order_id.clone(), ..first.clone() },
        Stamp { version: 0, ..first.clone() },
        Stamp { version: u64::MAX, ..first.clone() },
    ] {
        assert!(!world.is_unchanged("order-1", &odd).await, "{odd:?}");
    }
    let absent = world.store.revalidate("order-3", Some(&first)).await.unwrap();
    assert_eq!(absent, Revalidated::Absent);
}

/// A number that has become another order's id leads to that order.
pub async fn c261_a_reference_that_leads_elsewhere_now_is_a_change(fixture: Fixture) {
    let world = World::over(fixture);
    let numbered = |id: &str, number: &str| NewOrder {
        number: Some(text(number)),
        ..order_of(id, vec![priced("thing", 1, "1.00")])
    };
    world.place(numbered("x", "y")).await;
    let (stamp, _) = world.stamped("y").await;
    assert_eq!(stamp.order_id.as_str(), "x");
    world.place(numbered("y", "z")).await;
    let found = world.store.revalidate("y", Some(&stamp)).await.unwrap();
    let Revalidated::Changed { view, .. } = found else { panic!("{found:?}") };
    assert_eq!(view.order.id().as_str(), "y");
}

/// Any text can be asked for, and is no order.
pub async fn c262_any_text_can_be_revalidated(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let (stamp, _) = world.stamped("order-1").await;
    let long = "x".repeat(10_000);
    for odd in ["", " ", "%", "*", "'", "\"", "\\", "\u{0}", "order-1\u{0}", "🦀", "[1]", &long] {
        for known in [None, Some(&stamp)] {
            let found = world.store.revalidate(odd, known).await.unwrap();
            assert_eq!(found, Revalidated::Absent, "{odd:?}");
        }
    }
}

/// While one writes and others ask with what they have, nobody is told that something older than what
/// was acknowledged before they asked is unchanged.
pub async fn c263_what_was_acknowledged_is_never_called_unchanged(fixture: Fixture) {
    const WRITES: u64 = 60;
    let world = Arc::new(World::over(fixture));
    let id: OrderId = world.place(order(1)).await.order.id().clone();
    let acknowledged = Arc::new(AtomicU64::new(1));
    let readers = (0..4).map(|_| {
        let (world, acknowledged) = (Arc::clone(&world), Arc::clone(&acknowledged));
        tokio::spawn(async move {
            let (mut stamp, _) = world.stamped("order-1").await;
            loop {
                let least = acknowledged.load(Ordering::SeqCst);
                match world.store.revalidate("order-1", Some(&stamp)).await.unwrap() {
                    Revalidated::Changed { stamp: new, view } => {
                        assert_eq!(new.version, view.order.version());
                        stamp = new;
                    }
                    Revalidated::Unchanged => {}
                    Revalidated::Absent => panic!("the order is there"),
                }
                assert!(stamp.version >= least, "{least} was acknowledged, not {stamp:?}");
                if least > WRITES {
                    return;
                }
                tokio::task::yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for n in 1..=WRITES {
        let version = world.run(&id, note(n)).await.order.version();
        acknowledged.store(version, Ordering::SeqCst);
    }
    for reader in readers {
        reader.await.expect("a reader saw something old");
    }
}
