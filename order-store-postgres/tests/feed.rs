//! What happened comes out of the feed once, whole and in order, while many write it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test speaks by panicking")]

#[path = "feed/delivered.rs"]
mod delivered;
#[path = "feed/followed.rs"]
mod followed;
#[path = "race/health.rs"]
mod health;
#[path = "race/random.rs"]
mod random;
#[path = "feed/relayed.rs"]
mod relayed;
#[path = "support.rs"]
mod support;
#[path = "feed/writers.rs"]
mod writers;
