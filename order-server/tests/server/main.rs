//! The built server as a process: started, asked, abused, stopped and killed.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod abuse;
mod accounts;
mod configuration;
mod crash;
#[path = "sqlite.rs"]
mod database;
mod erasure;
mod events;
mod exposure;
mod gateway;
mod graphql;
mod lifecycle;
mod metrics;
mod node;
mod payments;
mod process;
mod python;
mod receiver;
mod routes;
mod schema;
mod spans;
mod traces;
mod webhooks;
mod wire;
