//! Where the orders of this run are: in PostgreSQL, a database for each test.

#[path = "../../../order-server/tests/server/postgres.rs"]
mod server;

use std::path::Path;

use server::Postgres;

/// A database of its own for a test.
#[derive(Debug)]
pub(crate) struct Database(Postgres);

impl Database {
    pub(crate) fn fresh() -> Self {
        Self(Postgres::fresh())
    }

    /// Its address.
    pub(crate) fn url(&self, _: &Path) -> String {
        self.0.url()
    }
}
