//! The stores behind a cache: they keep every clause that stores keep, and several servers over one database
//! never read what is older than what was acknowledged.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[cfg(feature = "live-tests")]
mod postgres;
mod servers;
mod sqlite;
