//! How connections are made.

use std::{
    path::Path,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::sleep;

use crate::error::{OpenError, is_busy};

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a read waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Every text of every bulk statement stays prepared.
const STATEMENTS_CACHED: usize = 256;
/// Pages in the log before they are moved into the database: 32 MiB.
const CHECKPOINT_PAGES: &str = "8000";
/// To what the log shrinks after it has grown, in bytes.
const LOG_SIZE: &str = "67108864";
/// The writer's page cache, in KiB (negative: not in pages).
const WRITER_CACHE: &str = "-32768";

/// Where a database is.
#[derive(Debug)]
pub(crate) enum Place {
    File(SqliteConnectOptions),
    Memory(SqliteConnectOptions),
}

impl Place {
    /// Reads `sqlite://orders.db`, `sqlite:orders.db` or a path. `:memory:` is in memory.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        let path = url.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        if path.unwrap_or(url) == ":memory:" {
            return Ok(Self::memory());
        }
        let options = match path {
            None => Ok(SqliteConnectOptions::new().filename(Path::new(url))),
            Some(_) => SqliteConnectOptions::from_str(url),
        };
        let address = |source| OpenError::Address { url: url.to_owned(), source };
        Ok(Self::File(options.map_err(address)?))
    }

    /// A database of its own that all connections of this process share by its name.
    pub(crate) fn memory() -> Self {
        static NAMES: AtomicU64 = AtomicU64::new(1);
        let name = format!("/order-store-{}", NAMES.fetch_add(1, Ordering::Relaxed));
        Self::Memory(SqliteConnectOptions::new().filename(name).vfs("memdb"))
    }

    pub(crate) fn options(&self) -> &SqliteConnectOptions {
        match self {
            Self::File(options) | Self::Memory(options) => options,
        }
    }

    /// Makes the database if there is none, and its log.
    pub(crate) async fn create(&self) -> Result<SqliteConnection, OpenError> {
        const ATTEMPTS: u32 = 50;
        const PAUSE: Duration = Duration::from_millis(100);
        let mut options = for_writing(self.options()).create_if_missing(true);
        if let Self::File(_) = self {
            options = options.journal_mode(SqliteJournalMode::Wal);
        }
        let mut attempt = 1;
        loop {
            match options.connect().await {
                Ok(connection) => return Ok(connection),
                // Changing to WAL does not wait for others that open the file at the same time.
                Err(error) if is_busy(&error) && attempt < ATTEMPTS => attempt += 1,
                Err(source) => {
                    let path = options.get_filename().display().to_string();
                    return Err(OpenError::Open { path, source });
                }
            }
            sleep(PAUSE).await;
        }
    }
}

/// A connection that writes: every commit is on the disk before it is answered.
pub(crate) fn for_writing(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .clone()
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(STATEMENTS_CACHED)
        .pragma("cache_size", WRITER_CACHE)
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_SIZE)
        .disable_statement_logging()
}

/// The connections that read.
pub(crate) fn readers(options: &SqliteConnectOptions) -> SqlitePool {
    let options = options
        .clone()
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("query_only", "ON")
        .disable_statement_logging();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(u32::try_from(cores.clamp(4, 16)).unwrap_or(4))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}
