//! What can be wrong: with settings, with Redis.

use order_core::ErrorKind;
use thiserror::Error;

/// Why settings were refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The address is not one of Redis.
    #[error("the address is not one such as redis://host:6379/0")]
    Address(#[source] redis::RedisError),
    /// The client cannot be made.
    #[error("the client of Redis cannot be made")]
    Client(#[source] redis::RedisError),
    /// There is no runtime of tokio to connect in.
    #[error("there is no runtime to connect in")]
    NoRuntime,
}

impl SettingsError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "cache.address",
            Self::Client(_) => "cache.client",
            Self::NoRuntime => "cache.no_runtime",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Address(_) => ErrorKind::Invalid,
            Self::Client(_) | Self::NoRuntime => ErrorKind::Internal,
        }
    }
}

/// Why Redis was of no use.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    /// It did not answer in time.
    #[error("Redis did not answer in time")]
    TimedOut,
    /// It cannot be reached, or refused.
    #[error("Redis failed")]
    Client(#[source] redis::RedisError),
}

/// A store said that what nobody has is unchanged.
#[derive(Debug, Clone, Copy, Error)]
#[error("the store called unchanged what was not known")]
pub(crate) struct Misfit;
