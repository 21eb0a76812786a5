//! Relays to Kafka are killed and it goes away; a consumer in another language sees everything.

use std::time::Duration;

use order_testkit::{
    publisher::{Broker, Received, Trouble, relayed::survives_kills},
    python::{Consumer, Packages},
};

use crate::{mock::Mock, real::Real, topic::Topic};

/// A client that shares no code with ours: the protocol in Python. Later ones do not understand how the
/// cluster of the client library says which versions it speaks.
const CLIENT: Packages = Packages {
    folder: "order-broker-python-kafka",
    import: "import kafka",
    names: &["kafka-python>=2.2,<2.3"],
};
/// How long a relay lives at most. A producer needs up to a second until it sends for the first time.
const LIFE: Duration = Duration::from_millis(1_500);

async fn with_python(broker: impl Broker + 'static, topic: Topic) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka/consumer.py");
    let python = Consumer::start(&CLIENT, script, &[&topic.servers, &topic.name]);
    let seen = python.as_ref().map(|python| || python.received());
    let seen = seen.as_ref().map(|seen| seen as &(dyn Fn() -> Vec<Received> + Sync));
    survives_kills(broker, LIFE, seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p21_relays_that_are_killed_and_a_broker_that_goes_away_lose_nothing() {
    let mock = Mock::set(Some(Trouble::Down));
    let topic = mock.topic().clone();
    with_python(mock, topic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p21_the_same_holds_for_a_real_broker() {
    if let Some(real) = Real::set(Some(Trouble::Down)).await {
        let topic = real.topic().clone();
        with_python(real, topic).await;
    }
}
