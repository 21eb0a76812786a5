//! The clients against real servers on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod behaviours;
mod callback;
mod circuit;
mod document;
mod failures;
mod lookups;
mod service;
mod stock;
