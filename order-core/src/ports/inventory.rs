//! Where stock is held, if it is not ours.

use std::fmt::Debug;

use async_trait::async_trait;

use super::remote::RemoteError;
use crate::{OrderId, Reason, Units};

/// What an inventory is asked to hold for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockHold {
    /// For which order.
    pub order_id: OrderId,
    /// Counts up with every hold that is asked for the order. Repeats of the same hold have the same.
    pub revision: u64,
    /// All that it shall hold from now on, instead of what it held before; nothing gives all back.
    pub units: Vec<Units>,
}

/// What became of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldAnswer {
    /// It is held.
    Held,
    /// There is not enough of something; what was held before still is.
    Refused(Reason),
}

/// Stock that another service keeps.
///
/// 1. A hold replaces what is held for the order, whole or not at all.
/// 2. A repeat has no further effect. One with a lower revision than the order's last is ignored and
///    answered as held.
#[async_trait]
pub trait Inventory: Debug + Send + Sync {
    /// Holds units for an order.
    ///
    /// # Errors
    /// [`RemoteError`]. A lack of stock is an answer, no error.
    async fn hold(&self, hold: &StockHold) -> Result<HoldAnswer, RemoteError>;
}
