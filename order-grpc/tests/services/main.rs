//! The services, asked as clients ask them, over the store in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod core;
mod host;
mod orders;
mod products;
mod roles;
mod scene;
mod serving;
mod streams;
mod users;
