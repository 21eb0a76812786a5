//! The process keeps its promises over a store in memory, and through lives that are made up.

use order_core::memory::InMemoryStore;
use order_testkit::{contract::Fixture, saga::simulate};

async fn fresh() -> Fixture {
    Fixture::new(InMemoryStore::default())
}

order_testkit::saga_tests!(fresh);

/// `ORDER_TEST_SEED` plays one life alone.
#[tokio::test]
async fn two_thousand_lives_add_up() {
    let only = std::env::var("ORDER_TEST_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seeds = only.map_or(0..2_000, |seed| seed..seed + 1);
    for seed in seeds {
        let life = tokio::spawn(simulate(seed));
        assert!(life.await.is_ok(), "seed {seed}: ORDER_TEST_SEED={seed} tells it again");
    }
}
