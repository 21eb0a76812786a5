//! Where the servers of this run keep their orders: in a SQLite file in their folder.

use std::{fs, path::Path};

/// How often a server is killed.
pub(crate) const KILLS: usize = 10;
/// Whether servers may share a cache.
pub(crate) const CACHES: bool = false;
/// Whether an erasure leaves nothing in the file before it is swept.
pub(crate) const SWEPT_AT_ONCE: bool = false;

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

    /// All that is kept: the bytes of the file, of its log and of the log's index.
    pub(crate) fn kept(&self, folder: &Path) -> Vec<u8> {
        let Self = self;
        let files = ["orders.db", "orders.db-wal", "orders.db-shm"].map(|name| folder.join(name));
        files.into_iter().filter_map(|file| fs::read(file).ok()).flatten().collect()
    }

    /// The same.
    pub(crate) fn kept_in_files(&self, folder: &Path) -> Vec<u8> {
        self.kept(folder)
    }

    /// What the banner of a server in this folder calls it.
    pub(crate) fn shown(&self, folder: &Path) -> String {
        let Self = self;
        folder.join("orders.db").display().to_string()
    }
}
