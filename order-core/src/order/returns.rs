//! One return: what somebody wants to send back, and what came.

use serde::{Deserialize, Serialize};

use super::command::LineQuantity;
use crate::{Reason, ReturnId, Timestamp};

/// Where a return stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnState {
    /// Units are still awaited.
    Requested,
    /// All that was asked for came back.
    Received,
    /// What had not come back was refused.
    Rejected,
}

/// One return.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    /// Names the return within its order.
    pub id: ReturnId,
    /// Where it stands.
    pub state: ReturnState,
    /// What was asked for.
    pub items: Vec<LineQuantity>,
    /// What came back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<LineQuantity>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

impl Return {
    /// What is still awaited.
    pub fn awaited(&self) -> Vec<LineQuantity> {
        let came = |asked: &LineQuantity| -> u32 {
            let same = self.received.iter().filter(|item| item.line_id == asked.line_id);
            same.fold(0, |sum, item| sum.saturating_add(item.quantity))
        };
        let rest = self.items.iter().map(|asked| LineQuantity {
            line_id: asked.line_id.clone(),
            quantity: asked.quantity.saturating_sub(came(asked)),
        });
        rest.filter(|item| item.quantity > 0).collect()
    }
}
