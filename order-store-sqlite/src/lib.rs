//! The embedded default: orders in one SQLite file.
//!
//! [`SqliteStore`] implements every driven port of `order-core`. Whatever is written goes through
//! one writer, which carries all that has gathered meanwhile in one transaction; reads have
//! connections of their own. A host that writes to the same database joins an order to its own
//! transaction with [`commit_on`].
//!
//! ```no_run
//! # async fn example() -> Result<(), order_store_sqlite::OpenError> {
//! let store = order_store_sqlite::SqliteStore::open("sqlite://orders.db").await?;
//! # let _ = store;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod agenda;
mod audit_log;
mod batch;
mod books;
mod bulk;
mod catalog;
mod deliveries;
mod doctor;
mod error;
mod feed;
mod inbox;
mod maintenance;
mod outbox;
#[cfg(test)]
mod plans;
mod queries;
mod rollups;
mod rows;
mod schema;
mod settings;
mod stats;
mod store;
mod subscriptions;
mod sweep;
mod write;
mod writer;

pub use self::{
    error::OpenError,
    store::{SqliteStore, commit_on},
};
