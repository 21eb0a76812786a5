//! Imports and exports on PostgreSQL: what the suite `import` asks of them wherever orders are.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "import/books.rs"]
mod books;
#[path = "database/postgres.rs"]
mod database;
#[path = "import/files.rs"]
mod files;
#[path = "import/resume.rs"]
mod resume;
#[path = "import/round_trip.rs"]
mod round_trip;
