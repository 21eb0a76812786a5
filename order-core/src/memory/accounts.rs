//! Accounts.

use async_trait::async_trait;

use super::{
    InMemoryStore,
    tables::{Tables, after},
};
use crate::{
    Email, UserId,
    accounts::{Account, RoleKind, email_key},
    ports::{Accounts, StoreError, UserPage, UserQuery},
};

impl Tables {
    /// Whether somebody else may do everything.
    fn has_admin_beside(&self, id: &UserId) -> bool {
        let mut others = self.accounts.values().filter(|account| account.user.id != *id);
        others.any(|account| account.user.role == RoleKind::Admin)
    }
}

#[async_trait]
impl Accounts for InMemoryStore {
    async fn account(&self, id: &UserId) -> Result<Option<Account>, StoreError> {
        Ok(self.tables().accounts.get(id).cloned())
    }

    async fn account_of(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let tables = self.tables();
        let id = tables.emails.get(&email_key(email));
        Ok(id.and_then(|id| tables.accounts.get(id).cloned()))
    }

    async fn put_account(&self, account: &Account) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let user = &account.user;
        let present = tables.accounts.get(&user.id).map(|present| &present.user);
        if user.version != present.map_or(0, |present| present.version) + 1 {
            return Err(StoreError::UserConflict);
        }
        let key = email_key(&user.email);
        if tables.emails.get(&key).is_some_and(|other| *other != user.id) {
            return Err(StoreError::EmailTaken);
        }
        let was_admin = present.is_some_and(|present| present.role == RoleKind::Admin);
        if was_admin && user.role != RoleKind::Admin && !tables.has_admin_beside(&user.id) {
            return Err(StoreError::LastAdmin);
        }
        if let Some(old) = present.map(|present| email_key(&present.email)) {
            tables.emails.remove(&old);
        }
        tables.emails.insert(key, user.id.clone());
        tables.accounts.insert(user.id.clone(), account.clone());
        Ok(())
    }

    async fn remove_account(&self, id: &UserId, version: u64) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let present = tables.accounts.get(id).map(|present| &present.user);
        let Some(present) = present.filter(|present| present.version == version) else {
            return Err(StoreError::UserConflict);
        };
        if present.role == RoleKind::Admin && !tables.has_admin_beside(id) {
            return Err(StoreError::LastAdmin);
        }
        let key = email_key(&present.email);
        tables.emails.remove(&key);
        tables.accounts.remove(id);
        Ok(())
    }

    async fn list_users(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        let tables = self.tables();
        let key = query.email.as_ref().map(email_key);
        let fits = |account: &Account| {
            key.as_ref().is_none_or(|key| email_key(&account.user.email) == *key)
        };
        let rest = after(&tables.accounts, query.after.as_ref()).map(|(_, account)| account);
        let mut rest = rest.filter(|account| fits(account));
        let page = rest.by_ref().take(query.limit as usize);
        let users = page.map(|account| account.user.clone()).collect();
        let more = rest.next().is_some();
        Ok(UserPage { users, more })
    }
}
