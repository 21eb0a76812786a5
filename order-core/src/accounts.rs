//! Accounts: who may sign in, and in which role. Passwords are hashed and tokens made elsewhere.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Address, CustomerId, Email, Label, Name, Timestamp, UserId};

/// The shortest password of a new account, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1_000;

/// What an account may do, without whose it is: see [`Role`](crate::Role).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    /// Sees and changes only what is theirs.
    Customer,
    /// Works on everybody's orders.
    Staff,
    /// Another program: as staff.
    Service,
    /// May do everything.
    Admin,
}

/// A word that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a role is one of customer, staff, service, admin")]
pub struct UnknownRole;

impl RoleKind {
    /// Every role, the one that may do least first.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Staff, Self::Service, Self::Admin];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Service => "service",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for RoleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RoleKind {
    type Err = UnknownRole;

    /// Reads the word in any case.
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let is_it = |kind: &Self| kind.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(is_it).ok_or(UnknownRole)
    }
}

/// What is known of the person behind an account besides their e-mail address.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Name>,
    /// The last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Name>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Label>,
    /// Where they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

impl fmt::Debug for Profile {
    /// Shows which parts are known, never what they say: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("first_name", &self.first_name.is_some())
            .field("last_name", &self.last_name.is_some())
            .field("phone", &self.phone.is_some())
            .field("address", &self.address.is_some())
            .finish()
    }
}

/// Somebody with an account. What proves who they are is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Names the account, for ever. Of a customer it is the [`CustomerId`] too.
    pub id: UserId,
    /// What they sign in with; no two accounts have the same in another case.
    pub email: Email,
    /// The person behind it.
    pub profile: Profile,
    /// What the account may do.
    pub role: RoleKind,
    /// How often it was written.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// An account as it is kept: the user, and the hash of their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub user: User,
    /// What their password is checked against.
    pub password: PasswordHash,
}

impl UserId {
    /// The customer that an account of a customer is.
    pub fn as_customer(&self) -> CustomerId {
        CustomerId::same_as_user(self)
    }
}

/// The form in which e-mail addresses are compared: in lower case.
pub fn email_key(email: &Email) -> String {
    email.as_str().to_lowercase()
}

/// A password as somebody typed it. Never shown, never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Arc<str>);

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too few characters.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// Too many bytes.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
}

impl PasswordError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password.too_short",
            Self::TooLong => "password.too_long",
        }
    }
}

impl Password {
    /// A password that is to be checked.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`].
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        if text.len() > PASSWORD_BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        Ok(Self(text.into()))
    }

    /// Whether a new account may have it.
    ///
    /// # Errors
    /// [`PasswordError::TooShort`].
    pub fn check_strength(&self) -> Result<(), PasswordError> {
        if self.0.chars().count() < PASSWORD_CHARS_MIN {
            return Err(PasswordError::TooShort);
        }
        Ok(())
    }

    /// The bytes to hash.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The hash of a password, as the hasher wrote it. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Arc<str>);

impl PasswordHash {
    /// A hash as it was written.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, for whoever keeps or checks it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What a caller shows to say who they are, and until when it counts. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What is sent as `Authorization: Bearer …`.
    pub text: Arc<str>,
    /// From when on it no longer counts.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
