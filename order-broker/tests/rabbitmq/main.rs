//! The publisher to RabbitMQ keeps every clause, over the real broker.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod consumed;
mod dropped;
mod relayed;
mod scene;
#[path = "../consuming/shop.rs"]
mod shop;

use order_testkit::publisher::Trouble;

use self::scene::Scene;

async fn fresh(trouble: Option<Trouble>) -> Option<Scene> {
    Some(Scene::set(trouble).await)
}

order_testkit::publisher_contract_tests!(
    fresh; Down Hung Cut ConfirmLost Blocked Unroutable QueueDeleted TopicMissing Full
);
