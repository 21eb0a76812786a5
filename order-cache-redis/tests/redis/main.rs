//! The layer in Redis, with Redis itself: what it saves, and that nothing that happens to it makes a read
//! stale, fail or slow.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[expect(dead_code, reason = "tests of the process use the rest of it")]
mod scene;

mod chaos;
mod contents;
mod outages;

use std::time::Duration;

use order_cache_redis::{CacheSettings, CachedQueries, Circuit, RedisSettings};
use scene::{Gated, Server};

/// A circuit that opens after a few failures and closes soon.
const CIRCUIT: Circuit =
    Circuit { calls: 6, failures: 0.5, wait: Duration::from_millis(300), trials: 2 };

/// Settings for a Redis at this port of 127.0.0.1.
fn redis_at(port: u16) -> RedisSettings {
    RedisSettings::new(&format!("redis://127.0.0.1:{port}"), "shop").circuit(CIRCUIT)
}

/// The same with patience, where a test is about something else and the machine may be busy.
fn patient(port: u16) -> RedisSettings {
    redis_at(port).timeout(Duration::from_secs(2))
}

/// A server that keeps nothing in the process, so that every read asks Redis.
fn bare(gated: &Gated, redis: &RedisSettings) -> Server {
    server(gated, redis, CacheSettings { bytes_max: 0, ..CacheSettings::default() })
}

fn server(gated: &Gated, redis: &RedisSettings, settings: CacheSettings) -> Server {
    let cache = CachedQueries::new(gated.clone(), &settings);
    Server::over(gated, cache.with_redis(redis).expect("the settings are sound"))
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(std::time::Instant::now() < deadline, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
