//! Two servers on one database, and everybody at once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test speaks by panicking")]

#[path = "race/backorder.rs"]
mod backorder;
#[path = "race/bad.rs"]
mod bad;
#[path = "race/beginnings.rs"]
mod beginnings;
#[path = "race/carts.rs"]
mod carts;
#[path = "race/health.rs"]
mod health;
#[path = "race/keys.rs"]
mod keys;
#[path = "race/last_unit.rs"]
mod last_unit;
#[path = "race/leavers.rs"]
mod leavers;
#[path = "race/overload.rs"]
mod overload;
#[path = "race/random.rs"]
mod random;
#[path = "race/servers.rs"]
mod servers;
#[path = "support.rs"]
mod support;
#[path = "race/versions.rs"]
mod versions;
#[path = "race/waiting.rs"]
mod waiting;
