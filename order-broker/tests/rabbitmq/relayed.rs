//! Relays to the real broker are killed and it goes away; a consumer in another language sees everything.

use std::time::Duration;

use order_testkit::{
    publisher::{Received, Trouble, relayed::survives_kills},
    python::{Consumer, Packages},
};

use crate::scene::Scene;

const PIKA: Packages =
    Packages { folder: "order-broker-python", import: "import pika", names: &["pika>=1.3,<2"] };
/// How long a relay lives at most.
const LIFE: Duration = Duration::from_millis(400);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p21_relays_that_are_killed_and_a_broker_that_goes_away_lose_nothing() {
    let scene = Scene::set(Some(Trouble::Down)).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rabbitmq/consumer.py");
    let port = scene.port().to_string();
    let python = Consumer::start(&PIKA, script, &["127.0.0.1", &port, scene.name()]);
    let seen = python.as_ref().map(|python| || python.received());
    let seen = seen.as_ref().map(|seen| seen as &(dyn Fn() -> Vec<Received> + Sync));
    survives_kills(scene, LIFE, seen).await;
}
