//! The store itself: opening, closing, and the port that commits.

use std::{collections::VecDeque, pin::Pin, sync::Arc};

use async_trait::async_trait;
use order_core::{
    OrderId,
    ports::{Commit, OrderStore, Remembered, RequestKey, StoreError, Stored},
};
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, PgPool, Row as _,
    postgres::{PgConnectOptions, PgRow},
};
use tokio::{sync::Mutex, time::timeout};

use crate::{
    batch,
    confirmed::Confirmed,
    crew::Crew,
    error::{OpenError, Stopped, from_sqlx, has_no_transaction},
    reader::{Ask, Found, Reading},
    rows::{self, CommitRows, Reading as Row},
    schema::{self, Schema},
    settings::{self, in_time},
    writer::Committing,
};

/// Batches in flight: one is on its way to the disk while the next one gathers and is decided.
const COMMITTERS: usize = 2;
const READERS: usize = 2;

/// Orders in one schema of a PostgreSQL database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct PgOrderStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    schema: Schema,
    pool: PgPool,
    committers: Crew<Committing>,
    readers: Crew<Reading>,
    numbers: Mutex<Numbers>,
}

/// Order numbers that were taken and not given yet.
#[derive(Debug)]
struct Numbers {
    ready: VecDeque<i64>,
    /// How many to take next. It doubles, so that a short command takes few and a server seldom has
    /// to ask.
    next: i32,
}

const NUMBERS_MAX: i32 = 256;

/// The histories of orders and their personal data, which comes first.
pub(crate) const LOAD: &str = "
    SELECT k.place, e.order_id, e.version, e.ordinal, e.at, e.actor, e.event
    FROM unnest($1::text[]) WITH ORDINALITY AS k (id, place)
    JOIN order_store.order_event e ON e.order_id = k.id
    UNION ALL
    SELECT k.place, p.order_id, 0, 0, 0, NULL, p.data
    FROM unnest($1::text[]) WITH ORDINALITY AS k (id, place)
    JOIN order_store.order_person p ON p.order_id = k.id
    WHERE p.data IS NOT NULL
    ORDER BY 1, 3, 4";

pub(crate) const RECALL: &str = "
    SELECT k.place, r.key, r.fingerprint, r.order_id, r.version
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (owner, key, place)
    JOIN order_store.order_request r ON r.owner = k.owner AND r.key = k.key";

const EXISTS: &str =
    "SELECT pg_catalog.to_regclass('order_store.order_schema_migrations') IS NOT NULL";

/// When the schema was made, to the microsecond, and in which database.
pub(crate) const ORIGIN: &str = "
    SELECT pg_catalog.current_database()::text,
        (extract(epoch FROM min(installed_on)) * 1000000)::bigint
    FROM order_store.order_schema_migrations";

pub(crate) const TAKE_NUMBERS: &str = "
    SELECT nextval('order_store.order_number_sequence') FROM generate_series(1, $1)";

impl PgOrderStore {
    /// Connects to a database and brings the schema `order_store` up to date. The address is
    /// `postgres://user:password@host:port/database`.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_schema(url, "order_store").await
    }

    /// The same in a schema of another name, such as one a tenant.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_schema(url: &str, schema: &str) -> Result<Self, OpenError> {
        let options = settings::parse(url)?;
        let store = Self::over(settings::pool(&options), &options, Schema::named(schema)?);
        store.migrate().await?;
        Ok(store)
    }

    /// Whether a database was ever opened, so that somebody who only looks need not change it.
    ///
    /// # Errors
    /// [`OpenError::Address`], [`OpenError::Open`].
    pub async fn exists(url: &str) -> Result<bool, OpenError> {
        let mut connection = connect(&settings::parse(url)?).await?;
        let exists = sqlx::query_scalar(EXISTS).fetch_one(&mut connection).await;
        // The answer is known; closing only tidies up.
        let _ = connection.close().await;
        exists.map_err(|source| OpenError::Open { source })
    }

    /// The address as it may be shown, without its password and options. Connects to nothing.
    ///
    /// # Errors
    /// [`OpenError::Address`].
    pub fn shown(url: &str) -> Result<String, OpenError> {
        let options = settings::parse(url)?;
        let (user, port) = (options.get_username(), options.get_port());
        let socket = options.get_socket().map(|path| path.display().to_string());
        let host = socket.unwrap_or_else(|| options.get_host().to_owned());
        let database = options.get_database().unwrap_or(user);
        Ok(format!("postgres://{user}@{host}:{port}/{database}"))
    }

    /// A store over the host's own pool, in the schema `order_store`. It runs nothing: call
    /// [`migrate`](Self::migrate) once. Lists use the pool; committers and readers have connections
    /// of their own with the pool's options, four in all.
    pub fn new(pool: PgPool) -> Self {
        let options = pool.connect_options();
        Self::over(pool, &options, Schema::default())
    }

    /// The same in a schema of another name.
    ///
    /// # Errors
    /// [`OpenError::SchemaName`].
    pub fn in_schema(pool: PgPool, schema: &str) -> Result<Self, OpenError> {
        let options = pool.connect_options();
        Ok(Self::over(pool, &options, Schema::named(schema)?))
    }

    fn over(pool: PgPool, options: &PgConnectOptions, schema: Schema) -> Self {
        let keyed = settings::by_key(options);
        let committing = Committing { schema: schema.clone() };
        let reading = Reading { schema: schema.clone(), confirmed: Confirmed::default() };
        Self(Arc::new(Inner {
            pool,
            committers: Crew::new(committing, keyed.clone(), COMMITTERS),
            readers: Crew::new(reading, keyed, READERS),
            numbers: Mutex::new(Numbers { ready: VecDeque::new(), next: 1 }),
            schema,
        }))
    }

    /// Brings the schema up to date. Safe when several begin at once.
    ///
    /// # Errors
    /// [`OpenError::NewerSchema`], [`OpenError::Migrate`], [`OpenError::Open`].
    pub async fn migrate(&self) -> Result<(), OpenError> {
        let mut connection = connect(&self.0.pool.connect_options()).await?;
        let migrated = schema::migrate(&mut connection, &self.0.schema).await;
        // The outcome is known; closing only tidies up.
        let _ = connection.close().await;
        migrated
    }

    /// Writes what is waiting, then closes every connection. Whatever comes later fails.
    pub async fn close(&self) {
        self.0.committers.close().await;
        self.0.readers.close().await;
        self.0.pool.close().await;
    }

    /// The name of the schema.
    pub fn schema_name(&self) -> &str {
        self.0.schema.name()
    }

    /// Names the schema among all schemas of all databases, for who keeps things of several: the name of
    /// the database, that of the schema, and when it was made. Only a copy has the same name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn origin(&self) -> Result<String, StoreError> {
        let row = sqlx::query(self.0.schema.sql(ORIGIN)).fetch_one(&self.0.pool).await;
        let row = row.map_err(from_sqlx)?;
        let database: String = row.try_get(0).map_err(from_sqlx)?;
        let made_us: i64 = row.try_get(1).map_err(from_sqlx)?;
        Ok(format!("{database}/{}/{made_us}", self.0.schema.name()))
    }

    /// Writes a commit as part of the host's own transaction: both become lasting when the host
    /// commits, or neither. After an error nothing of the commit is left and the transaction can go
    /// on. The order, and the stock of its products, stay locked until the transaction ends: keep it
    /// short. If this future is dropped before it is done, roll the transaction back.
    ///
    /// # Errors
    /// As for [`OrderStore::commit`]. [`StoreError::Conflict`] also if another transaction wrote the
    /// same new thing meanwhile; a key that it took is then found by asking again.
    pub async fn commit_on(
        &self,
        connection: &mut PgConnection,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        commit_on(&self.0.schema, connection, commit).await
    }

    /// How many connections its pool has, and how many of these do nothing. The committers and readers
    /// have others of their own.
    pub fn connections(&self) -> (u32, usize) {
        (self.0.pool.size(), self.0.pool.num_idle())
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.0.schema
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// Has something read by key.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Found, StoreError> {
        self.0.readers.run(ask).await
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    let opened = timeout(settings::CONNECT_TIMEOUT, options.connect()).await;
    let opened = opened.unwrap_or_else(|late| Err(sqlx::Error::Io(late.into())));
    opened.map_err(|source| OpenError::Open { source })
}

/// What a task of another kind would answer.
pub(crate) fn unexpected() -> StoreError {
    StoreError::Unavailable(Stopped.into())
}

/// Writes a commit within a transaction, or as one if there is none.
pub(crate) async fn commit_on(
    schema: &Schema,
    connection: &mut PgConnection,
    commit: &Commit,
) -> Result<(), StoreError> {
    let rows = CommitRows::of(commit)?;
    // Boxed, because the compiler cannot see through it that it can move between threads.
    let writing: Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>> =
        Box::pin(write_one(schema, connection, &rows));
    writing.await
}

async fn write_one(
    schema: &Schema,
    connection: &mut PgConnection,
    rows: &CommitRows,
) -> Result<(), StoreError> {
    // The server knows better than the driver whether the host has begun a transaction.
    let in_transaction = match connection.execute("SAVEPOINT order_commit").await {
        Ok(_) => true,
        Err(error) if has_no_transaction(&error) => false,
        Err(error) => return Err(from_sqlx(error)),
    };
    if !in_transaction {
        connection.execute("BEGIN").await.map_err(from_sqlx)?;
    }
    let written = batch::apply_one(schema, connection, rows).await;
    let end = match (in_transaction, &written) {
        (true, Ok(())) => "RELEASE SAVEPOINT order_commit",
        (true, Err(_)) => "ROLLBACK TO SAVEPOINT order_commit; RELEASE SAVEPOINT order_commit",
        (false, Ok(())) => "COMMIT",
        (false, Err(_)) => "ROLLBACK",
    };
    let ended = connection.execute(end).await;
    written.and(ended.map(|_| ()).map_err(from_sqlx))
}

/// The histories of orders, with the places they are asked from.
pub(crate) async fn load_all(
    schema: &Schema,
    connection: &mut PgConnection,
    ids: Vec<(usize, &OrderId)>,
) -> Result<Vec<(usize, Result<Stored, StoreError>)>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let texts: Vec<&str> = ids.iter().map(|(_, id)| id.as_str()).collect();
    let found = sqlx::query(schema.sql(LOAD)).bind(texts).fetch_all(connection).await?;
    let mut all: Vec<_> = ids.iter().map(|(place, _)| (*place, Ok(Stored::default()))).collect();
    for row in &found {
        let place = place_of(row)?;
        let Some((_, stored)) = all.get_mut(place) else { continue };
        let read = stored.as_mut().map_or(Ok(()), |stored| collect(stored, row));
        if let Err(error) = read {
            *stored = Err(error);
        }
    }
    Ok(all)
}

fn collect(stored: &mut Stored, row: &PgRow) -> Result<(), StoreError> {
    // Versions begin with 1.
    if Row::new(row, "order_event", 1)?.get::<i64>(2, "version")? == 0 {
        stored.person = rows::person(row, 1, 6)?;
    } else {
        stored.events.push(rows::event(row, 1)?);
    }
    Ok(())
}

/// The place in a list that a row belongs to; the database counts from 1.
pub(crate) fn place_of(row: &PgRow) -> Result<usize, sqlx::Error> {
    let place: i64 = sqlx::Row::try_get(row, 0)?;
    usize::try_from(place - 1).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// What is remembered of requests, with the places they are asked from.
pub(crate) async fn recall_all(
    schema: &Schema,
    connection: &mut PgConnection,
    keys: Vec<(usize, &RequestKey)>,
) -> Result<Vec<(usize, Result<Option<Remembered>, StoreError>)>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let query = sqlx::query(schema.sql(RECALL))
        .bind(keys.iter().map(|(_, key)| key.owner.as_str()).collect::<Vec<_>>())
        .bind(keys.iter().map(|(_, key)| key.key.as_str()).collect::<Vec<_>>());
    let found = query.fetch_all(connection).await?;
    let mut all: Vec<_> = keys.iter().map(|(place, _)| (*place, Ok(None))).collect();
    for row in &found {
        if let Some((_, known)) = all.get_mut(place_of(row)?) {
            *known = remembered(row).map(Some);
        }
    }
    Ok(all)
}

fn remembered(row: &PgRow) -> Result<Remembered, StoreError> {
    let row = Row::new(row, "order_request", 1)?;
    Ok(Remembered {
        fingerprint: row.get::<i64>(2, "fingerprint")?.cast_unsigned(),
        order_id: row.parse(3, "order_id")?,
        version: row.number(4, "version")?,
    })
}

/// Takes so many numbers.
pub(crate) async fn take_numbers(
    schema: &Schema,
    connection: &mut PgConnection,
    count: i32,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(schema.sql(TAKE_NUMBERS)).bind(count).fetch_all(connection).await
}

#[async_trait]
impl OrderStore for PgOrderStore {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        match self.ask(Ask::Load(id.clone())).await? {
            Found::Stored(stored) => Ok(*stored),
            _ => Err(unexpected()),
        }
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.0.committers.run(Box::new(CommitRows::of(commit)?)).await
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        match self.ask(Ask::Recall(key.clone())).await? {
            Found::Remembered(known) => Ok(known),
            _ => Err(unexpected()),
        }
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        // The time is for all of it: whoever waits for another's turn does not then wait for its own.
        in_time(async {
            let mut numbers = self.0.numbers.lock().await;
            if numbers.ready.is_empty() {
                let count = numbers.next;
                let Found::Numbers(taken) = self.ask(Ask::Numbers(count)).await? else {
                    return Err(unexpected());
                };
                numbers.ready = taken.into();
                numbers.next = count.saturating_mul(2).min(NUMBERS_MAX);
            }
            let number = numbers.ready.pop_front().ok_or_else(unexpected)?;
            Ok(number.unsigned_abs())
        })
        .await
    }
}
