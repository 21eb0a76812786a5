//! The real orders in PostgreSQL: what the suite `oracle` compares.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "import/books.rs"]
mod books;
#[path = "oracle/comparison.rs"]
mod comparison;
#[path = "database/postgres.rs"]
mod database;
