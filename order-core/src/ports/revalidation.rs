//! What a cache asks before it answers.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{queries::OrderView, store::StoreError};
use crate::OrderId;

/// Which state of which order somebody has. It says nothing of the content; two are only ever compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Which order.
    pub order_id: OrderId,
    /// Which version of it.
    pub version: u64,
    /// Which writing of its rows, where a store can tell; else 0. It sees what was changed by hand.
    pub writing: i64,
}

/// What became of what somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revalidated {
    /// There is no such order.
    Absent,
    /// It is as it was.
    Unchanged,
    /// It is not, or was not known: this is how it is.
    Changed {
        /// The stamp of what is there now.
        stamp: Stamp,
        /// The order and its personal data.
        view: OrderView,
    },
}

/// Reads that only give what the caller does not have yet, so that a cache never has to guess. Every
/// answer comes from one look at the store that begins after the call, whoever wrote: this process,
/// another server, a transaction of the host, a command line.
///
/// 1. It answers [`Unchanged`](Revalidated::Unchanged) only if [`find`](super::OrderQueries::find) would
///    give the same order, in the same state and with the same personal data, as when the stamp was given.
/// 2. Otherwise it answers what `find` would, with its stamp.
/// 3. A stamp that is no longer right never becomes right again.
#[async_trait]
pub trait Revalidation: Debug + Send + Sync {
    /// The order with this id, else the one with this number, unless it is still the one that is known.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn revalidate(
        &self,
        reference: &str,
        known: Option<&Stamp>,
    ) -> Result<Revalidated, StoreError>;
}
