//! Where events go.

use std::{error::Error, fmt::Debug};

use async_trait::async_trait;
use thiserror::Error;

use super::feed::Positioned;
use crate::ErrorKind;

/// An event that the receiver did not take, and said so.
#[derive(Debug, Error)]
#[error("the event at position {position} was refused")]
pub struct Refusal {
    /// Which event.
    pub position: u64,
    /// Why, as a stable code such as `publisher.unroutable`. It is kept and shown, so nothing of the
    /// event is in it.
    pub code: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// Why events were not published. Some of them may have been: they are given again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The receiver did not take some of the events and said so: they are too large, or lead nowhere.
    /// Until somebody sees to it, giving them again is of no use. All others of the call have arrived,
    /// except those that follow a refused one in its own order, which were not sent.
    #[error("{} of the events were refused", events.len())]
    Refused {
        /// Every one of them, and at least one.
        events: Vec<Refusal>,
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
/// 4. An event that is refused holds back what follows it in its own order, and nothing else:
///    [`PublishError::Refused`] names every refused event, and all others have arrived.
#[async_trait]
pub trait EventPublisher: Debug + Send + Sync {
    /// Publishes all of the events, which are in the order of the feed.
    ///
    /// # Errors
    /// [`PublishError`], if any of them may not have arrived.
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError>;

    /// Whether the receiver can be reached.
    ///
    /// # Errors
    /// [`PublishError::Unavailable`] if it cannot.
    async fn ping(&self) -> Result<(), PublishError> {
        Ok(())
    }

    /// Whether nobody wants any of the events that there are so far. A relay then passes them unread;
    /// whoever begins to want events gets those that are committed after that.
    ///
    /// # Errors
    /// [`PublishError::Unavailable`] if that is not known.
    async fn is_idle(&self) -> Result<bool, PublishError> {
        Ok(false)
    }
}
