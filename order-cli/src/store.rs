//! The database that this program opens itself.

use std::{error::Error, sync::Arc};

use order_auth::Argon2Hasher;
use order_broker::{
    Source,
    webhook::{Reach, Sender},
};
use order_core::{
    OrderService, UserService, WebhookService,
    ports::{AuditLog, SystemClock},
};
use order_store_postgres::PgOrderStore;
use order_store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::{
    config::Database,
    error::{Done, Failure, chain},
};

/// What a command needs of a local database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It must be there.
    Read,
    /// It is created if it is not there.
    Write,
}

/// An open store of either kind.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PgOrderStore),
}

impl Store {
    /// Opens a database and brings its schema up to date.
    pub(crate) async fn open(database: &Database, access: Access) -> Done<Self> {
        if access == Access::Read {
            check(database).await?;
        }
        match database {
            Database::Sqlite { url, .. } => match SqliteStore::open(url).await {
                Ok(store) => Ok(Self::Sqlite(store)),
                Err(error) => Err(Failure::Unavailable(chain(&error))),
            },
            Database::Postgres { url, .. } => match PgOrderStore::open(url).await {
                Ok(store) => Ok(Self::Postgres(store)),
                Err(error) => Err(broken(database, &error)),
            },
        }
    }

    /// The use cases over it.
    pub(crate) fn service(&self) -> OrderService {
        match self {
            Self::Sqlite(store) => OrderService::new(store.clone(), SystemClock, Uuid::now_v7),
            Self::Postgres(store) => OrderService::new(store.clone(), SystemClock, Uuid::now_v7),
        }
    }

    /// The use cases on accounts over it. Nobody signs in to a database, so it makes no tokens.
    pub(crate) fn users(&self) -> UserService {
        let hasher = Arc::new(Argon2Hasher::default());
        let users = match self {
            Self::Sqlite(store) => {
                UserService::new(store.clone(), hasher, SystemClock, Uuid::now_v7)
            }
            Self::Postgres(store) => {
                UserService::new(store.clone(), hasher, SystemClock, Uuid::now_v7)
            }
        };
        users.with_audit_log(self.audit_log())
    }

    fn audit_log(&self) -> Arc<dyn AuditLog> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }

    /// The use cases on webhooks over it.
    pub(crate) fn webhooks(&self, reach: Reach) -> Done<WebhookService> {
        let sender = Sender::new(Source::default(), reach, Arc::new(SystemClock));
        let sender = Arc::new(sender.map_err(|error| Failure::Unavailable(chain(&error)))?);
        let webhooks = match self {
            Self::Sqlite(store) => {
                WebhookService::new(store.clone(), sender, SystemClock, Uuid::now_v7)
            }
            Self::Postgres(store) => {
                WebhookService::new(store.clone(), sender, SystemClock, Uuid::now_v7)
            }
        };
        Ok(webhooks.with_audit_log(self.audit_log()))
    }

    /// Ends the work in good order.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// Checks that orders can be there: whoever only looks must not create anything.
async fn check(database: &Database) -> Done {
    let missing = match database {
        Database::Sqlite { file: Some(file), .. } if !file.exists() => {
            format!("there is no database {}", file.display())
        }
        Database::Postgres { url, shown } => match PgOrderStore::exists(url).await {
            Ok(true) => return Ok(()),
            Ok(false) => format!("there are no orders in {shown}"),
            Err(error) => return Err(broken(database, &error)),
        },
        Database::Sqlite { .. } => return Ok(()),
    };
    let hint = "`order migrate` sets it up, --database-url names another";
    Err(Failure::Unavailable(format!("{missing}; {hint}")))
}

fn broken(database: &Database, error: &dyn Error) -> Failure {
    Failure::Unavailable(format!("{}: {}", database.name(), chain(error)))
}
