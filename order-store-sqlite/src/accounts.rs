//! Accounts. The one writer looks first, so each refusal has its reason.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    Email, RoleKind, User, UserId,
    accounts::{Account, PasswordHash, email_key},
    ports::{Accounts, StoreError, UserPage, UserQuery},
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    error::from_sqlx,
    rows::{Reading, json},
    writer::Task,
};

macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, profile, role, version, created_at, updated_at, password
            FROM order_user WHERE ",
            $rest
        )
    };
}

pub(crate) const BY_ID: &str = users!("id = ?1");
pub(crate) const BY_EMAIL: &str = users!("email_key = ?1");
pub(crate) const PAGE: &str = users!("id > ?1 ORDER BY id LIMIT ?2");
pub(crate) const PAGE_OF_EMAIL: &str = users!("id > ?1 AND email_key = ?3 ORDER BY id LIMIT ?2");

/// The version and the role there are, whether another account has the address, and whether somebody
/// else is an administrator.
pub(crate) const LOOK_UP: &str = "
    SELECT (SELECT version FROM order_user WHERE id = ?1),
        (SELECT role FROM order_user WHERE id = ?1),
        EXISTS (SELECT 1 FROM order_user WHERE email_key = ?2 AND id <> ?1),
        EXISTS (SELECT 1 FROM order_user WHERE role = 'admin' AND id <> ?1)";

pub(crate) const INSERT: &str = "
    INSERT INTO order_user (id, email, email_key, profile, role, password, version, created_at,
        updated_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(crate) const REPLACE: &str = "
    UPDATE order_user SET email = ?2, email_key = ?3, profile = ?4, role = ?5, password = ?6,
        version = ?7, created_at = ?8, updated_at = ?9
    WHERE id = ?1 AND version = ?7 - 1";

pub(crate) const REMOVE: &str = "DELETE FROM order_user WHERE id = ?1 AND version = ?2";

/// An account, ready to be bound.
#[derive(Debug)]
pub(crate) struct AccountRow {
    account: Account,
    email_key: String,
    profile: Arc<str>,
    version: i64,
}

impl AccountRow {
    pub(crate) fn of(account: &Account) -> Result<Self, StoreError> {
        let user = &account.user;
        Ok(Self {
            email_key: email_key(&user.email),
            profile: json("order_user", "profile", user.id.as_str(), &user.profile)?,
            version: i64::try_from(user.version).map_err(|_| StoreError::UserConflict)?,
            account: account.clone(),
        })
    }
}

/// What there is before a change.
struct Present {
    version: i64,
    is_admin: bool,
    has_email_elsewhere: bool,
    has_admin_elsewhere: bool,
}

async fn look_up(
    connection: &mut SqliteConnection,
    id: &UserId,
    email_key: &str,
) -> Result<Present, sqlx::Error> {
    let query = sqlx::query(LOOK_UP).bind(id.shared()).bind(email_key);
    let row = query.fetch_one(connection).await?;
    let role: Option<&str> = row.try_get(1)?;
    Ok(Present {
        version: row.try_get::<Option<i64>, _>(0)?.unwrap_or(0),
        is_admin: role == Some(RoleKind::Admin.as_str()),
        has_email_elsewhere: row.try_get(2)?,
        has_admin_elsewhere: row.try_get(3)?,
    })
}

/// Inserts or replaces an account. The write lock must be held.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    row: &AccountRow,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    let user = &row.account.user;
    let present = look_up(connection, &user.id, &row.email_key).await?;
    if row.version != present.version + 1 {
        return Ok(Err(StoreError::UserConflict));
    }
    if present.has_email_elsewhere {
        return Ok(Err(StoreError::EmailTaken));
    }
    if present.is_admin && user.role != RoleKind::Admin && !present.has_admin_elsewhere {
        return Ok(Err(StoreError::LastAdmin));
    }
    let statement = if present.version == 0 { INSERT } else { REPLACE };
    let query = sqlx::query(statement)
        .bind(user.id.shared())
        .bind(user.email.shared())
        .bind(&*row.email_key)
        .bind(&*row.profile)
        .bind(user.role.as_str())
        .bind(row.account.password.expose())
        .bind(row.version)
        .bind(user.created_at.millis())
        .bind(user.updated_at.millis());
    let done = query.execute(connection).await?;
    Ok(if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::UserConflict) })
}

/// Removes an account of this version. The write lock must be held.
pub(crate) async fn remove(
    connection: &mut SqliteConnection,
    id: &UserId,
    version: u64,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    let present = look_up(connection, id, "").await?;
    if present.version == 0 || i64::try_from(version) != Ok(present.version) {
        return Ok(Err(StoreError::UserConflict));
    }
    if present.is_admin && !present.has_admin_elsewhere {
        return Ok(Err(StoreError::LastAdmin));
    }
    sqlx::query(REMOVE).bind(id.shared()).bind(present.version).execute(connection).await?;
    Ok(Ok(()))
}

fn user(row: &SqliteRow) -> Result<User, StoreError> {
    let row = Reading::new(row, "order_user", 0)?;
    Ok(User {
        id: row.parse(0, "id")?,
        email: row.parse(1, "email")?,
        profile: row.json(2, "profile")?,
        role: row.parse(3, "role")?,
        version: row.count(4, "version")?,
        created_at: row.time(5, "created_at")?,
        updated_at: row.time(6, "updated_at")?,
    })
}

fn account(row: &SqliteRow) -> Result<Account, StoreError> {
    let password = Reading::new(row, "order_user", 0)?.get(7, "password")?;
    Ok(Account { user: user(row)?, password: PasswordHash::new(password) })
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn account(&self, id: &UserId) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query(BY_ID).bind(id.shared());
        let row = query.fetch_optional(self.reads()).await.map_err(from_sqlx)?;
        row.as_ref().map(account).transpose()
    }

    async fn account_of(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query(BY_EMAIL).bind(email_key(email));
        let row = query.fetch_optional(self.reads()).await.map_err(from_sqlx)?;
        row.as_ref().map(account).transpose()
    }

    async fn put_account(&self, account: &Account) -> Result<(), StoreError> {
        let row = Box::new(AccountRow::of(account)?);
        self.write(Task::PutAccount(row)).await.map(|_| ())
    }

    async fn remove_account(&self, id: &UserId, version: u64) -> Result<(), StoreError> {
        self.write(Task::RemoveAccount { id: id.clone(), version }).await.map(|_| ())
    }

    async fn list_users(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        let limit = query.limit as usize;
        let key = query.email.as_ref().map(email_key);
        let statement = if key.is_some() { PAGE_OF_EMAIL } else { PAGE };
        let asked = sqlx::query(statement)
            .bind(query.after.as_ref().map_or("", |id| id.as_str()))
            .bind(i64::from(query.limit) + 1);
        let asked = match key {
            Some(key) => asked.bind(key),
            None => asked,
        };
        let rows = asked.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        let users = rows.iter().take(limit).map(user).collect::<Result<_, _>>()?;
        Ok(UserPage { users, more: rows.len() > limit })
    }
}
