//! What became of an event on its way to an endpoint.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{EventId, Label, SubscriptionId, Timestamp};

/// How many attempts are kept of a delivery: the last ones.
pub const ATTEMPTS_KEPT: usize = 24;

/// A word that is no state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the state of a delivery is one of pending, delivered, failed")]
pub struct UnknownDeliveryState;

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, or waits for the event of its order before it.
    Pending,
    /// The endpoint has it.
    Delivered,
    /// It was tried for three days and is not tried again by itself.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DeliveryState {
    type Err = UnknownDeliveryState;

    fn from_str(text: &str) -> Result<Self, UnknownDeliveryState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownDeliveryState)
    }
}

/// One attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The status that the endpoint answered with, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it failed, as a stable code; none if the endpoint took the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Label>,
}

/// An event on its way to an endpoint. A subscription and a position name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Whose it is.
    pub subscription_id: SubscriptionId,
    /// The event's place among all events, from 1.
    pub position: u64,
    /// The event.
    pub event_id: EventId,
    /// The event's name.
    pub kind: Label,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was tried since it was made or replayed.
    pub tries: u32,
    /// When it is tried next; none if it is not, or waits for the event of its order before it.
    pub next_at: Option<Timestamp>,
    /// The last attempts, at most [`ATTEMPTS_KEPT`], the newest last.
    pub attempts: Vec<Attempt>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Delivery {
    /// When it was first tried since it was made or replayed.
    pub fn first_tried_at(&self) -> Option<Timestamp> {
        let tries = usize::try_from(self.tries).unwrap_or(usize::MAX).min(self.attempts.len());
        self.attempts.get(self.attempts.len() - tries).map(|attempt| attempt.at)
    }

    /// The last attempts with one more.
    pub(super) fn attempts_with(&self, attempt: Attempt) -> Vec<Attempt> {
        let skipped = (self.attempts.len() + 1).saturating_sub(ATTEMPTS_KEPT);
        self.attempts.iter().skip(skipped).cloned().chain([attempt]).collect()
    }
}
