//! Where the servers of this run keep their orders: in a SQLite file in their folder.

use std::path::Path;

/// How often a server is killed.
pub(crate) const KILLS: usize = 10;

/// A database of its own for a test.
#[derive(Debug)]
pub(crate) struct Database;

impl Database {
    pub(crate) const fn fresh() -> Self {
        Self
    }

    /// What tells a server of it: nothing, for it takes this one by default.
    pub(crate) const fn variables(&self) -> [(&'static str, String); 0] {
        let Self = self;
        []
    }

    /// What the banner of a server in this folder calls it.
    pub(crate) fn shown(&self, folder: &Path) -> String {
        let Self = self;
        folder.join("orders.db").display().to_string()
    }
}
