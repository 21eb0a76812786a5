//! Webhooks: who wants which events at which address, what became of every delivery, and the step that
//! delivers.
//!
//! A [`Relay`](crate::Relay) whose publisher is a [`FanOut`] writes one delivery for every event and
//! every subscription that wants it; a [`Deliverer`] sends what is due and keeps what came of it. So
//! nothing is lost between the feed and the deliveries, and an endpoint that is away keeps nobody else
//! waiting.

mod deliverer;
mod delivery;
mod fan_out;
mod retry;
mod subscription;

pub use self::{
    deliverer::{Delivered, Deliverer},
    delivery::{ATTEMPTS_KEPT, Attempt, Delivery, DeliveryState, UnknownDeliveryState},
    fan_out::FanOut,
    retry::{
        ATTEMPTS_MAX, DISABLE_AFTER_MS, PATIENCE_MS, REST_MAX_MS, RETRY_AFTER_MAX_MS, pause_ms,
        rest_ms,
    },
    subscription::{
        Disabled, EventFilter, PreviousSecret, SigningSecret, SigningSecrets, Subscription,
        UnknownEvent,
    },
};

/// The most subscriptions there may be. Every event is held against each of them.
pub const SUBSCRIPTIONS_MAX: usize = 100;

/// The most filters that a subscription may have.
pub const FILTERS_MAX: usize = 50;

/// The most deliveries of one subscription that are on their way at once.
pub const BATCH_MAX: u32 = 32;

/// How long a deliverer keeps others from a subscription, in milliseconds. A sender should answer within
/// half of it; if the deliverer dies, another one sends the same again after that.
pub const LEASE_MS: i64 = 30_000;

/// The most deliveries that are replayed at once.
pub const REPLAY_MAX: u32 = 10_000;

/// For how long deliveries are kept, in milliseconds: 30 days.
pub const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The most deliveries that are forgotten at once.
pub const PRUNE_MAX: u32 = 1_000;

/// How long the old secret counts beside the new one, in milliseconds, if nobody says otherwise: a day.
pub const OVERLAP_MS: i64 = 24 * 60 * 60 * 1_000;

/// The longest that an old secret counts beside the new one, in milliseconds: a week.
pub const OVERLAP_MAX_MS: i64 = 7 * OVERLAP_MS;
