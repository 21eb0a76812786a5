//! Why a service beside us could not do it.

use std::error::Error;

use thiserror::Error;

use crate::{ErrorKind, Label};

/// Why a service beside us (payments, stock, customers, products) could not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// It cannot be reached, or did not answer in time: **whether it did it is unknown**. Ask again
    /// with the same key.
    #[error("the {service} service is unavailable")]
    Unavailable {
        /// Which service.
        service: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It answered that it will never do what was asked, or in a way that makes no sense: somebody
    /// has to look at it.
    #[error("the {service} service refused the request as wrong: {code}")]
    Misused {
        /// Which service.
        service: &'static str,
        /// What it called the fault.
        code: Label,
    },
}

impl RemoteError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "remote.unavailable",
            Self::Misused { .. } => "remote.misused",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Misused { .. } => ErrorKind::Internal,
        }
    }
}
