//! Deciding and folding in memory, beside a clone of what is decided on.

use std::{hint::black_box, sync::Arc};

use order_benches::{
    Failure, content,
    measure::{alternate, nanos},
    report::{Figure, Goal, print, title},
};
use order_core::{
    Actor, Command, Content, EventId, Order, OrderEvent, OrderId, Recorded, Timestamp, decide,
    evolve,
};

const CALLS: u64 = 200_000;
const ROUNDS: usize = 9;

fn main() -> Result<(), Failure> {
    let content = Arc::new(content(1)?);
    let id = OrderId::try_from("order-1")?;
    let actor = Actor::try_from("benches")?;
    let recorded = |event: OrderEvent, version: u64| Recorded {
        id: EventId { order_id: id.clone(), version, ordinal: 0 },
        at: Timestamp::from_millis(1_700_000_000_000),
        actor: actor.clone(),
        event,
    };
    let place = Command::Place { content: Some(Arc::clone(&content)), person: None };
    let fold = |order: Option<Order>, command: &Command, version: u64| -> Option<Order> {
        let events = decide(order.as_ref(), command).ok()?;
        let fold = |order, event| evolve(order, &recorded(event, version)).ok();
        events.into_iter().try_fold(order, |order, event| fold(order, event).map(Some))?
    };
    let placed = fold(None, &place, 1).ok_or("an order can be placed")?;
    let confirmed = fold(Some(placed.clone()), &Command::Confirm, 2).ok_or("and confirmed")?;
    let ship = Command::Ship(order_core::Shipping::default());
    if fold(Some(confirmed.clone()), &ship, 3).is_none() {
        return Err("and shipped".into());
    }

    title("decide and evolve in memory");
    let clone = || nanos(CALLS, || Content::clone(black_box(&content)));
    let (ours, theirs) = alternate(ROUNDS, || nanos(CALLS, || fold(None, &place, 1)), clone);
    print(&Figure {
        work: "place an order of 3 lines: decide + evolve",
        ours,
        yardstick: "clone of the command's content",
        theirs,
        unit: "ns",
        goal: Goal::AtMost(3.0),
    });
    let confirm = Command::Confirm;
    let transition = || nanos(CALLS, || decide(black_box(Some(&placed)), &confirm));
    let (ours, theirs) = alternate(ROUNDS, transition, clone);
    print(&Figure {
        work: "a transition (confirm): decide on a borrowed order",
        ours,
        yardstick: "clone of the content of its placement",
        theirs,
        unit: "ns",
        goal: Goal::AtMost(0.5),
    });
    let ship_all = || nanos(CALLS, || decide(black_box(Some(&confirmed)), &ship));
    let (ours, theirs) = alternate(ROUNDS, ship_all, clone);
    print(&Figure {
        work: "ship all 3 lines: decide on a borrowed order",
        ours,
        yardstick: "clone of the content of its placement",
        theirs,
        unit: "ns",
        goal: Goal::None,
    });
    Ok(())
}
