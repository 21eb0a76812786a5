//! Whatever dies, and whenever: what was acknowledged is there, and all of it or nothing of the rest.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test speaks by panicking")]

#[path = "crash/backends.rs"]
mod backends;
#[path = "crash/commands.rs"]
mod commands;
#[path = "crash/cut.rs"]
mod cut;
#[path = "race/health.rs"]
mod health;
#[path = "crash/migrations.rs"]
mod migrations;
#[path = "crash/proxy.rs"]
mod proxy;
#[path = "race/random.rs"]
mod random;
#[path = "crash/server.rs"]
mod server;
