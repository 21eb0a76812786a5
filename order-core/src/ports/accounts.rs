//! Where accounts are kept.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::store::StoreError;
use crate::{
    Email, UserId,
    accounts::{Account, User},
};

/// Which users to list, sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserQuery {
    /// The one with this e-mail address, in any case.
    pub email: Option<Email>,
    /// Those after this id.
    pub after: Option<UserId>,
    /// How many, from 1 to [`PAGE_MAX`](super::PAGE_MAX).
    pub limit: u32,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// Whether there are more.
    pub more: bool,
}

/// Where accounts are kept.
///
/// 1. [`put_account`](Self::put_account) of an account with version 1 inserts it; of one with
///    version `n > 1` replaces version `n − 1`. Anything else is [`StoreError::UserConflict`].
/// 2. No two accounts have e-mail addresses that differ in case only: the second is
///    [`StoreError::EmailTaken`], however many are written at once.
/// 3. Where there is an administrator, one stays: a change or removal that would leave none is
///    [`StoreError::LastAdmin`], however many run at once.
/// 4. [`remove_account`](Self::remove_account) removes a version, and nothing of the person is left
///    in any row; of another version, or of what is not there, it is [`StoreError::UserConflict`].
/// 5. An account comes back exactly as it was put, by its id and by its e-mail address in any case.
/// 6. A row that does not fit the domain is [`StoreError::Corrupt`].
#[async_trait]
pub trait Accounts: Debug + Send + Sync {
    /// The account of this id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn account(&self, id: &UserId) -> Result<Option<Account>, StoreError>;

    /// The account with this e-mail address, in any case.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn account_of(&self, email: &Email) -> Result<Option<Account>, StoreError>;

    /// Inserts or replaces an account.
    ///
    /// # Errors
    /// [`StoreError::UserConflict`], [`StoreError::EmailTaken`], [`StoreError::LastAdmin`],
    /// [`StoreError::Unavailable`].
    async fn put_account(&self, account: &Account) -> Result<(), StoreError>;

    /// Removes an account of this version.
    ///
    /// # Errors
    /// [`StoreError::UserConflict`], [`StoreError::LastAdmin`], [`StoreError::Unavailable`].
    async fn remove_account(&self, id: &UserId, version: u64) -> Result<(), StoreError>;

    /// A page of users.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn list_users(&self, query: &UserQuery) -> Result<UserPage, StoreError>;
}
