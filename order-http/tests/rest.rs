//! The REST routes, asked as clients ask them, over the store in memory.
//!
//! `order-server/tests/gateway` runs these modules too, with the use cases in another server.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod actions;
mod analytics;
mod bad_input;
mod conditions;
mod document;
mod erase;
mod feed;
mod front;
mod lists;
mod operations;
mod orders;
mod outbox;
mod payments;
mod problems;
mod processes;
mod products;
mod roles;
mod seeds;
mod shipments;
mod shop;
mod status;
mod users;
mod webhooks;
