//! GraphQL, asked as clients ask it, over the store in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod account;
mod analytics;
mod asked;
mod books;
mod errors;
mod federation;
#[path = "../front.rs"]
mod front;
mod limits;
mod mutation;
mod operation;
mod page;
mod query;
mod roles;
mod schema;
#[path = "../shop.rs"]
#[expect(dead_code, reason = "it serves the routes of REST too")]
mod shop;
mod subscription;
mod webhook;
