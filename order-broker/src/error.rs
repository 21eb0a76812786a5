//! What can be wrong: with a source, with settings, with a broker.

use std::error::Error;

use order_core::{
    ErrorKind,
    ports::{PublishError, Refusal},
};
use thiserror::Error;

/// The source of events is no URI reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the source is not a URI reference of at most 256 characters, such as /orders")]
pub struct SourceError;

impl SourceError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        "publisher.source"
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

/// Why settings were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The address of the broker or endpoint is none.
    #[error("the address {0}")]
    Address(&'static str),
    /// The exchange or topic cannot be called so.
    #[error(
        "the name of the exchange or topic is empty, too long or has signs that it may not have"
    )]
    Name,
    /// A secret for signatures is not `whsec_` and base64 of 24 to 64 bytes, or there is none.
    #[error("the secret is not whsec_ and base64 of 24 to 64 bytes")]
    Secret,
    /// The client of the broker does not take its settings.
    #[error("the client cannot be made")]
    Client,
}

impl SettingsError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "publisher.address",
            Self::Name => "publisher.name",
            Self::Secret => "publisher.secret",
            Self::Client => "publisher.client",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Address(_) | Self::Name | Self::Secret => ErrorKind::Invalid,
            Self::Client => ErrorKind::Internal,
        }
    }
}

/// Why events did not arrive, or may not have; the source of a [`PublishError`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The broker did not confirm in time.
    #[error("the broker did not confirm in time")]
    TimedOut,
    /// The broker takes nothing for now: it is short of memory or disk.
    #[error("the broker is short of memory or disk and takes nothing")]
    Blocked,
    /// The broker would not take an event for now, for instance because a queue is full.
    #[error("the broker would not take an event")]
    Nacked,
    /// No queue is bound for the event.
    #[error("no queue is bound for {name}")]
    Unroutable {
        /// The event's name, which is its routing key.
        name: &'static str,
    },
    /// The broker has closed the connection or the queue.
    #[error("the broker has closed the connection or the queue")]
    Closed,
    /// The event cannot be written.
    #[error("the event cannot be written")]
    Unwritable(#[source] serde_json::Error),
    /// The broker takes no event as large, or none of its form.
    #[error("the broker takes no such event")]
    TooLarge(#[source] Box<dyn Error + Send + Sync>),
    /// The client of the broker failed: no connection, no exchange, no rights.
    #[error("the client of the broker failed")]
    Client(#[source] Box<dyn Error + Send + Sync>),
}

impl Trouble {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TimedOut => "publisher.timed_out",
            Self::Blocked => "publisher.blocked",
            Self::Nacked => "publisher.nacked",
            Self::Unroutable { .. } => "publisher.unroutable",
            Self::Unwritable(_) => "publisher.unwritable",
            Self::TooLarge(_) => "publisher.too_large",
            Self::Closed => "publisher.closed",
            Self::Client(_) => "publisher.client",
        }
    }

    /// That nobody knows what arrived.
    #[cfg_attr(
        not(any(feature = "rabbitmq", feature = "kafka")),
        expect(dead_code, reason = "only brokers have trouble")
    )]
    pub(crate) fn unavailable(self) -> PublishError {
        PublishError::Unavailable(Box::new(self))
    }

    /// That this event will not arrive as things are.
    #[cfg_attr(
        not(any(feature = "rabbitmq", feature = "kafka")),
        expect(dead_code, reason = "only brokers have trouble")
    )]
    pub(crate) fn refused(self, position: u64) -> Refusal {
        Refusal { position, code: self.code(), source: Box::new(self) }
    }
}
