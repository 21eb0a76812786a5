//! Where events go.

use std::{error::Error, fmt::Debug};

use async_trait::async_trait;
use thiserror::Error;

use super::feed::Positioned;
use crate::ErrorKind;

/// Why events were not published. Some of them may have been: they are given again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The receiver did not take an event and said so: it is too large, or leads nowhere. Until
    /// somebody sees to it, giving it again is of no use.
    #[error("the event at position {position} was refused")]
    Refused {
        /// Which event.
        position: u64,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The receiver cannot be reached, or did not say that it has them.
    #[error("the publisher is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl PublishError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "publisher.refused",
            Self::Unavailable(_) => "publisher.unavailable",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { .. } => ErrorKind::Conflict,
            Self::Unavailable(_) => ErrorKind::Unavailable,
        }
    }
}

/// Where events go: a broker, a webhook, a projection of the host's own.
///
/// 1. `Ok` means that the receiver has said of every single event that it has it.
/// 2. Events of one order reach the receiver in the order they are given in.
/// 3. The same events may be given again, after an error and after a crash: at least once, so that a
///    receiver knows what it has by [`EventId`](crate::EventId).
#[async_trait]
pub trait EventPublisher: Debug + Send + Sync {
    /// Publishes all of the events, which are a run of the feed.
    ///
    /// # Errors
    /// [`PublishError`], if any of them may not have arrived.
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError>;
}
