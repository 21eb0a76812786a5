//! The process keeps its promises over PostgreSQL.

#![expect(clippy::expect_used, reason = "a test speaks by panicking")]

#[path = "support.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use order_testkit::contract::Fixture;
use support::Schema;

async fn fresh() -> Fixture {
    let schema = Schema::fresh();
    Fixture::new(schema.store().await).keeping(schema)
}

order_testkit::saga_tests!(fresh);
