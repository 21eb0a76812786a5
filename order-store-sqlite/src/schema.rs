//! The schema and how it came to be.

use sqlx::{
    Connection, SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use crate::error::OpenError;

/// The newest schema version.
pub(crate) const VERSION: i64 = 1;

/// The schema version of a database that was migrated.
pub(crate) const SCHEMA_VERSION: &str = "SELECT max(version) FROM order_schema_migrations";

const MIGRATIONS: [(i64, &str, &str); 1] =
    [(VERSION, "init", include_str!("../migrations/0001_init.sql"))];

/// Brings a database up to date: all at once or not at all, and alone, however many begin together.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Migrate(MigrateError::Execute(error));
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.into());
    migrator.dangerous_set_table_name("order_schema_migrations");
    match migrator.run(&mut *transaction).await {
        Ok(()) => transaction.commit().await.map_err(failed),
        Err(MigrateError::VersionMissing(found)) if found > VERSION => {
            Err(OpenError::NewerSchema { found, known: VERSION })
        }
        Err(error) => Err(OpenError::Migrate(error)),
    }
}
