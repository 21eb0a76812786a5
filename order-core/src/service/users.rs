//! The driving port for accounts: what every way in speaks to.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{error::ServiceError, principal::Principal};
use crate::{
    Email, UserId,
    accounts::{Password, Profile, RoleKind, Token, User},
    ports::{UserPage, UserQuery},
};

/// An account that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Its id; a new one if none. Only an administrator may name it.
    pub id: Option<UserId>,
    /// What they sign in with.
    pub email: Email,
    /// What they prove it with.
    pub password: Password,
    /// The person behind it.
    pub profile: Profile,
    /// What it may do; a customer's if none. Only an administrator may name another.
    pub role: Option<RoleKind>,
}

/// A change of an account; parts left out stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChange {
    /// What they sign in with instead.
    pub email: Option<Email>,
    /// What they prove it with instead.
    pub password: Option<Password>,
    /// The parts of the profile that are known instead.
    pub profile: Profile,
    /// What it may do instead. Only an administrator may change it.
    pub role: Option<RoleKind>,
}

/// Somebody who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who it is.
    pub user: User,
    /// What they show from now on.
    pub token: Token,
}

/// The driving port for accounts; [`UserService`](crate::UserService) implements it over the driven
/// ports, a client of a remote server can implement it too.
///
/// A customer sees and changes only themselves: anybody else is [`ServiceError::NotFound`].
#[async_trait]
pub trait Users: Debug + Send + Sync {
    /// Makes an account: a customer's, whoever asks, also nobody; another only for an administrator.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`], `user.email_taken`, `user.conflict` if the id is taken,
    /// `password.*`.
    async fn register(&self, who: Option<&Principal>, user: NewUser) -> Result<User, ServiceError>;

    /// A user.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    async fn user(&self, who: &Principal, id: &UserId) -> Result<User, ServiceError>;

    /// Changes an account: one's own, or anybody's for an administrator.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::Forbidden`], [`ServiceError::Stale`] against
    /// `expected_version`, `user.email_taken`, `user.last_admin`.
    async fn change_user(
        &self,
        who: &Principal,
        id: &UserId,
        change: UserChange,
        expected_version: Option<u64>,
    ) -> Result<User, ServiceError>;

    /// Removes an account, and all that is known of the person through it. Orders stay.
    ///
    /// # Errors
    /// As for [`change_user`](Self::change_user).
    async fn remove_user(
        &self,
        who: &Principal,
        id: &UserId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError>;

    /// A page of users, for an administrator.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`].
    async fn users(&self, who: &Principal, query: UserQuery) -> Result<UserPage, ServiceError>;

    /// Checks an e-mail address and a password, and gives a token for them. Which of the two is
    /// wrong nobody learns, neither from the answer nor from how long it takes.
    ///
    /// # Errors
    /// `auth.mismatch`, `auth.no_issuer`, `auth.busy`.
    async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, ServiceError>;
}
