//! The built server as a process: started, asked, abused, stopped and killed.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod abuse;
mod accounts;
mod configuration;
mod crash;
#[path = "sqlite.rs"]
mod database;
mod events;
mod gateway;
mod lifecycle;
mod metrics;
mod payments;
mod process;
mod python;
mod receiver;
mod routes;
mod webhooks;
mod wire;
