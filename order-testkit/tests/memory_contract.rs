//! The store in memory keeps every clause that stores keep.

use order_core::memory::InMemoryStore;
use order_testkit::contract::Fixture;

async fn fresh() -> Fixture {
    Fixture::new(InMemoryStore::default())
}

order_testkit::store_contract_tests!(fresh);
