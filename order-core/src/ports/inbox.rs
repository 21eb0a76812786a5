//! What others told: payment providers until it is in an order, services around the catalogue once.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{catalog::CatalogChange, payments::PaymentNotice, store::StoreError};
use crate::{Label, Timestamp};

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// It waits: its order is not there yet, or something failed.
    Waiting,
    /// It is in its order.
    Applied,
    /// Its order will never take it: somebody has to look at it.
    Refused,
}

impl NoticeState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Applied, Self::Refused];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Applied => "applied",
            Self::Refused => "refused",
        }
    }
}

/// What becomes of a notice now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeFate {
    /// It is in its order.
    Applied,
    /// It is tried again at this time, because of this; with no time, not by itself.
    Wait {
        /// When it is tried again.
        at: Option<Timestamp>,
        /// Why it has to wait.
        code: Label,
    },
    /// Its order will never take it, because of this.
    Refused {
        /// Why.
        code: Label,
    },
}

/// A notice as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptNotice {
    /// What was told.
    pub notice: PaymentNotice,
    /// When it came in.
    pub received_at: Timestamp,
    /// What became of it.
    pub state: NoticeState,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// How often it was tried.
    pub tries: u32,
    /// Why it waits or was refused.
    pub code: Option<Label>,
}

impl NoticeFate {
    /// The state it leaves the notice in.
    pub const fn state(&self) -> NoticeState {
        match self {
            Self::Applied => NoticeState::Applied,
            Self::Wait { .. } => NoticeState::Waiting,
            Self::Refused { .. } => NoticeState::Refused,
        }
    }

    /// When it is tried next.
    pub const fn next_at(&self) -> Option<Timestamp> {
        match self {
            Self::Wait { at, .. } => *at,
            Self::Applied | Self::Refused { .. } => None,
        }
    }

    /// Why it waits or was refused.
    pub const fn code(&self) -> Option<&Label> {
        match self {
            Self::Applied => None,
            Self::Wait { code, .. } | Self::Refused { code } => Some(code),
        }
    }
}

/// Which event, and of whom: both together are its name, as in CloudEvents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// Where it comes from.
    pub source: Label,
    /// What it is called there.
    pub id: Label,
}

/// What others told. What payment providers told is kept until it is in an order; what changes the
/// catalogue does so at once, and only once.
///
/// 1. A notice is known by its provider and its id: [`receive`](Self::receive) of a known one changes
///    nothing and answers `false`.
/// 2. Once it answers, the notice survives a crash.
/// 3. A new notice is due at once. [`claim_notices`](Self::claim_notices) gives each due one to one
///    caller and moves its time to `until`. The oldest come first.
/// 4. [`take_change`](Self::take_change) does a change of the catalogue and remembers the event that
///    told it, both or neither. Of an event that is remembered it does nothing, and answers `false`,
///    however many take it at once.
/// 5. [`forget`](Self::forget) removes the names of events and the applied notices from before a time,
///    the oldest first, and nothing else.
#[async_trait]
pub trait Inbox: Debug + Send + Sync {
    /// Keeps a notice, and says whether it is new.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn receive(&self, notice: &PaymentNotice, at: Timestamp) -> Result<bool, StoreError>;

    /// Claims notices that are due, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn claim_notices(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, StoreError>;

    /// Says what becomes of a notice.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn settle_notice(
        &self,
        provider: &Label,
        id: &Label,
        fate: &NoticeFate,
    ) -> Result<(), StoreError>;

    /// Does a change that an event told, and says whether it was new. The change keeps the clauses of
    /// [`Catalog`](super::Catalog).
    ///
    /// # Errors
    /// [`StoreError::ProductConflict`], also for the stock of a product that is not there,
    /// [`StoreError::UnitsOwed`], [`StoreError::InsufficientStock`], [`StoreError::StockOverflow`],
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`]; then the event is not remembered.
    async fn take_change(
        &self,
        origin: &Origin,
        change: &CatalogChange,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Forgets what was told before a time and needs nothing more, at most `limit` events and as many
    /// notices, and says how many they were. Told again, they are new.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Notices that are not applied, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn open_notices(&self, limit: u32) -> Result<Vec<KeptNotice>, StoreError>;
}
