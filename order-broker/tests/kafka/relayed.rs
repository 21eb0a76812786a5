//! Relays to Kafka are killed and it goes away; a consumer in another language sees everything.

use std::time::Duration;

use order_testkit::{
    publisher::{Broker, Received, Trouble, check_all, events, relayed::survives_kills},
    python::{Consumer, Packages},
};
use tokio::time::{Instant, sleep};

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

const PATIENCE: Duration = Duration::from_mins(1);

fn python(topic: &Topic) -> Option<Consumer> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka/consumer.py");
    Consumer::start(&CLIENT, script, &[&topic.servers, &topic.name])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p21_relays_that_are_killed_and_a_broker_that_goes_away_lose_nothing() {
    let mock = Mock::set(Some(Trouble::Down));
    let python = python(mock.topic());
    let seen = python.as_ref().map(|python| || python.received());
    let seen = seen.as_ref().map(|seen| seen as &(dyn Fn() -> Vec<Received> + Sync));
    survives_kills(mock, LIFE, seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_consumer_in_another_language_reads_a_real_broker() {
    let Some(real) = Real::set(None).await else { return };
    let Some(python) = python(real.topic()) else { return };
    let given = events(40).await;
    let publisher = real.publisher();
    for run in given.chunks(50) {
        publisher.publish(run).await.unwrap();
    }
    let begin = Instant::now();
    while python.received().len() < given.len() && begin.elapsed() < PATIENCE {
        sleep(Duration::from_millis(100)).await;
    }
    check_all(&given, &python.received());
}
