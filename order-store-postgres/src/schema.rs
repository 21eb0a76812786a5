//! The schema: its name, and how it came to be.

use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqlSafeStr, SqlStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType},
};

use crate::error::OpenError;

/// The newest schema version.
pub(crate) const VERSION: i64 = 11;
/// The name that statements are written with.
const NAME: &str = "order_store";
/// The longest name that PostgreSQL does not cut, in bytes.
const NAME_MAX: usize = 63;

/// The versions of a database that was migrated.
pub(crate) const SCHEMA_VERSION: &str =
    "SELECT max(version) FROM order_store.order_schema_migrations";

const MIGRATIONS: [(i64, &str, &str); 11] = [
    (1, "init", include_str!("../migrations/0001_init.sql")),
    (2, "accounts", include_str!("../migrations/0002_accounts.sql")),
    (3, "process", include_str!("../migrations/0003_process.sql")),
    (4, "backorder", include_str!("../migrations/0004_backorder.sql")),
    (5, "feed of order", include_str!("../migrations/0005_feed_of_order.sql")),
    (6, "taken", include_str!("../migrations/0006_taken.sql")),
    (7, "outbox", include_str!("../migrations/0007_outbox.sql")),
    (8, "webhooks", include_str!("../migrations/0008_webhooks.sql")),
    (9, "figures", include_str!("../migrations/0009_figures.sql")),
    (10, "audit log", include_str!("../migrations/0010_audit_log.sql")),
    (VERSION, "one statement", include_str!("../migrations/0011_one_statement.sql")),
];

/// Where the migrations are kept that were applied, so that the host's own stay untouched.
const TABLE: &str = "order_store.order_schema_migrations";
const CREATE_SCHEMA: &str = "CREATE SCHEMA IF NOT EXISTS order_store";
const SCHEMA_EXISTS: &str =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)";
/// One migration at a time in a database, whatever the schema: extensions belong to all of them.
const LOCK: &str = "SELECT pg_catalog.pg_advisory_xact_lock(7236827480197)";

/// The schema that the tables are in. Statements are static and name `order_store`; for another name
/// each is rewritten once.
#[derive(Clone)]
pub(crate) struct Schema(Arc<Inner>);

struct Inner {
    name: String,
    rewritten: Option<Mutex<HashMap<&'static str, Arc<str>>>>,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.0.name).finish()
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self(Arc::new(Inner { name: NAME.to_owned(), rewritten: None }))
    }
}

impl Schema {
    /// A schema of this name: letters, digits and underscores in lower case, a letter first.
    pub(crate) fn named(name: &str) -> Result<Self, OpenError> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || !name.chars().all(is_plain) || name.len() > NAME_MAX {
            return Err(OpenError::SchemaName { name: name.to_owned() });
        }
        let rewritten = (name != NAME).then(Mutex::default);
        Ok(Self(Arc::new(Inner { name: name.to_owned(), rewritten })))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// A statement on the tables of this schema.
    pub(crate) fn sql(&self, statement: &'static str) -> SqlStr {
        let Some(rewritten) = &self.0.rewritten else {
            return statement.into_sql_str();
        };
        let mut rewritten = rewritten.lock().unwrap_or_else(PoisonError::into_inner);
        let text = rewritten.entry(statement).or_insert_with(|| self.rewrite(statement).into());
        // A name of plain letters cannot end the quotes it stands in.
        AssertSqlSafe(Arc::clone(text)).into_sql_str()
    }

    fn rewrite(&self, text: &str) -> String {
        text.replace("order_store.", &format!("{}.", self.quoted()))
    }

    /// The name as PostgreSQL takes it even if it is one of its own words.
    fn quoted(&self) -> String {
        format!("\"{}\"", self.0.name)
    }
}

/// Brings a database up to date: all at once or not at all, and alone, however many begin together.
/// Boxed, because the compiler cannot see through the driver that it can move between threads.
pub(crate) fn migrate<'a>(
    connection: &'a mut PgConnection,
    schema: &'a Schema,
) -> Pin<Box<dyn Future<Output = Result<(), OpenError>> + Send + 'a>> {
    Box::pin(apply(connection, schema))
}

/// How long a migration takes, or waits for another, is not for the settings of a pool to say.
const UNHURRIED: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

async fn apply(connection: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Migrate(MigrateError::Execute(error));
    let mut transaction = connection.begin().await.map_err(failed)?;
    sqlx::raw_sql(UNHURRIED).execute(&mut *transaction).await.map_err(failed)?;
    sqlx::query(LOCK).execute(&mut *transaction).await.map_err(failed)?;
    let exists = sqlx::query_scalar(SCHEMA_EXISTS).bind(schema.name());
    if !exists.fetch_one(&mut *transaction).await.map_err(failed)? {
        let create = AssertSqlSafe(CREATE_SCHEMA.replace(NAME, &schema.quoted()));
        sqlx::query(create).execute(&mut *transaction).await.map_err(failed)?;
    }
    let table = schema.rewrite(TABLE);
    transaction.ensure_migrations_table(&table).await.map_err(OpenError::Migrate)?;
    let applied = transaction.list_applied_migrations(&table).await.map_err(OpenError::Migrate)?;
    if let Some(found) = applied.iter().map(|migration| migration.version).max()
        && found > VERSION
    {
        return Err(OpenError::NewerSchema { found, known: VERSION });
    }
    for (version, name, sql) in MIGRATIONS {
        let sql = AssertSqlSafe(schema.rewrite(sql)).into_sql_str();
        let migration = Migration::new(version, name.into(), MigrationType::Simple, sql, false);
        match applied.iter().find(|applied| applied.version == version) {
            Some(applied) if applied.checksum == migration.checksum => {}
            Some(_) => return Err(OpenError::Migrate(MigrateError::VersionMismatch(version))),
            None => {
                transaction.apply(&table, &migration).await.map_err(OpenError::Migrate)?;
            }
        }
    }
    transaction.commit().await.map_err(failed)
}
