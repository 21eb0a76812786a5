//! What is kept of orders that were read.

use std::{fmt, time::Duration};

use super::{ConfigError, Redacted, parse, settings, sources::Sources};

/// Where Redis is. Shown without its password, also by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(pub String);

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({})", Redacted(&self.0))
    }
}

/// What is kept of orders that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caching {
    /// About how many bytes of orders are kept in the process, and of their answers as many again.
    pub bytes_max: usize,
    /// How long an order is kept.
    pub ttl: Duration,
    /// Where servers keep orders for each other.
    pub redis: Option<RedisUrl>,
}

impl Default for Caching {
    /// Nothing is kept: on one machine it does not pay.
    fn default() -> Self {
        Self { bytes_max: 0, ttl: Duration::from_mins(10), redis: None }
    }
}

impl Caching {
    pub(super) fn read(from: &mut Sources<'_>) -> Result<Self, ConfigError> {
        let size = |text: &str| parse::count(text, 0, 1_099_511_627_776);
        Ok(Self {
            redis: from.take_optional(&settings::REDIS_URL, parse::redis)?,
            bytes_max: from.take(&settings::CACHE_SIZE, size)?,
            ttl: from.take(&settings::CACHE_TTL, parse::duration)?,
        })
    }
}
