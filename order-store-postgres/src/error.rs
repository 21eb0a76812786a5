//! What the driver says, in the words of the ports.

use std::{error::Error, sync::Arc};

use order_core::{
    ErrorKind,
    ports::{CorruptRow, StoreError},
};
use sqlx::{error::DatabaseError, migrate::MigrateError};
use thiserror::Error;

/// Why a database could not be opened or migrated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address names no PostgreSQL database. It is not repeated: it may hold a password.
    #[error("this is not the address of a PostgreSQL database")]
    Address {
        /// What is wrong with it.
        #[source]
        source: sqlx::Error,
    },
    /// The schema cannot have this name.
    #[error("{name:?} cannot name a schema: use lower-case letters, digits and underscores")]
    SchemaName {
        /// The name.
        name: String,
    },
    /// The server cannot be reached, or lets nobody in.
    #[error("the database cannot be reached")]
    Open {
        /// What went wrong.
        #[source]
        source: sqlx::Error,
    },
    /// A newer release has migrated the database. Use that release, or a backup from before it.
    #[error("the database has schema version {found}, this release knows versions up to {known}")]
    NewerSchema {
        /// The version in the database.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The schema could not be brought up to date. Nothing of the migration was kept.
    #[error("the database cannot be migrated")]
    Migrate(#[source] MigrateError),
}

impl OpenError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "store.address_invalid",
            Self::SchemaName { .. } => "store.schema_name_invalid",
            Self::Open { .. } => "store.cannot_open",
            Self::NewerSchema { .. } => "store.schema_newer",
            Self::Migrate(_) => "store.cannot_migrate",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Address { .. } | Self::SchemaName { .. } => ErrorKind::Invalid,
            Self::Open { .. } => ErrorKind::Unavailable,
            Self::NewerSchema { .. } | Self::Migrate(_) => ErrorKind::Internal,
        }
    }
}

/// A failure that several waiting tasks share.
#[derive(Debug, Clone, Error)]
#[error("the transaction failed")]
pub(crate) struct Lost(#[source] pub(crate) Arc<sqlx::Error>);

/// Whoever was to do it ended before it answered.
#[derive(Debug, Clone, Copy, Error)]
#[error("the store was closed")]
pub(crate) struct Stopped;

/// The database did not answer in time; it may still do what was asked.
#[derive(Debug, Clone, Copy, Error)]
#[error("the database does not answer")]
pub(crate) struct Late;

/// The host's transaction is over.
#[derive(Debug, Clone, Copy, Error)]
#[error("the transaction has ended")]
pub(crate) struct Ended;

/// What does not fit, in words.
#[derive(Debug, Clone, Copy, Error)]
#[error("{0}")]
pub(crate) struct Misfit(pub(crate) &'static str);

/// A row that does not fit the domain.
pub(crate) fn corrupt(
    table: &'static str,
    column: &'static str,
    id: &str,
    source: impl Into<Box<dyn Error + Send + Sync>>,
) -> StoreError {
    let row = CorruptRow { table, column, id: id.to_owned(), source: source.into() };
    StoreError::Corrupt(Box::new(row))
}

fn code(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.map(std::borrow::Cow::into_owned).unwrap_or_default()
}

/// Whether the same again may succeed at once: somebody else was in the way, and everything of ours
/// was rolled back (serialization failure, deadlock).
pub(crate) fn is_collision(error: &sqlx::Error) -> bool {
    matches!(code(error).as_str(), "40001" | "40P01")
}

/// Whether the server has too much to do: a lock that was waited for too long, no connection left, a
/// statement that was cancelled. Nothing was written then.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut)
        || matches!(code(error).as_str(), "55P03" | "57014" | "53300" | "53400")
}

/// Whether the data were refused: integrity constraints (class 23), and values that no column takes
/// (classes 22 and 54). Only one of a batch is to blame then.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    matches!(code(error).get(..2), Some("22" | "23" | "54"))
}

/// Whether a savepoint was asked for outside of a transaction.
pub(crate) fn has_no_transaction(error: &sqlx::Error) -> bool {
    code(error) == "25P01"
}

/// Translates what the driver says.
pub(crate) fn from_sqlx(error: sqlx::Error) -> StoreError {
    if is_busy(&error) {
        return StoreError::Overloaded;
    }
    if is_collision(&error) {
        return StoreError::Conflict;
    }
    if !is_refusal(&error) {
        return StoreError::Unavailable(error.into());
    }
    let constraint = error.as_database_error().and_then(DatabaseError::constraint);
    match constraint.unwrap_or_default() {
        "order_number_pkey" => StoreError::NumberTaken,
        "order_state_pkey" | "order_event_pkey" | "order_product_index_pkey" => {
            StoreError::Conflict
        }
        "order_request_pkey" => StoreError::KeyTaken,
        "order_product_pkey" => StoreError::ProductConflict,
        "order_user_pkey" => StoreError::UserConflict,
        "order_user_by_email" => StoreError::EmailTaken,
        name => {
            let id = if name.is_empty() { code(&error) } else { name.to_owned() };
            corrupt("constraint", "value", &id, error)
        }
    }
}
