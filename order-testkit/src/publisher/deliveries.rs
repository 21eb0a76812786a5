//! What a publisher does while all is well.

use std::{collections::HashSet, time::Duration};

use order_core::{memory::InMemoryStore, relay::BATCH_MAX};
use tokio::time::timeout;

use super::{Broker, Received, check_all, events, feed, samples};
use crate::{
    contract::{Fixture, World},
    sample::{order_of, priced},
};

/// `Ok` means that every event has arrived.
pub async fn p01_ok_means_that_every_event_has_arrived(broker: impl Broker) {
    let events = events(30).await;
    broker.publisher().publish(&events).await.unwrap();
    let received = broker.received().await;
    check_all(&events, &received);
    assert_eq!(received.len(), events.len());
}

/// Nothing to publish is no failure.
pub async fn p02_no_events_are_published_at_once(broker: impl Broker) {
    broker.publisher().publish(&[]).await.unwrap();
    assert_eq!(broker.received().await, []);
}

/// Runs of the feed that begin and end anywhere keep the order of every order's events.
pub async fn p03_events_of_an_order_arrive_in_their_order(broker: impl Broker) {
    let events = events(9).await;
    let publisher = broker.publisher();
    for run in events.chunks(7) {
        publisher.publish(run).await.unwrap();
    }
    check_all(&events, &broker.received().await);
}

/// The same events again are the same to a consumer.
pub async fn p04_events_given_again_are_known_by_their_ids(broker: impl Broker) {
    let events = events(5).await;
    for publisher in [broker.publisher(), broker.publisher()] {
        publisher.publish(&events).await.unwrap();
        publisher.publish(&events[3..]).await.unwrap();
    }
    let received = broker.received().await;
    check_all(&events, &received);
    let times = if broker.sends_again() { 4 * events.len() - 6 } else { events.len() };
    assert_eq!(received.len(), times);
    assert_eq!(received.iter().collect::<HashSet<_>>().len(), events.len());
}

/// No kind of event is left out.
pub async fn p05_every_kind_of_event_arrives(broker: impl Broker) {
    let events: Vec<_> = samples().into_iter().map(|(_, event)| event).collect();
    broker.publisher().publish(&events).await.unwrap();
    check_all(&events, &broker.received().await);
}

/// As many events as a relay gives at once, and events as large as they get.
pub async fn p06_large_batches_and_large_events_arrive(broker: impl Broker) {
    let store = InMemoryStore::default();
    let world = World::over(Fixture::new(store.clone()));
    let items = (0..1_200).map(|n| priced(&format!("thing-{n}"), 1, "1.00")).collect();
    world.place(order_of("large", items)).await;
    let large = feed(&store).await;
    let mut many = events(BATCH_MAX / 4).await;
    // They follow in the same feed.
    for event in &mut many {
        event.position += large.len() as u64;
    }
    let publisher = broker.publisher();
    publisher.publish(&large).await.unwrap();
    publisher.publish(&many).await.unwrap();
    let all: Vec<_> = large.into_iter().chain(many).collect();
    check_all(&all, &broker.received().await);
}

/// Two relays of one name may publish the same, when one overtakes the other.
pub async fn p07_two_publishers_at_once_lose_nothing(broker: impl Broker) {
    let events = events(40).await;
    let (one, other) = (broker.publisher(), broker.publisher());
    let both = futures::join!(one.publish(&events), other.publish(&events));
    both.0.unwrap();
    both.1.unwrap();
    check_all(&events, &broker.received().await);
}

/// A call may be dropped wherever it is; the next one begins anew.
pub async fn p08_a_call_that_is_dropped_half_way_loses_nothing(broker: impl Broker) {
    let events = events(60).await;
    let publisher = broker.publisher();
    let mut given = Vec::new();
    for (n, run) in events.chunks(40).enumerate() {
        for micros in [50, 700, 3_000] {
            let _ = timeout(Duration::from_micros(micros), publisher.publish(run)).await;
        }
        publisher.publish(run).await.unwrap();
        given.extend_from_slice(run);
        let received = broker.received().await;
        check_all(&given, &received);
        assert!(received.len() <= 4 * (n + 1) * 40);
    }
    let received: HashSet<Received> = broker.received().await.into_iter().collect();
    assert_eq!(received.len(), events.len());
}
