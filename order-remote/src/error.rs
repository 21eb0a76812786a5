//! What can be wrong: with settings, with a secret, with what a service says.

use std::error::Error;

use order_core::{ErrorKind, Label};
use serde::Deserialize;
use thiserror::Error;

/// Why settings were refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The address of the service is not one to send requests to.
    #[error("the address of the service {0}")]
    Address(&'static str),
    /// The token has characters that a header cannot have.
    #[error("the token has characters that a header cannot have")]
    Token,
    /// The HTTP client cannot be made, for instance without certificates to trust.
    #[error("the HTTP client cannot be made")]
    Client(#[source] Box<dyn Error + Send + Sync>),
}

impl SettingsError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "remote.address",
            Self::Token => "remote.token",
            Self::Client(_) => "remote.client",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Address(_) | Self::Token => ErrorKind::Invalid,
            Self::Client(_) => ErrorKind::Internal,
        }
    }
}

/// Why a secret for callbacks was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The provider's name is no label.
    #[error("the name of the provider is not valid")]
    Name,
    /// It is not `whsec_` and base64.
    #[error("the secret is not whsec_ and base64")]
    Form,
    /// It has less than 24 or more than 64 bytes.
    #[error("the secret does not have 24 to 64 bytes")]
    Length,
    /// No secret was given.
    #[error("no secret was given")]
    None,
}

impl SecretError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name => "secret.provider",
            Self::Form => "secret.form",
            Self::Length => "secret.length",
            Self::None => "secret.missing",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

/// Why a service is called unavailable; the source of
/// [`RemoteError::Unavailable`](order_core::ports::RemoteError::Unavailable).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Trouble {
    /// It failed so often that it is not asked for a while: this call had no effect.
    #[error("it failed too often lately and is left alone for a while")]
    CircuitOpen,
    /// It did not answer in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// It cannot be reached, or the connection was cut.
    #[error("the connection failed")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
    /// It answered that it failed, or has too much to do.
    #[error("it answered with the status {0}")]
    Status(u16),
    /// Its answer is larger than the limit.
    #[error("its answer has more than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// Its answer cannot be read.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
}

/// What becomes of an attempt that brought no answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Nobody knows; another attempt may help after so many milliseconds.
    Trouble(Trouble, Option<u64>),
    /// The service will never do it.
    Misused(Label),
}

impl Fault {
    /// An answer that makes no sense.
    pub(crate) fn unreadable(what: impl Into<String>) -> Self {
        Self::Trouble(Trouble::Unreadable(what.into()), None)
    }

    /// Whether asking again may help.
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::Misused(_)
            | Self::Trouble(Trouble::CircuitOpen | Trouble::TooLarge { .. }, _) => false,
            Self::Trouble(..) => true,
        }
    }
}

/// What is read of a problem document (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(crate) code: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) title: Option<String>,
}

impl Problem {
    /// Reads a body that should be a problem document; if it is none, nothing is known.
    pub(crate) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// What the fault is called; by its status if it has no name.
    pub(crate) fn label(&self, status: u16) -> Label {
        let named = self.code.as_deref().and_then(|code| Label::clean(code).ok());
        named.or_else(|| format!("http.{status}").parse().ok()).unwrap_or_else(unnamed)
    }

    /// What it says to people.
    pub(crate) fn text(&self) -> Option<&str> {
        [&self.detail, &self.title, &self.code].into_iter().find_map(Option::as_deref)
    }
}

/// A label that every number makes.
fn unnamed() -> Label {
    Label::ordinal(0, |_| false)
}
