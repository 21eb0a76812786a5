//! The store that the configuration names.

use std::{error::Error, sync::Arc};

use order_cache_redis::{CacheSettings, CachedQueries, RedisSettings};
use order_core::{
    OrderService, UserService, WebhookService,
    ports::{self, PasswordHasher, SystemClock, WebhookSender},
};
use order_store_postgres::PgOrderStore;
use order_store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::{
    ServerError,
    config::{Caching, Database, RedisUrl},
};

/// How many connections a pool has, and how many of these do nothing.
pub(crate) type Connections = Arc<dyn Fn() -> (u32, usize) + Send + Sync>;

/// An open store of either kind.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PgOrderStore),
}

impl Store {
    /// Opens a database and brings its schema up to date.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn open(database: &Database) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(match database {
            Database::Sqlite(file) => {
                Self::Sqlite(SqliteStore::open(&file.to_string_lossy()).await?)
            }
            Database::Postgres(url) => Self::Postgres(PgOrderStore::open(url).await?),
        })
    }

    /// All its ports.
    pub(crate) fn ports(&self) -> Arc<dyn ports::Store> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }

    /// Its log of administrative acts.
    pub(crate) fn audit_log(&self) -> Arc<dyn ports::AuditLog> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }

    /// The use cases over it.
    pub(crate) fn orders(&self) -> OrderService {
        match self {
            Self::Sqlite(store) => OrderService::new(store.clone(), SystemClock, Uuid::now_v7),
            Self::Postgres(store) => OrderService::new(store.clone(), SystemClock, Uuid::now_v7),
        }
    }

    /// Its reads with a cache before them, if one is wanted.
    ///
    /// # Errors
    /// [`ServerError::Cache`], and what the store says.
    pub(crate) async fn cached(
        &self,
        caching: &Caching,
    ) -> Result<Option<CachedQueries>, ServerError> {
        let settings = CacheSettings { bytes_max: caching.bytes_max as u64, ttl: caching.ttl };
        match (self, &caching.redis) {
            (_, None) if caching.bytes_max == 0 => Ok(None),
            (Self::Sqlite(store), redis) => {
                if redis.is_some() {
                    tracing::warn!("REDIS_URL is not used: a file of this machine is nearer");
                }
                Ok(Some(CachedQueries::new(store.clone(), &settings)))
            }
            (Self::Postgres(store), None) => Ok(Some(CachedQueries::new(store.clone(), &settings))),
            (Self::Postgres(store), Some(RedisUrl(url))) => {
                let origin = store.origin().await.map_err(ServerError::Origin)?;
                let cached = CachedQueries::new(store.clone(), &settings);
                Ok(Some(cached.with_redis(&RedisSettings::new(url, &origin))?))
            }
        }
    }

    /// The use cases on accounts over it.
    pub(crate) fn users(&self, hasher: Arc<dyn PasswordHasher>) -> UserService {
        match self {
            Self::Sqlite(store) => {
                UserService::new(store.clone(), hasher, SystemClock, Uuid::now_v7)
            }
            Self::Postgres(store) => {
                UserService::new(store.clone(), hasher, SystemClock, Uuid::now_v7)
            }
        }
    }

    /// The use cases on webhooks over it.
    pub(crate) fn webhooks(&self, sender: Arc<dyn WebhookSender>) -> WebhookService {
        match self {
            Self::Sqlite(store) => {
                WebhookService::new(store.clone(), sender, SystemClock, Uuid::now_v7)
            }
            Self::Postgres(store) => {
                WebhookService::new(store.clone(), sender, SystemClock, Uuid::now_v7)
            }
        }
    }

    /// What tells how many connections its pool has, and how many of these do nothing; none if there is
    /// no pool worth a word.
    pub(crate) fn connections(&self) -> Option<Connections> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => {
                let store = store.clone();
                Some(Arc::new(move || store.connections()))
            }
        }
    }

    /// Writes what is waiting and lets go of the database.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}
