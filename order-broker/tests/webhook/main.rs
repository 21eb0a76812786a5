//! Webhooks: what is sent, and the contract of publishers from the feed to an endpoint.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod delivered;
mod endpoint;
mod ledger;
mod sent;

use std::time::Duration;

use order_testkit::publisher::{Trouble, relayed::survives_kills};

use self::delivered::Scene;

async fn fresh(trouble: Option<Trouble>) -> Option<Scene> {
    Some(Scene::set(trouble).await)
}

// No endpoint refuses an event for good: it is tried again for three days. So there is nobody for
// `Unroutable`, `QueueDeleted` and `TooLarge`, which are about what a broker refuses.
order_testkit::publisher_contract_tests!(
    fresh; Down Hung Cut ConfirmLost Blocked TopicMissing Full
);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p21_relays_that_are_killed_and_an_endpoint_that_goes_away_lose_nothing() {
    let scene = Scene::set(Some(Trouble::Down)).await;
    survives_kills(scene, Duration::from_millis(400), None).await;
}
