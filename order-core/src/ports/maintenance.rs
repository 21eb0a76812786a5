//! Looking after a store.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::store::StoreError;
use crate::{Order, OrderId, Recorded};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// May hurt later.
    Warning,
    /// Hurts now.
    Error,
}

/// Something worth telling an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The stable code.
    pub code: String,
    /// What it is about: an order, a setting.
    pub subject: String,
    /// What was found.
    pub detail: String,
}

/// What is kept of one order in two places that must agree.
#[derive(Debug)]
pub struct Audited {
    /// Which order.
    pub id: OrderId,
    /// The state that serves reads.
    pub state: Result<Order, StoreError>,
    /// The history.
    pub events: Result<Vec<Recorded>, StoreError>,
    /// What the store itself found amiss with the order's rows: a column or an index row that
    /// disagrees with the state.
    pub amiss: Vec<String>,
}

/// Looking after a store.
#[async_trait]
pub trait Maintenance: Debug + Send + Sync {
    /// What is kept of the orders after one, by id, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; rows that do not fit are in the answer.
    async fn audit(&self, after: Option<&OrderId>, limit: u32) -> Result<Vec<Audited>, StoreError>;

    /// Settings that endanger durability, damage, and what else an operator should know.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn doctor(&self) -> Result<Vec<Finding>, StoreError>;

    /// Takes away what rows that are gone have left behind: in pages, logs and indexes, as far as the
    /// store can while others use it. The answer says what stays, and what takes that away.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn sweep(&self) -> Result<Vec<Finding>, StoreError>;

    /// Whether the store answers at all: for health checks.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn ping(&self) -> Result<(), StoreError>;
}
