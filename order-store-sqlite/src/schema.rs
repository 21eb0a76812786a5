//! The schema and how it came to be.

use std::pin::Pin;

use sqlx::{
    Connection, SqlSafeStr, SqliteConnection,
    migrate::{Migrate, MigrateError, Migration, MigrationType},
};

use crate::error::OpenError;

/// The newest schema version.
pub(crate) const VERSION: i64 = 10;

/// Where the migrations are kept that were applied, so that the host's own stay untouched.
const TABLE: &str = "order_schema_migrations";

/// The schema version of a database that was migrated.
pub(crate) const SCHEMA_VERSION: &str = "SELECT max(version) FROM order_schema_migrations";

const MIGRATIONS: [(i64, &str, &str); 10] = [
    (1, "init", include_str!("../migrations/0001_init.sql")),
    (2, "relay", include_str!("../migrations/0002_relay.sql")),
    (3, "accounts", include_str!("../migrations/0003_accounts.sql")),
    (4, "process", include_str!("../migrations/0004_process.sql")),
    (5, "backorder", include_str!("../migrations/0005_backorder.sql")),
    (6, "taken", include_str!("../migrations/0006_taken.sql")),
    (7, "outbox", include_str!("../migrations/0007_outbox.sql")),
    (8, "webhooks", include_str!("../migrations/0008_webhooks.sql")),
    (9, "figures", include_str!("../migrations/0009_figures.sql")),
    (VERSION, "audit log", include_str!("../migrations/0010_audit_log.sql")),
];

/// Brings a database up to date: all at once or not at all, and alone, however many begin together.
/// Boxed, because the compiler cannot see through the driver that it can move between threads.
pub(crate) fn migrate(
    connection: &mut SqliteConnection,
) -> Pin<Box<dyn Future<Output = Result<(), OpenError>> + Send + '_>> {
    Box::pin(apply(connection))
}

async fn apply(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Migrate(MigrateError::Execute(error));
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    transaction.ensure_migrations_table(TABLE).await.map_err(OpenError::Migrate)?;
    let applied = transaction.list_applied_migrations(TABLE).await.map_err(OpenError::Migrate)?;
    if let Some(found) = applied.iter().map(|migration| migration.version).max()
        && found > VERSION
    {
        return Err(OpenError::NewerSchema { found, known: VERSION });
    }
    for (version, name, sql) in MIGRATIONS {
        let sql = sql.into_sql_str();
        let migration = Migration::new(version, name.into(), MigrationType::Simple, sql, false);
        match applied.iter().find(|applied| applied.version == version) {
            Some(applied) if applied.checksum == migration.checksum => {}
            Some(_) => return Err(OpenError::Migrate(MigrateError::VersionMismatch(version))),
            None => {
                transaction.apply(TABLE, &migration).await.map_err(OpenError::Migrate)?;
            }
        }
    }
    transaction.commit().await.map_err(failed)
}
