//! How a provider treats a call, and which calls it treats so.

use std::fmt;

use order_core::{
    Label,
    ports::{Operation, PaymentCall},
};
use serde::{Deserialize, Serialize};

/// How a provider treats a call. What it does is in its ledger whatever the caller gets to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// It does it and says so; one callback follows.
    Accept,
    /// It refuses and says so; one callback follows. An authorization is declined; one that was to be
    /// captured has run out.
    Decline,
    /// It does it and answers that it failed.
    FailAfterEffect,
    /// It does it and never answers; a repeat gets the truth.
    TimeOutThenSuccess,
    /// It refuses and never answers; a repeat gets the truth.
    TimeOutThenFailure,
    /// It does it, and its callback is there before its answer.
    CallbackFirst,
    /// It does it and answers that a callback will tell, which never comes; a repeat gets the truth.
    LostCallback,
    /// It does it and answers that a callback will tell, which comes twice.
    DoubledCallback,
    /// It does it and answers that a callback will tell; an older one comes after it.
    ReorderedCallbacks,
}

impl Behaviour {
    /// All nine.
    pub const ALL: [Self; 9] = [
        Self::Accept,
        Self::Decline,
        Self::FailAfterEffect,
        Self::TimeOutThenSuccess,
        Self::TimeOutThenFailure,
        Self::CallbackFirst,
        Self::LostCallback,
        Self::DoubledCallback,
        Self::ReorderedCallbacks,
    ];

    /// The name on the wire. As a payment's `source` it chooses the behaviour.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::FailAfterEffect => "fail_after_effect",
            Self::TimeOutThenSuccess => "time_out_then_success",
            Self::TimeOutThenFailure => "time_out_then_failure",
            Self::CallbackFirst => "callback_first",
            Self::LostCallback => "lost_callback",
            Self::DoubledCallback => "doubled_callback",
            Self::ReorderedCallbacks => "reordered_callbacks",
        }
    }

    /// The name as a payment's `source`.
    pub fn source(self) -> Label {
        self.as_str().parse().expect("a name is a label")
    }

    /// The behaviour of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|behaviour| behaviour.as_str() == name)
    }

    /// Whether it refuses what it is asked.
    pub(super) const fn refuses(self) -> bool {
        matches!(self, Self::Decline | Self::TimeOutThenFailure)
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which calls are treated how. The first rule that fits a call that is heard of for the first time
/// decides; repeats are treated as the call was. Where no rule fits, a `source` that is the name of a
/// behaviour decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// How.
    pub behaviour: Behaviour,
    /// Only payments that were begun with this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Label>,
    /// Only this operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Only so many calls; repeats do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
    /// How many answers in a row are withheld, of the behaviours that withhold any.
    #[serde(default = "once")]
    pub withheld: u32,
}

const fn once() -> u32 {
    1
}

impl Rule {
    /// Treats every call so.
    pub const fn always(behaviour: Behaviour) -> Self {
        Self { behaviour, source: None, operation: None, calls: None, withheld: once() }
    }

    /// Only payments that were begun with this source.
    #[must_use]
    pub fn source(self, source: Label) -> Self {
        Self { source: Some(source), ..self }
    }

    /// Only this operation.
    #[must_use]
    pub fn operation(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Only the next so many calls.
    #[must_use]
    pub fn calls(self, calls: u32) -> Self {
        Self { calls: Some(calls), ..self }
    }

    /// Withholds so many answers in a row instead of one: a client that asks again by itself hides
    /// a single one.
    #[must_use]
    pub fn withheld(self, withheld: u32) -> Self {
        Self { withheld, ..self }
    }

    pub(super) fn fits(&self, call: &PaymentCall, source: Option<&Label>) -> bool {
        self.calls != Some(0)
            && self.operation.is_none_or(|operation| operation == call.operation)
            && self.source.as_ref().is_none_or(|wanted| Some(wanted) == source)
    }
}
