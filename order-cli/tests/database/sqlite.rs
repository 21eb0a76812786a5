//! Where the orders of this run are: in a SQLite file in the folder of the test.

use std::path::Path;

/// A database of its own for a test.
#[derive(Debug)]
pub(crate) struct Database;

impl Database {
    pub(crate) const fn fresh() -> Self {
        Self
    }

    /// Its address.
    pub(crate) fn url(&self, folder: &Path) -> String {
        let Self = self;
        format!("sqlite://{}", folder.join("orders.db").display())
    }
}
