//! Orders as they are read, kept in the process and, if wanted, in Redis; and never stale.
//!
//! [`CachedQueries`] stands before the reads of a store:
//!
//! ```
//! use std::sync::Arc;
//!
//! use order_cache_redis::{CacheSettings, CachedQueries};
//! use order_core::{OrderService, memory::InMemoryStore, ports::SystemClock};
//!
//! let store = InMemoryStore::default();
//! let cached = CachedQueries::new(store.clone(), &CacheSettings::default());
//! let orders = OrderService::new(store, SystemClock, uuid::Uuid::now_v7);
//! let orders = orders.with_queries(Arc::new(cached));
//! # let _ = orders;
//! ```
//!
//! [`CachedQueries::with_redis`] adds the layer that servers share.
//!
//! # Why a read is never stale
//!
//! A cache here never answers; it proposes. What it has goes, as a [`Stamp`](order_core::ports::Stamp), to
//! the store, which says that it is still right or gives what is right
//! ([`Revalidation`](order_core::ports::Revalidation)), in one look that begins after the read began.
//! So an answer is as new as one without a cache, whoever wrote: this process, another server, a
//! transaction of the host, a command line. Nothing has to be invalidated, so nothing can be forgotten:
//! Redis may be down, slow, cut off from some, restarted, emptied, or have what was written long ago, and
//! any process may die between any two steps. What a hit saves is the document: it is neither read, sent,
//! parsed nor, where a host keeps it, rendered again. What it does not save is the question.
//!
//! # Redis
//!
//! It is asked only for what the process does not have, waits at most
//! [`RedisSettings::timeout`], and is left alone for a while when that happened too often. Failures are
//! counted and otherwise not seen. It keeps personal data for as long as [`CacheSettings::ttl`] says: let
//! nobody else read it.
//!
//! # Metrics
//!
//! `order_cache_hits_total` counts what was still right, `order_cache_misses_total` what was not there or
//! not right any more, `order_cache_errors_total` what failed or was not asked because of it; each with
//! `layer`, `process` or `redis`. They go to the recorder of the `metrics` crate that is there when the
//! cache is made.

mod document;
mod error;
mod metrics;
mod process;
mod queries;
mod redis;
mod settings;

pub use self::{
    error::SettingsError,
    queries::CachedQueries,
    settings::{CacheSettings, Circuit, RedisSettings},
};
