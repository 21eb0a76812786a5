//! The store itself: opening, closing, and the port that commits.

use std::{collections::VecDeque, pin::Pin, sync::Arc};

use async_trait::async_trait;
use order_core::{
    OrderId,
    ports::{Commit, OrderStore, Remembered, RequestKey, StoreError, Stored},
};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

use crate::{
    batch,
    error::{OpenError, Stopped, from_sqlx},
    rows::{self, CommitRows, Reading},
    schema,
    settings::{self, Place},
    writer::{Done, Task, Writer},
};

/// Orders in one SQLite file. Clones share its connections.
#[derive(Debug, Clone)]
pub struct SqliteStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    reads: SqlitePool,
    writer: Writer,
    numbers: Mutex<Numbers>,
}

/// Order numbers that were taken and not given yet.
#[derive(Debug)]
struct Numbers {
    ready: VecDeque<u64>,
    /// How many to take next. It doubles, so that a short command takes few and a server seldom has
    /// to ask.
    next: i64,
}

const NUMBERS_MAX: i64 = 256;

/// The history of an order and its personal data.
pub(crate) const LOAD: &str = "
    SELECT order_id, version, ordinal, at, actor, event FROM order_event WHERE order_id = ?1
    UNION ALL
    SELECT order_id, 0, 0, 0, NULL, data FROM order_person WHERE order_id = ?1
    ORDER BY 2, 3";

pub(crate) const RECALL: &str =
    "SELECT key, fingerprint, order_id, version FROM order_request WHERE owner = ?1 AND key = ?2";

pub(crate) const TAKE_NUMBERS: &str = "
    UPDATE order_counter SET value = value + ?1 WHERE name = 'order_number' RETURNING value";

/// Takes the write lock without writing anything.
pub(crate) const LOCK: &str = "UPDATE order_counter SET value = value WHERE FALSE";

impl SqliteStore {
    /// Opens a database, makes it if there is none, and brings its schema up to date. The address is
    /// `sqlite://orders.db`, `sqlite::memory:` or a path.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_at(Place::parse(url)?).await
    }

    /// A database in memory, for tests: gone with the last clone.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn in_memory() -> Result<Self, OpenError> {
        Self::open_at(Place::memory()).await
    }

    async fn open_at(place: Place) -> Result<Self, OpenError> {
        let mut connection = place.create().await?;
        schema::migrate(&mut connection).await?;
        let store = Self::over(settings::readers(place.options()), place.options());
        // A database in memory lasts as long as somebody is connected.
        let opened = store.0.reads.acquire().await.map(drop);
        opened.map_err(|source| OpenError::Open { path: path_of(place.options()), source })?;
        // Closing may move the log into the database; it fails without harm if others read.
        let _ = connection.close().await;
        Ok(store)
    }

    /// A store over the host's own pool. It runs nothing: call [`migrate`](Self::migrate) once, and
    /// keep the database in WAL mode. Reads use the pool; the writer has a connection of its own
    /// with the pool's options, `synchronous = FULL` and foreign keys.
    pub fn new(pool: SqlitePool) -> Self {
        let options = pool.connect_options();
        Self::over(pool, &options)
    }

    fn over(reads: SqlitePool, options: &sqlx::sqlite::SqliteConnectOptions) -> Self {
        let numbers = Mutex::new(Numbers { ready: VecDeque::new(), next: 1 });
        let writer = Writer::new(settings::for_writing(options));
        Self(Arc::new(Inner { reads, writer, numbers }))
    }

    /// Brings the schema up to date. Safe when several begin at once.
    ///
    /// # Errors
    /// [`OpenError::NewerSchema`], [`OpenError::Migrate`], [`OpenError::Open`].
    pub async fn migrate(&self) -> Result<(), OpenError> {
        let options = self.0.reads.connect_options();
        let opened = settings::for_writing(&options).connect().await;
        let mut connection =
            opened.map_err(|source| OpenError::Open { path: path_of(&options), source })?;
        let migrated = schema::migrate(&mut connection).await;
        // The outcome is known; closing only tidies up.
        let _ = connection.close().await;
        migrated
    }

    /// Writes what is waiting, then closes every connection. Whatever comes later fails.
    pub async fn close(&self) {
        self.0.writer.close().await;
        self.0.reads.close().await;
    }

    pub(crate) fn reads(&self) -> &SqlitePool {
        &self.0.reads
    }

    /// Hands a task to the writer.
    pub(crate) async fn write(&self, task: Task) -> Result<Done, StoreError> {
        self.0.writer.run(task).await
    }
}

fn path_of(options: &sqlx::sqlite::SqliteConnectOptions) -> String {
    options.get_filename().display().to_string()
}

/// What a task of another kind would answer.
pub(crate) fn unexpected() -> StoreError {
    StoreError::Unavailable(Stopped.into())
}

/// Writes a commit as part of the host's own transaction: both become lasting when the host
/// commits, or neither. After an error nothing of the commit is left and the transaction can go on.
///
/// The connection must be to the database of the store, migrated. It holds the only write lock from
/// here on until the host's transaction ends, so no other write of this process should be awaited
/// before that. If this future is dropped before it is done, roll the transaction back.
///
/// # Errors
/// As for [`OrderStore::commit`].
pub async fn commit_on(
    connection: &mut SqliteConnection,
    commit: &Commit,
) -> Result<(), StoreError> {
    let rows = CommitRows::of(commit)?;
    sqlx::query("SAVEPOINT order_commit").execute(&mut *connection).await.map_err(from_sqlx)?;
    // Boxed, because the compiler cannot see through it that it can move between threads.
    let writing: Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>> =
        Box::pin(write_one(connection, &rows));
    let written = writing.await;
    let end = if written.is_ok() {
        "RELEASE order_commit"
    } else {
        "ROLLBACK TO order_commit; RELEASE order_commit"
    };
    let ended = sqlx::raw_sql(end).execute(&mut *connection).await.map_err(from_sqlx);
    written.and(ended.map(|_| ()))
}

async fn write_one(connection: &mut SqliteConnection, rows: &CommitRows) -> Result<(), StoreError> {
    sqlx::query(LOCK).execute(&mut *connection).await.map_err(from_sqlx)?;
    let mut written = batch::apply(connection, &[rows]).await.map_err(from_sqlx)?;
    written.pop().unwrap_or(Ok(()))
}

/// Takes so many numbers and gives the last of them.
pub(crate) async fn take_numbers(
    connection: &mut SqliteConnection,
    count: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(TAKE_NUMBERS).bind(count).fetch_one(connection).await
}

#[async_trait]
impl OrderStore for SqliteStore {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        let found = sqlx::query(LOAD).bind(id.shared()).fetch_all(self.reads()).await;
        let mut stored = Stored::default();
        for row in &found.map_err(from_sqlx)? {
            // Versions begin with 1.
            if Reading::new(row, "order_event", 0)?.get::<i64>(1, "version")? == 0 {
                stored.person = rows::person(row, 0, 5)?;
            } else {
                stored.events.push(rows::event(row)?);
            }
        }
        Ok(stored)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let rows = Box::new(CommitRows::of(commit)?);
        self.write(Task::Commit(rows)).await.map(|_| ())
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        let query = sqlx::query(RECALL).bind(key.owner.shared()).bind(key.key.shared());
        let found = query.fetch_optional(self.reads()).await.map_err(from_sqlx)?;
        let remembered = found.as_ref().map(|row| {
            let row = Reading::new(row, "order_request", 0)?;
            Ok(Remembered {
                fingerprint: row.get::<i64>(1, "fingerprint")?.cast_unsigned(),
                order_id: row.parse(2, "order_id")?,
                version: row.count(3, "version")?,
            })
        });
        remembered.transpose()
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        let mut numbers = self.0.numbers.lock().await;
        if let Some(number) = numbers.ready.pop_front() {
            return Ok(number);
        }
        let count = numbers.next;
        let Done::Numbers(last) = self.write(Task::TakeNumbers(count)).await? else {
            return Err(unexpected());
        };
        numbers.next = (count * 2).min(NUMBERS_MAX);
        numbers.ready = (last - count + 1..=last).filter_map(|n| u64::try_from(n).ok()).collect();
        numbers.ready.pop_front().ok_or_else(unexpected)
    }
}
