//! What payment providers send by themselves.

use std::fmt::Debug;

use thiserror::Error;

use super::payments::PaymentNotice;
use crate::{ErrorKind, Timestamp};

/// Why a callback was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// No such provider is configured.
    #[error("there is no such payment provider")]
    UnknownProvider,
    /// The signature is missing, wrong, or too old.
    #[error("the signature of the callback is not valid")]
    Signature,
    /// It is signed, but does not say what a notice says.
    #[error("the callback cannot be read: {0}")]
    Unreadable(&'static str),
}

impl CallbackError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownProvider => "callback.unknown_provider",
            Self::Signature => "callback.signature",
            Self::Unreadable(_) => "callback.unreadable",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownProvider => ErrorKind::NotFound,
            Self::Signature => ErrorKind::Forbidden,
            Self::Unreadable(_) => ErrorKind::Invalid,
        }
    }
}

/// Reads what a payment provider sends, after it has made sure that it was this provider.
pub trait CallbackReader: Debug + Send + Sync {
    /// Reads a callback. `header` gives the value of a header by its lower-case name; of one that came
    /// more than once all values, with `, ` between them, so that it can be refused.
    ///
    /// # Errors
    /// [`CallbackError`].
    fn read(
        &self,
        provider: &str,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<PaymentNotice, CallbackError>;
}
