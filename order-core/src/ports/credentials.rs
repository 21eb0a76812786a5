//! What proves who somebody is: passwords and tokens.

use std::{error::Error, fmt::Debug};

use async_trait::async_trait;
use thiserror::Error;

use crate::{
    Actor, ErrorKind, Principal, Timestamp,
    accounts::{Password, PasswordHash, RoleKind, Token},
};

/// Why a credential was not taken, or could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// It does not count; why is for the caller.
    #[error("the token does not count: {0}")]
    Refused(&'static str),
    /// It did count once.
    #[error("the token has expired")]
    Expired,
    /// No account has this e-mail address and this password.
    #[error("the e-mail address or the password is wrong")]
    Mismatch,
    /// Nothing here makes tokens.
    #[error("this service makes no tokens; ask the one that does")]
    NoIssuer,
    /// Too many ask at once. Nothing happened.
    #[error("too many passwords are being checked")]
    Busy,
    /// What is needed to decide cannot be reached.
    #[error("what signs tokens cannot be asked")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A fault of ours.
    #[error("credentials cannot be handled")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl CredentialError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "auth.token_invalid",
            Self::Expired => "auth.token_expired",
            Self::Mismatch => "auth.mismatch",
            Self::NoIssuer => "auth.no_issuer",
            Self::Busy => "auth.busy",
            Self::Unavailable(_) => "auth.unavailable",
            Self::Broken(_) => "auth.broken",
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(_) | Self::Expired | Self::Mismatch => ErrorKind::Unauthenticated,
            Self::NoIssuer => ErrorKind::Conflict,
            Self::Busy => ErrorKind::Overloaded,
            Self::Unavailable(_) => ErrorKind::Unavailable,
            Self::Broken(_) => ErrorKind::Internal,
        }
    }
}

/// Hashes passwords and checks them.
///
/// 1. [`hash`](Self::hash) is slow on purpose and salted: the same password never hashes alike.
/// 2. [`matches`](Self::matches) without a hash answers no, and takes as long as with one.
/// 3. Neither keeps the caller's thread from other work; too many at once are
///    [`CredentialError::Busy`].
#[async_trait]
pub trait PasswordHasher: Debug + Send + Sync {
    /// The hash of a new password.
    ///
    /// # Errors
    /// [`CredentialError::Busy`], [`CredentialError::Broken`].
    async fn hash(&self, password: &Password) -> Result<PasswordHash, CredentialError>;

    /// Whether this is the password; of no account, no.
    ///
    /// # Errors
    /// [`CredentialError::Busy`], [`CredentialError::Broken`] for a hash that cannot be read.
    async fn matches(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, CredentialError>;
}

/// Turns a bearer token into who is calling.
///
/// 1. A token counts only if its signature was made with a key that is trusted for exactly the
///    algorithm it names, and only until it expires.
/// 2. It names somebody, by a text that is not empty.
/// 3. A role that is not known is that of a customer.
#[async_trait]
pub trait Authenticator: Debug + Send + Sync {
    /// Who shows this token.
    ///
    /// # Errors
    /// [`CredentialError::Refused`], [`CredentialError::Expired`],
    /// [`CredentialError::Unavailable`].
    async fn authenticate(&self, token: &str) -> Result<Principal, CredentialError>;
}

/// Makes tokens that [`Authenticator`] takes.
pub trait TokenIssuer: Debug + Send + Sync {
    /// A token for somebody, that counts from now on.
    ///
    /// # Errors
    /// [`CredentialError::NoIssuer`], [`CredentialError::Broken`].
    fn issue(
        &self,
        subject: &Actor,
        role: RoleKind,
        now: Timestamp,
    ) -> Result<Token, CredentialError>;
}
