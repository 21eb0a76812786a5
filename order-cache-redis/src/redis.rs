//! What servers share.

use std::{sync::Arc, time::Duration};

use recloser::{AsyncRecloser, Error as Circuited, Recloser};
use redis::{
    AsyncCommands, Client, RedisError, SetExpiry, SetOptions,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::{runtime::Handle, sync::Semaphore, time::timeout};

use crate::{
    document::Kept,
    error::{SettingsError, Trouble},
    metrics::Counters,
    settings::{CacheSettings, RedisSettings},
};

/// How many writes are on their way at most; what comes beyond them is not kept.
const WRITES_MAX: usize = 64;
/// How long a new connection may take. Reads do not wait for it longer than for an answer.
const CONNECT: Duration = Duration::from_secs(1);
/// The longest pause between attempts to connect.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The layer in Redis. Clones share the connection and the circuit.
#[derive(Debug, Clone)]
pub(crate) struct Far(Arc<Inner>);

struct Inner {
    connection: ConnectionManager,
    prefix: String,
    timeout: Duration,
    ttl: Duration,
    circuit: AsyncRecloser,
    writes: Arc<Semaphore>,
    counters: Counters,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Far {
    /// Connects to nothing yet.
    pub(crate) fn new(
        redis: &RedisSettings,
        settings: &CacheSettings,
    ) -> Result<Self, SettingsError> {
        Handle::try_current().map_err(|_| SettingsError::NoRuntime)?;
        let client = Client::open(redis.address()?).map_err(SettingsError::Address)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(redis.timeout))
            .set_number_of_retries(1)
            .set_max_delay(PAUSE_MAX);
        let connection = ConnectionManager::new_lazy_with_config(client, config)
            .map_err(SettingsError::Client)?;
        let circuit = Recloser::custom()
            .error_rate(redis.circuit.failures)
            .closed_len(redis.circuit.calls.max(1))
            .half_open_len(redis.circuit.trials.max(1))
            .open_wait(redis.circuit.wait)
            .build();
        Ok(Self(Arc::new(Inner {
            connection,
            // Another release may write other documents.
            prefix: format!("order:{}:{}:", env!("CARGO_PKG_VERSION"), redis.namespace),
            timeout: redis.timeout,
            ttl: settings.ttl,
            circuit: AsyncRecloser::from(circuit),
            writes: Arc::new(Semaphore::new(WRITES_MAX)),
            counters: Counters::of("redis"),
        })))
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// What is kept under a reference, if Redis says so in time.
    pub(crate) async fn get(&self, reference: &str) -> Option<Arc<Kept>> {
        let (mut connection, key) = (self.0.connection.clone(), self.key(reference));
        let bytes: Option<Vec<u8>> = self.ask(async { connection.get(&key).await }).await?;
        let kept = bytes.as_deref().map(Kept::read);
        if let Some(None) = &kept {
            self.0.counters.errors.increment(1);
        }
        kept.flatten().map(Arc::new)
    }

    /// Whether Redis answers in time.
    pub(crate) async fn ping(&self) -> bool {
        let mut connection = self.0.connection.clone();
        let pong = timeout(self.0.timeout, async { connection.ping::<String>().await }).await;
        matches!(pong, Ok(Ok(_)))
    }

    /// Has an order kept. Nobody waits for it.
    pub(crate) fn put(&self, reference: &str, kept: Arc<Kept>) {
        let Ok(turn) = Arc::clone(&self.0.writes).try_acquire_owned() else {
            return;
        };
        let (far, key) = (self.clone(), self.key(reference));
        tokio::spawn(async move {
            far.write(&key, &kept).await;
            drop(turn);
        });
    }

    async fn write(&self, key: &str, kept: &Kept) {
        let Ok(document) = kept.write() else {
            self.0.counters.errors.increment(1);
            return;
        };
        let ttl_ms = u64::try_from(self.0.ttl.as_millis()).unwrap_or(u64::MAX).max(1);
        let options = SetOptions::default().with_expiration(SetExpiry::PX(ttl_ms));
        let mut connection = self.0.connection.clone();
        // A failure is counted; the order is only not kept.
        let _: Option<()> =
            self.ask(async { connection.set_options(key, document, options).await }).await;
    }

    fn key(&self, reference: &str) -> String {
        [self.0.prefix.as_str(), reference].concat()
    }

    /// Asks Redis, if the circuit is closed, and not for long.
    async fn ask<T: Send>(
        &self,
        call: impl Future<Output = Result<T, RedisError>> + Send,
    ) -> Option<T> {
        let timely = async {
            match timeout(self.0.timeout, call).await {
                Ok(answer) => answer.map_err(Trouble::Client),
                Err(_) => Err(Trouble::TimedOut),
            }
        };
        match self.0.circuit.call(timely).await {
            Ok(answer) => Some(answer),
            Err(Circuited::Inner(_) | Circuited::Rejected) => {
                self.0.counters.errors.increment(1);
                None
            }
        }
    }
}
