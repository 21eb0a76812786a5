//! Figures of many made-up lives are what looking at every order gives.

use order_core::memory::InMemoryStore;
use order_testkit::contract::{Fixture, figures::figures_follow_lives};

/// How many lives.
const SEEDS: u64 = 60;

#[tokio::test]
async fn figures_of_made_up_lives_are_what_looking_at_every_order_gives() {
    for seed in 0..SEEDS {
        figures_follow_lives(Fixture::new(InMemoryStore::default()), seed).await;
    }
}
