//! The publisher to RabbitMQ keeps every clause, over the real broker.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod consumed;
mod dropped;
mod python;
mod relayed;
mod scene;

use order_testkit::publisher::Trouble;

use self::scene::Scene;

async fn fresh(trouble: Option<Trouble>) -> Scene {
    Scene::set(trouble).await
}

order_testkit::publisher_contract_tests!(
    fresh; Down Hung Cut ConfirmLost Blocked Unroutable QueueDeleted TopicMissing Full
);
