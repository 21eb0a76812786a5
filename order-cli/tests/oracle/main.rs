//! A year of real orders, compared with figures that were computed independently.
//!
//! The data (UCI "Online Retail", CC BY 4.0) is not part of the project: without it there is nothing to
//! compare, and the test says so.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "../import/books.rs"]
mod books;
mod comparison;
#[path = "../database/sqlite.rs"]
mod database;
