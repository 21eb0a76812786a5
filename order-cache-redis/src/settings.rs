//! How much is kept, for how long, and where Redis is.

use std::{fmt, time::Duration};

use redis::{ConnectionInfo, IntoConnectionInfo, io::tcp::TcpSettings};

use crate::error::SettingsError;

/// How long what was sent may be left unacknowledged by the machine at the other end.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// How much is kept, and for how long. Neither changes what is read, only what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// About how many bytes of orders are kept in the process; 0 for none.
    pub bytes_max: u64,
    /// How long an order is kept at most, in the process and in Redis: how long its personal data lies
    /// there.
    pub ttl: Duration,
}

impl Default for CacheSettings {
    /// 64 MiB, for ten minutes.
    fn default() -> Self {
        Self { bytes_max: 64 * 1024 * 1024, ttl: Duration::from_mins(10) }
    }
}

/// When Redis is left alone for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circuit {
    /// How many calls are looked at.
    pub calls: usize,
    /// Which share of them has to fail, from 0 to 1, for the circuit to open.
    pub failures: f32,
    /// How long it stays open.
    pub wait: Duration,
    /// How many calls are looked at then before it closes, or opens again.
    pub trials: usize,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { calls: 20, failures: 0.5, wait: Duration::from_secs(5), trials: 3 }
    }
}

/// Where Redis is, and how patient we are. A value; nothing is read from the environment.
#[derive(Clone)]
pub struct RedisSettings {
    pub(crate) url: String,
    pub(crate) namespace: String,
    pub(crate) timeout: Duration,
    pub(crate) circuit: Circuit,
}

impl RedisSettings {
    /// Redis at an address such as `redis://user:password@host:6379/0` (or `rediss://`), with twenty
    /// milliseconds of patience. The namespace names the database that the orders are in: two that share
    /// a Redis must have different ones, servers of one database the same.
    pub fn new(url: &str, namespace: &str) -> Self {
        Self {
            url: url.to_owned(),
            namespace: namespace.to_owned(),
            timeout: Duration::from_millis(20),
            circuit: Circuit::default(),
        }
    }

    /// Whether the address is one of Redis. Connects to nothing.
    ///
    /// # Errors
    /// [`SettingsError::Address`].
    pub fn check(&self) -> Result<(), SettingsError> {
        self.address().map(|_| ())
    }

    /// The address, and that a connection on which nothing arrives any more is given up.
    pub(crate) fn address(&self) -> Result<ConnectionInfo, SettingsError> {
        let tcp = TcpSettings::default().set_nodelay(true);
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        let tcp = tcp.set_user_timeout(SILENCE_MAX);
        let info = self.url.as_str().into_connection_info().map_err(SettingsError::Address)?;
        Ok(info.set_tcp_settings(tcp))
    }

    /// How long a read waits for Redis before it goes to the store with empty hands.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// When Redis is left alone for a while.
    #[must_use]
    pub fn circuit(self, circuit: Circuit) -> Self {
        Self { circuit, ..self }
    }
}

impl fmt::Debug for RedisSettings {
    /// The address may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSettings")
            .field("namespace", &self.namespace)
            .field("timeout", &self.timeout)
            .field("circuit", &self.circuit)
            .finish_non_exhaustive()
    }
}
