//! Where orders are kept.

use std::{error::Error, fmt::Debug};

use async_trait::async_trait;
use thiserror::Error;

use super::{
    accounts::Accounts,
    agenda::Agenda,
    audit_log::AuditLog,
    books::Books,
    catalog::Catalog,
    commit::{Commit, Remembered, RequestKey},
    feed::EventFeed,
    inbox::Inbox,
    maintenance::Maintenance,
    outbox::Outbox,
    queries::OrderQueries,
    revalidation::Revalidation,
    rollups::RollUps,
    subscriptions::Subscriptions,
};
use crate::{ErrorKind, OrderId, PersonalData, ProductId, Recorded};

/// A row that does not fit the domain: where it is, and what does not fit.
#[derive(Debug, Error)]
#[error("{table}.{column} of {id} is corrupt")]
pub struct CorruptRow {
    /// Which table.
    pub table: &'static str,
    /// Which column.
    pub column: &'static str,
    /// Which row.
    pub id: String,
    /// What does not fit.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// Why a store could not do it. Unless it says otherwise, nothing was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The order has another version than expected, or exists when it should not.
    #[error("the order was changed by somebody else")]
    Conflict,
    /// Another order has this number.
    #[error("another order has this number")]
    NumberTaken,
    /// The request key is remembered already.
    #[error("the request key is known already")]
    KeyTaken,
    /// The product was changed by somebody else, or exists when it should not.
    #[error("the product was changed by somebody else")]
    ProductConflict,
    /// The account was changed by somebody else, is not there, or exists when it should not.
    #[error("the user was changed by somebody else")]
    UserConflict,
    /// Another account has this e-mail address.
    #[error("another user has this e-mail address")]
    EmailTaken,
    /// Nobody would be left who may do everything.
    #[error("the last administrator stays one")]
    LastAdmin,
    /// The webhook subscription was changed by somebody else, is not there, or exists when it should not.
    #[error("the webhook subscription was changed by somebody else")]
    SubscriptionConflict,
    /// Not enough stock.
    #[error("product {product_id} has {available} units, not {requested}")]
    InsufficientStock {
        /// Which product.
        product_id: ProductId,
        /// Units there are.
        available: i64,
        /// Units asked for.
        requested: i64,
    },
    /// Units that were sold on backorder are still owed, so that the product can neither end its
    /// backorder nor go.
    #[error("product {product_id} owes {owed} units")]
    UnitsOwed {
        /// Which product.
        product_id: ProductId,
        /// Units that are owed.
        owed: i64,
    },
    /// A level that cannot be counted.
    #[error("the stock of product {product_id} would exceed what can be counted")]
    StockOverflow {
        /// Which product.
        product_id: ProductId,
    },
    /// A row does not fit the domain.
    #[error(transparent)]
    Corrupt(Box<CorruptRow>),
    /// Too many commits are waiting. Nothing was written.
    #[error("the store has too much to do")]
    Overloaded,
    /// The store cannot be reached or failed half-way: **whether it was written is unknown**. Ask
    /// again with the same request key.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict => "order.conflict",
            Self::NumberTaken => "order.number_taken",
            Self::KeyTaken => "request.key_taken",
            Self::ProductConflict => "product.conflict",
            Self::UserConflict => "user.conflict",
            Self::EmailTaken => "user.email_taken",
            Self::LastAdmin => "user.last_admin",
            Self::SubscriptionConflict => "webhook.conflict",
            Self::InsufficientStock { .. } => "stock.insufficient",
            Self::UnitsOwed { .. } => "stock.owed",
            Self::StockOverflow { .. } => "stock.out_of_range",
            Self::Corrupt(_) => "store.corrupt",
            Self::Overloaded => "store.overloaded",
            Self::Unavailable(_) => "store.unavailable",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict
            | Self::NumberTaken
            | Self::KeyTaken
            | Self::ProductConflict
            | Self::UserConflict
            | Self::EmailTaken
            | Self::LastAdmin
            | Self::SubscriptionConflict
            | Self::InsufficientStock { .. }
            | Self::UnitsOwed { .. } => ErrorKind::Conflict,
            Self::StockOverflow { .. } => ErrorKind::Invalid,
            Self::Corrupt(_) => ErrorKind::Internal,
            Self::Overloaded => ErrorKind::Overloaded,
            Self::Unavailable(_) => ErrorKind::Unavailable,
        }
    }
}

/// What is kept of one order: its history, empty if there is no such order, and its personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    /// The history, oldest first.
    pub events: Vec<Recorded>,
    /// The personal data; empty if there is none.
    pub person: PersonalData,
}

/// Where orders are kept: the events, the state, and what else one command writes.
///
/// 1. [`commit`](Self::commit) writes the whole [`Commit`] or nothing of it.
/// 2. It fails with [`StoreError::Conflict`] unless the order's version is the expected one; with
///    expected version 0, unless the order does not exist.
/// 3. It fails with [`StoreError::KeyTaken`] if the request key is remembered, before it looks at
///    anything else.
/// 4. It fails with [`StoreError::NumberTaken`] if another order has the number.
/// 5. It fails with [`StoreError::InsufficientStock`] rather than let a counted stock go below
///    zero, however many commits run at once, unless the product has backorder. Products that are
///    unknown or not counted are left alone.
/// 6. Once it answers `Ok`, the commit survives a crash.
/// 7. Of commits that race, each loser fails as above and the store is usable at once.
/// 8. [`load`](Self::load) gives back exactly what was committed, oldest first.
/// 9. A row that does not fit the domain is [`StoreError::Corrupt`], never skipped, never a panic.
#[async_trait]
pub trait OrderStore: Debug + Send + Sync {
    /// The history and the personal data of an order; empty if there is none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError>;

    /// Writes a commit, whole or not at all.
    ///
    /// # Errors
    /// Every [`StoreError`] except those on products.
    async fn commit(&self, commit: &Commit) -> Result<(), StoreError>;

    /// What is remembered of a request; none if the key was never committed.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError>;

    /// The next free sequence number for order numbers, from 1. Never given twice; gaps are fine.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn next_number(&self) -> Result<u64, StoreError>;
}

/// All that a whole store offers.
pub trait Store:
    OrderStore
    + OrderQueries
    + Revalidation
    + Catalog
    + Books
    + Maintenance
    + EventFeed
    + Outbox
    + Agenda
    + Inbox
    + Accounts
    + Subscriptions
    + AuditLog
    + RollUps
{
}

impl<S> Store for S where
    S: OrderStore
        + OrderQueries
        + Revalidation
        + Catalog
        + Books
        + Maintenance
        + EventFeed
        + Outbox
        + Agenda
        + Inbox
        + Accounts
        + Subscriptions
        + AuditLog
        + RollUps
{
}
