//! Many made-up lives of orders whose events are refused, over the store in memory.

use order_core::memory::InMemoryStore;
use order_testkit::contract::{Fixture, streams};

/// How many lives.
const LIVES: u64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_lives_of_held_orders_add_up() {
    for seed in 0..LIVES {
        streams::live(Fixture::new(InMemoryStore::default()), seed).await;
    }
}
