//! A call that was dropped leaves its confirmations to nobody.

use std::time::Duration;

use order_broker::RabbitMqPublisher;
use order_core::ports::EventPublisher;
use order_testkit::publisher::{Broker, events};
use tokio::time::timeout;

use crate::scene::Scene;

/// In a channel with something on its way, a confirmation of the call before could take a return of the
/// next one with it. The broker seldom sends both in one go, so that is not what is looked at here.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p22_a_channel_is_kept_only_when_nothing_is_on_its_way() {
    let scene = Scene::set(None).await;
    let events = events(60).await;
    let publisher = RabbitMqPublisher::new(scene.settings()).unwrap();
    let keeps_one = || !format!("{publisher:?}").contains("channel: None");
    for _ in 0..3 {
        publisher.publish(&events[..1]).await.unwrap();
        assert!(keeps_one());
        let dropped = timeout(Duration::from_micros(500), publisher.publish(&events)).await;
        assert!(dropped.is_err() && !keeps_one());
    }
    publisher.publish(&events).await.unwrap();
    assert_eq!(scene.received().await.last().unwrap().kind, "order.released");
}
