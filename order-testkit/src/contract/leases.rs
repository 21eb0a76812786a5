//! Relays of one name, one after the other: who holds the lease, who takes over, and what the one before
//! makes of it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use order_core::{
    Relay, Step,
    ports::{Clock as _, EventPublisher, Positioned, PublishError},
    relay::LEASE_MS,
};
use uuid::Uuid;

use super::{Fixture, World};
use crate::{
    FixedClock,
    sample::{order, text},
};

/// Takes everything.
#[derive(Debug, Default)]
struct Receiver(Mutex<Vec<u64>>);

impl Receiver {
    fn positions(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl EventPublisher for Receiver {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        self.0.lock().unwrap().extend(events.iter().map(|event| event.position));
        Ok(())
    }
}

/// A relay with a clock and a receiver of its own.
fn relay(world: &World, clock: &FixedClock, holder: u128) -> (Relay, Arc<Receiver>) {
    let receiver = Arc::<Receiver>::default();
    let (feed, clock) = (Arc::clone(&world.store), Arc::new(clock.clone()));
    let holder = Uuid::from_u128(holder);
    (Relay::new(feed, Arc::clone(&receiver) as _, clock, text("relay-1"), holder), receiver)
}

/// Who works takes the lease anew before it ends, so that nobody else comes in between.
pub async fn c297_a_relay_that_works_keeps_its_lease(fixture: Fixture) {
    let world = World::over(fixture);
    let (one, _) = relay(&world, &world.clock, 1);
    let (other, received) = relay(&world, &world.clock, 2);
    world.place(order(1)).await;
    assert_eq!(one.step().await.unwrap(), Step::Moved(2));
    for _ in 0..3 {
        world.clock.step(LEASE_MS / 2);
        assert_eq!(one.step().await.unwrap(), Step::Moved(0));
        assert_eq!(other.step().await.unwrap(), Step::Elsewhere);
    }
    world.clock.step(LEASE_MS - 1);
    assert_eq!(other.step().await.unwrap(), Step::Elsewhere);
    world.clock.step(1);
    assert_eq!(other.step().await.unwrap(), Step::Moved(0));
    world.place(order(2)).await;
    assert_eq!(other.step().await.unwrap(), Step::Moved(2));
    assert_eq!(received.positions(), [3, 4]);
}

/// Who did nothing for as long as the lease lasts does not go on with it.
pub async fn c298_a_relay_whose_lease_has_ended_asks_for_a_new_one(fixture: Fixture) {
    let world = World::over(fixture);
    let (one, received) = relay(&world, &world.clock, 1);
    let (other, _) = relay(&world, &world.clock, 2);
    world.place(order(1)).await;
    assert_eq!(one.step().await.unwrap(), Step::Moved(2));
    world.clock.step(LEASE_MS);
    assert_eq!(other.step().await.unwrap(), Step::Moved(0));
    world.place(order(2)).await;
    assert_eq!(one.step().await.unwrap(), Step::Elsewhere);
    assert_eq!(received.positions(), [1, 2], "what is another relay's is not published");
    assert_eq!(other.step().await.unwrap(), Step::Moved(2));
}

/// Who was overtaken while it published says so, moves nothing, and then leaves the rest to the other.
pub async fn c299_a_relay_that_was_overtaken_says_so(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let late = FixedClock::at(world.clock.now().plus_millis(LEASE_MS));
    let (one, received) = relay(&world, &world.clock, 1);
    let (other, received_by_other) = relay(&world, &late, 2);
    assert_eq!(one.step().await.unwrap(), Step::Moved(2));
    assert_eq!(other.step().await.unwrap(), Step::Moved(0));
    world.place(order(2)).await;
    assert_eq!(one.step().await.unwrap(), Step::Overtaken);
    world.place(order(3)).await;
    assert_eq!(one.step().await.unwrap(), Step::Elsewhere);
    assert_eq!(other.step().await.unwrap(), Step::Moved(4));
    assert_eq!(received.positions(), [1, 2, 3, 4]);
    assert_eq!(received_by_other.positions(), [3, 4, 5, 6]);
}
