//! Orders in PostgreSQL.
//!
//! [`PgOrderStore`] implements every driven port of `order-core`, in a schema of its own. Commits
//! that are waiting share one transaction and a handful of statements, each with its own result;
//! reads by key that are waiting share a statement. Any number of servers may work on one database.
//! A host joins orders to its own transaction with [`PgOrderStore::join`], or writes a commit on its
//! own connection with [`PgOrderStore::commit_on`].
//!
//! ```no_run
//! # async fn example() -> Result<(), order_store_postgres::OpenError> {
//! let store = order_store_postgres::PgOrderStore::open("postgres://localhost/shop").await?;
//! # let _ = store;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod agenda;
mod audit_log;
mod batch;
mod books;
mod catalog;
mod confirmed;
mod crew;
mod deliveries;
mod doctor;
mod error;
mod feed;
mod inbox;
mod joined;
mod maintenance;
mod outbox;
#[cfg(test)]
#[cfg(feature = "live-tests")]
mod plans;
mod queries;
mod reader;
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

pub use self::{error::OpenError, joined::PgJoined, store::PgOrderStore};
