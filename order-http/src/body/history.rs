//! What happened to an order, and what may happen now.

use order_core::{Action, Actor, Advice, OrderEvent, Recorded, Status, TRANSITIONS, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order::OrderBody;

/// One event of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventBody {
    /// Names the event for ever.
    pub id: String,
    /// The order's version that the event belongs to.
    pub version: u64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// Who did it.
    #[schema(value_type = String)]
    pub actor: Actor,
    /// What happened: `type` and `data`.
    #[serde(flatten)]
    #[schema(value_type = EventKindBody)]
    pub event: OrderEvent,
}

/// What happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventKindBody {
    /// The event's name.
    #[schema(example = "order.placed")]
    pub r#type: String,
    /// What the event says.
    #[schema(value_type = Object)]
    pub data: (),
}

impl From<Recorded> for EventBody {
    fn from(recorded: Recorded) -> Self {
        Self {
            id: recorded.id.to_string(),
            version: recorded.id.version,
            occurred_at: recorded.at,
            actor: recorded.actor,
            event: recorded.event,
        }
    }
}

/// The history of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventListBody {
    /// What happened, oldest first.
    pub events: Vec<EventBody>,
}

/// What a command would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRunBody {
    /// Always true: nothing was written.
    pub dry_run: bool,
    /// The order as it would be.
    pub order: OrderBody,
    /// What would happen.
    pub events: Vec<EventBody>,
}

/// Every action, whether it is allowed now, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionListBody {
    /// One for each action.
    pub actions: Vec<AdviceBody>,
}

/// Whether an action is allowed now, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdviceBody {
    /// The action.
    #[schema(value_type = String, example = "ship")]
    pub action: Action,
    /// Whether it would do something now.
    pub allowed: bool,
    /// The code of the problem it would get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<Advice> for AdviceBody {
    fn from(advice: Advice) -> Self {
        let Advice { action, allowed, code, reason } = advice;
        Self { action, allowed, code: code.map(str::to_owned), reason }
    }
}

/// Every legal move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransitionListBody {
    /// The rows of the table.
    pub transitions: Vec<TransitionBody>,
}

impl TransitionListBody {
    /// The whole table.
    pub fn all() -> Self {
        let row = |row: &order_core::Transition| TransitionBody {
            from: row.from,
            action: row.action,
            to: row.to,
        };
        Self { transitions: TRANSITIONS.iter().map(row).collect() }
    }
}

/// One legal move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransitionBody {
    /// The status before; `null` where the action begins an order.
    #[schema(value_type = Option<String>)]
    pub from: Option<Status>,
    /// What is done.
    #[schema(value_type = String)]
    pub action: Action,
    /// The status after.
    #[schema(value_type = String)]
    pub to: Status,
}
