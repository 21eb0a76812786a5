//! What becomes of an event that came in.

use std::error::Error;

use order_core::{ErrorKind, Intake, Timestamp};
use thiserror::Error;
use tracing::Instrument as _;

use crate::{
    error::Trouble,
    incoming::{self, Unreadable},
    trace::Taking,
};

/// What one step of a consumer took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consumed {
    /// How many events were new.
    pub new: u32,
    /// How many were known already.
    pub known: u32,
    /// Those that nobody can do anything with: they are in the queue or topic for dead letters.
    pub dead: Vec<DeadLetter>,
}

impl Consumed {
    /// How many events there were.
    pub fn count(&self) -> usize {
        self.new as usize + self.known as usize + self.dead.len()
    }

    pub(crate) fn add(&mut self, fate: &Fate) {
        match fate {
            Fate::New => self.new += 1,
            Fate::Known => self.known += 1,
            Fate::Dead(letter) => self.dead.push(letter.clone()),
        }
    }
}

/// Why an event is a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The stable code.
    pub code: &'static str,
    /// The same in words, without the event's data.
    pub reason: String,
}

/// Why a step failed. Nothing is lost: what was not taken comes again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConsumeError {
    /// The broker cannot be reached, or would not do it.
    #[error("the broker is unavailable")]
    Broker(#[source] Trouble),
    /// The store cannot take an event for now.
    #[error("the event cannot be taken for now")]
    Intake(#[source] order_core::ServiceError),
}

impl ConsumeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Broker(_) => "consumer.unavailable",
            Self::Intake(error) => error.code(),
        }
    }

    /// What the caller should do: try again later.
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }
}

/// What became of an event.
#[derive(Debug)]
pub(crate) enum Fate {
    New,
    Known,
    Dead(DeadLetter),
}

/// Reads an event and has it taken.
///
/// # Errors
/// [`ConsumeError::Intake`] if it has to be tried again later.
pub(crate) async fn take(
    intake: &dyn Intake,
    media_type: Option<&str>,
    attribute: impl Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
    taking: &Taking,
) -> Result<Fate, ConsumeError> {
    let span = taking.span(media_type, &attribute, body);
    let incoming = match incoming::read(media_type, attribute, body, now) {
        Ok(incoming) => incoming,
        Err(error) => return Ok(Fate::Dead(unreadable(&error))),
    };
    match intake.take(incoming).instrument(span).await {
        Ok(true) => Ok(Fate::New),
        Ok(false) => Ok(Fate::Known),
        Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Overloaded) => {
            Err(ConsumeError::Intake(error))
        }
        Err(error) => Ok(Fate::Dead(DeadLetter { code: error.code(), reason: error.to_string() })),
    }
}

fn unreadable(error: &Unreadable) -> DeadLetter {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    DeadLetter { code: error.code(), reason: format!("{error}{cause}") }
}
