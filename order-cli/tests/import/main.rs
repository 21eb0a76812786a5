//! Imports and exports as people run them.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod books;
#[path = "../database/sqlite.rs"]
mod database;
mod files;
mod remote;
mod resume;
mod round_trip;
