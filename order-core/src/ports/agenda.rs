//! Which orders something is to happen to, and when.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::store::StoreError;
use crate::{Label, OrderId, Timestamp};

/// What a commit says of the order's process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AgendaChange {
    /// Nothing was to happen before, and nothing is now.
    #[default]
    Leave,
    /// Something is to happen, or somebody has to look at it.
    Put {
        /// When something is to happen next; none if it waits for somebody.
        next_at: Option<Timestamp>,
        /// Why somebody has to look at it.
        attention: Option<Label>,
    },
    /// Nothing is to happen any more.
    Remove,
}

/// An order that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which order.
    pub order_id: OrderId,
    /// How often it has been claimed since it last changed, this time included.
    pub tries: u32,
}

/// An order that something is to happen to, or that somebody has to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgendaEntry {
    /// Which order.
    pub order_id: OrderId,
    /// The order's version when it last changed.
    pub version: u64,
    /// When something is to happen next; none if it waits for somebody.
    pub next_at: Option<Timestamp>,
    /// How often it was tried since it last changed.
    pub tries: u32,
    /// What went wrong last.
    pub trouble: Option<Label>,
    /// Why somebody has to look at it.
    pub attention: Option<Label>,
}

/// Which orders something is to happen to, and when. A commit writes it, as [`AgendaChange`] says, with
/// everything else.
///
/// 1. A commit that puts an order on the agenda sets its time, forgets what went wrong and counts the
///    tries anew.
/// 2. [`claim_due`](Self::claim_due) gives each due order to one caller: it moves its time to `until`,
///    so that nobody else gets it before. The earliest come first.
/// 3. [`put_off`](Self::put_off) with a version does nothing if the order has changed since.
#[async_trait]
pub trait Agenda: Debug + Send + Sync {
    /// Claims orders that are due, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError>;

    /// Sets when something is to happen to an order next, and what went wrong. With no time, it is
    /// taken off the agenda, unless somebody has to look at it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn put_off(
        &self,
        id: &OrderId,
        version: Option<u64>,
        at: Option<Timestamp>,
        trouble: Option<&Label>,
    ) -> Result<(), StoreError>;

    /// The orders on the agenda after one, by id, at most `limit`; only those that somebody has to look
    /// at if `waiting`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn agenda(
        &self,
        after: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, StoreError>;
}
