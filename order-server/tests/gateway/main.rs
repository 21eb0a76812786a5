//! The whole REST suite of `order-http`, where the use cases are in another server: a gateway.
//!
//! The program is called `rest` like theirs, so that both look at the same golden files.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod front;

#[path = "../../../order-http/tests/access.rs"]
mod access;
#[path = "../../../order-http/tests/actions.rs"]
mod actions;
#[path = "../../../order-http/tests/analytics.rs"]
mod analytics;
#[path = "../../../order-http/tests/bad_input.rs"]
mod bad_input;
#[path = "../../../order-http/tests/conditions.rs"]
mod conditions;
#[path = "../../../order-http/tests/document.rs"]
mod document;
#[path = "../../../order-http/tests/erase.rs"]
mod erase;
#[path = "../../../order-http/tests/feed.rs"]
mod feed;
#[path = "../../../order-http/tests/lists.rs"]
mod lists;
#[path = "../../../order-http/tests/operations.rs"]
mod operations;
#[path = "../../../order-http/tests/orders.rs"]
mod orders;
#[path = "../../../order-http/tests/outbox.rs"]
mod outbox;
#[path = "../../../order-http/tests/payments.rs"]
mod payments;
#[path = "../../../order-http/tests/problems.rs"]
mod problems;
#[path = "../../../order-http/tests/processes.rs"]
mod processes;
#[path = "../../../order-http/tests/products.rs"]
mod products;
#[path = "../../../order-http/tests/roles.rs"]
mod roles;
#[path = "../../../order-http/tests/seeds.rs"]
mod seeds;
#[path = "../../../order-http/tests/shipments.rs"]
mod shipments;
#[path = "../../../order-http/tests/shop.rs"]
mod shop;
#[path = "../../../order-http/tests/status.rs"]
mod status;
#[path = "../../../order-http/tests/users.rs"]
mod users;
#[path = "../../../order-http/tests/webhooks.rs"]
mod webhooks;
