//! Accounts. Each change is one statement, so it is whole or not at all; one that changes nothing is
//! looked into for its reason.

use async_trait::async_trait;
use order_core::{
    Email, RoleKind, User, UserId,
    accounts::{Account, PasswordHash, email_key},
    ports::{Accounts, StoreError, UserPage, UserQuery},
};
use sqlx::{Row, postgres::PgRow};

use crate::{
    PgOrderStore,
    error::from_sqlx,
    rows::{Reading, json},
};

/// How often a change is tried again that would succeed by the time its failure was looked into.
const ATTEMPTS_MAX: u32 = 8;

macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, profile, role, version, created_at, updated_at, password
            FROM order_store.order_user WHERE ",
            $rest
        )
    };
}

pub(crate) const BY_ID: &str = users!("id = $1");
pub(crate) const BY_EMAIL: &str = users!("email_key = $1");
pub(crate) const PAGE: &str = users!("id > $1 ORDER BY id LIMIT $2");
pub(crate) const PAGE_OF_EMAIL: &str = users!("id > $1 AND email_key = $3 ORDER BY id LIMIT $2");

/// The version and the role there are, and whether another account has the address.
pub(crate) const LOOK_UP: &str = "
    SELECT (SELECT version FROM order_store.order_user WHERE id = $1),
        EXISTS (SELECT 1 FROM order_store.order_user WHERE email_key = $2 AND id <> $1)";

pub(crate) const INSERT: &str = "
    INSERT INTO order_store.order_user (id, email, email_key, profile, role, password, version,
        created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT DO NOTHING";

/// Whoever takes an administrator away locks all of them, in one order, and then counts those that
/// still are: of two who take away the last two, the second sees what the first did.
macro_rules! keeping_an_admin {
    ($change:literal) => {
        concat!(
            "WITH admin AS MATERIALIZED (
                SELECT id FROM order_store.order_user WHERE role = 'admin' ORDER BY id FOR UPDATE
            ) ",
            $change
        )
    };
}

pub(crate) const REPLACE: &str = "
    UPDATE order_store.order_user SET email = $2, email_key = $3, profile = $4, role = $5,
        password = $6, version = $7, created_at = $8, updated_at = $9
    WHERE id = $1 AND version = $7 - 1
        AND NOT EXISTS (SELECT 1 FROM order_store.order_user o WHERE o.email_key = $3 AND o.id <> $1)";

pub(crate) const DEMOTE: &str = keeping_an_admin!(
    "UPDATE order_store.order_user SET email = $2, email_key = $3, profile = $4, role = $5,
        password = $6, version = $7, created_at = $8, updated_at = $9
    WHERE id = $1 AND version = $7 - 1
        AND NOT EXISTS (SELECT 1 FROM order_store.order_user o WHERE o.email_key = $3 AND o.id <> $1)
        AND (role <> 'admin' OR EXISTS (SELECT 1 FROM admin WHERE admin.id <> $1))"
);

pub(crate) const REMOVE: &str = keeping_an_admin!(
    "DELETE FROM order_store.order_user WHERE id = $1 AND version = $2
        AND (role <> 'admin' OR EXISTS (SELECT 1 FROM admin WHERE admin.id <> $1))"
);

fn user(row: &PgRow) -> Result<User, StoreError> {
    let row = Reading::new(row, "order_user", 0)?;
    Ok(User {
        id: row.parse(0, "id")?,
        email: row.parse(1, "email")?,
        profile: row.json(2, "profile")?,
        role: row.parse(3, "role")?,
        version: row.number(4, "version")?,
        created_at: row.time(5, "created_at")?,
        updated_at: row.time(6, "updated_at")?,
    })
}

fn account(row: &PgRow) -> Result<Account, StoreError> {
    let password = Reading::new(row, "order_user", 0)?.get(7, "password")?;
    Ok(Account { user: user(row)?, password: PasswordHash::new(password) })
}

impl PgOrderStore {
    async fn find_account(
        &self,
        statement: &'static str,
        key: &str,
    ) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query(self.schema().sql(statement)).bind(key);
        let row = query.fetch_optional(self.pool()).await.map_err(from_sqlx)?;
        row.as_ref().map(account).transpose()
    }

    /// Why a change of an account changed nothing; none if it would by now.
    async fn why_not(
        &self,
        id: &UserId,
        expected: i64,
        email_key: &str,
    ) -> Result<Option<StoreError>, StoreError> {
        let query = sqlx::query(self.schema().sql(LOOK_UP)).bind(id.as_str()).bind(email_key);
        let row = query.fetch_one(self.pool()).await.map_err(from_sqlx)?;
        let version: Option<i64> = row.try_get(0).map_err(from_sqlx)?;
        let has_email_elsewhere: bool = row.try_get(1).map_err(from_sqlx)?;
        Ok(match version.unwrap_or(0) {
            version if version != expected => Some(StoreError::UserConflict),
            _ if has_email_elsewhere => Some(StoreError::EmailTaken),
            0 => None,
            _ => Some(StoreError::LastAdmin),
        })
    }
}

#[async_trait]
impl Accounts for PgOrderStore {
    async fn account(&self, id: &UserId) -> Result<Option<Account>, StoreError> {
        self.find_account(BY_ID, id.as_str()).await
    }

    async fn account_of(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        self.find_account(BY_EMAIL, &email_key(email)).await
    }

    async fn put_account(&self, account: &Account) -> Result<(), StoreError> {
        let user = &account.user;
        let version = i64::try_from(user.version).map_err(|_| StoreError::UserConflict)?;
        let (key, profile) = (
            email_key(&user.email),
            json("order_user", "profile", user.id.as_str(), &user.profile)?,
        );
        let statement = match user.role {
            _ if version == 1 => INSERT,
            RoleKind::Admin => REPLACE,
            RoleKind::Customer | RoleKind::Staff | RoleKind::Service => DEMOTE,
        };
        for _ in 0..ATTEMPTS_MAX {
            let query = sqlx::query(self.schema().sql(statement))
                .bind(user.id.as_str())
                .bind(user.email.as_str())
                .bind(&key)
                .bind(&profile)
                .bind(user.role.as_str())
                .bind(account.password.expose())
                .bind(version)
                .bind(user.created_at.millis())
                .bind(user.updated_at.millis());
            let done = query.execute(self.pool()).await.map_err(from_sqlx)?;
            if done.rows_affected() == 1 {
                return Ok(());
            }
            if let Some(error) = self.why_not(&user.id, version - 1, &key).await? {
                return Err(error);
            }
        }
        Err(StoreError::Overloaded)
    }

    async fn remove_account(&self, id: &UserId, version: u64) -> Result<(), StoreError> {
        let version = i64::try_from(version).map_err(|_| StoreError::UserConflict)?;
        let query = sqlx::query(self.schema().sql(REMOVE)).bind(id.as_str()).bind(version);
        let done = query.execute(self.pool()).await.map_err(from_sqlx)?;
        if done.rows_affected() == 1 {
            return Ok(());
        }
        // An account of version 0 is none.
        Err(match self.why_not(id, version, "").await? {
            Some(error) if version > 0 => error,
            _ => StoreError::UserConflict,
        })
    }

    async fn list_users(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        let limit = query.limit as usize;
        let key = query.email.as_ref().map(email_key);
        let statement = if key.is_some() { PAGE_OF_EMAIL } else { PAGE };
        let asked = sqlx::query(self.schema().sql(statement))
            .bind(query.after.as_ref().map_or("", |id| id.as_str()))
            .bind(i64::from(query.limit) + 1);
        let asked = match key {
            Some(key) => asked.bind(key),
            None => asked,
        };
        let rows = asked.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        let users = rows.iter().take(limit).map(user).collect::<Result<_, _>>()?;
        Ok(UserPage { users, more: rows.len() > limit })
    }
}
