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
    /// The address names no SQLite database.
    #[error("{url:?} is not the address of a SQLite database")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        #[source]
        source: sqlx::Error,
    },
    /// The file cannot be opened.
    #[error("the database {path:?} cannot be opened")]
    Open {
        /// Which file.
        path: String,
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
            Self::Open { .. } => "store.cannot_open",
            Self::NewerSchema { .. } => "store.schema_newer",
            Self::Migrate(_) => "store.cannot_migrate",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Address { .. } => ErrorKind::Invalid,
            Self::Open { .. } => ErrorKind::Unavailable,
            Self::NewerSchema { .. } | Self::Migrate(_) => ErrorKind::Internal,
        }
    }
}

/// A failure that several waiting commits share.
#[derive(Debug, Clone, Error)]
#[error("the transaction failed")]
pub(crate) struct Lost(#[source] pub(crate) Arc<sqlx::Error>);

/// The writer ended before it answered.
#[derive(Debug, Clone, Copy, Error)]
#[error("the writer has stopped")]
pub(crate) struct Stopped;

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

/// Whether somebody else held a lock for longer than we wait. Nothing was written then.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    // The low byte is the primary code, the rest says more about it.
    let primary = |code: &str| code.parse::<i32>().map(|code| code & 0xff);
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| matches!(primary(&code), Ok(BUSY | LOCKED)))
}

/// Whether a constraint refused the data: only one of a batch is to blame then.
pub(crate) fn is_constraint(error: &sqlx::Error) -> bool {
    const CONSTRAINT: i32 = 19;
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == CONSTRAINT)
}

/// Translates what the driver says.
pub(crate) fn from_sqlx(error: sqlx::Error) -> StoreError {
    if is_busy(&error) || matches!(error, sqlx::Error::PoolTimedOut) {
        return StoreError::Overloaded;
    }
    if !is_constraint(&error) {
        return StoreError::Unavailable(error.into());
    }
    let message = error.as_database_error().map_or("", DatabaseError::message);
    match message.split_once("failed: ").map_or("", |(_, name)| name) {
        "order_state.number" => StoreError::NumberTaken,
        "order_state.id" | "order_event.order_id, order_event.version, order_event.ordinal" => {
            StoreError::Conflict
        }
        "order_request.owner, order_request.key" => StoreError::KeyTaken,
        "order_product.id" => StoreError::ProductConflict,
        "order_user.id" => StoreError::UserConflict,
        "order_user.email_key" => StoreError::EmailTaken,
        name => {
            let id = if name.is_empty() { message } else { name }.to_owned();
            corrupt("constraint", "value", &id, error)
        }
    }
}
