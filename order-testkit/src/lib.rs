//! Holds every adapter to its port, and offers what tests of the order library need.
//!
//! # The store contract
//!
//! Every store runs the same numbered clauses. In a crate of a store, with `tokio` (macros and the
//! multi-threaded runtime) at hand, `tests/contract.rs` is:
//!
//! ```
//! use order_core::memory::InMemoryStore;
//! use order_testkit::contract::Fixture;
//!
//! /// Makes an empty store. Called once for each clause; clauses run at the same time.
//! async fn fresh() -> Fixture {
//!     Fixture::new(InMemoryStore::default())
//!     // With something that must outlive the store, such as a temporary directory:
//!     // Fixture::new(store).keeping(directory)
//! }
//!
//! order_testkit::store_contract_tests!(fresh);
//! # fn main() {}
//! ```
//!
//! A store that keeps rows runs [`corrupt_rows_contract!`] as well: its argument gives, beside the
//! fixture, a [`Damager`](contract::damage::Damager) that makes a row unreadable behind the store's
//! back:
//!
//! ```ignore
//! async fn fresh() -> order_testkit::contract::damage::Damageable {
//!     (Fixture::new(store), Box::new(RawConnection(pool)))
//! }
//!
//! order_testkit::corrupt_rows_contract!(fresh);
//! ```
//!
//! # Beside it
//!
//! - [`FixedClock`] and [`CountingIds`] make a run repeatable.
//! - [`PlainHasher`] hashes nothing, [`PlainTokens`] signs nothing; [`sample`] has values to begin with, [`strategies`] makes them up for properties.
//! - [`FaultyStore`] fails on purpose; [`CapturingStore`] keeps real commits, which nobody but the
//!   service can make.
//! - [`provider`] is a payment provider with nine behaviours, [`ScriptedInventory`] stock of another
//!   service: both inside a test, deterministic.
//! - [`saga_tests!`] drives orders through every behaviour of a provider, with a crash after every step,
//!   on any store; [`saga::simulate`] makes up whole lives from a seed.
//! - `postgres`, a feature, starts a PostgreSQL server for tests and is rough with it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test kit speaks by panicking"
)]

mod cable;
mod choosy;
mod clock;
pub mod contract;
mod crash;
mod credentials;
#[cfg(all(
    unix,
    any(feature = "postgres", feature = "rabbitmq", feature = "redis", feature = "tansu")
))]
mod daemon;
mod faults;
mod fuzz;
mod given;
mod ids;
mod inventory;
mod list;
#[cfg(all(
    unix,
    any(feature = "postgres", feature = "rabbitmq", feature = "redis", feature = "tansu")
))]
mod machine;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgres;
pub mod provider;
pub mod publisher;
pub mod python;
#[cfg(all(unix, feature = "rabbitmq"))]
pub mod rabbitmq;
mod random;
#[cfg(all(unix, feature = "redis"))]
pub mod redis;
pub mod saga;
pub mod sample;
mod sender;
mod shared;
pub mod strategies;
#[cfg(all(unix, feature = "tansu"))]
pub mod tansu;

pub use self::{
    cable::Cable,
    choosy::Choosy,
    clock::FixedClock,
    crash::{CrashPoint, Crashing},
    credentials::{PlainHasher, PlainTokens},
    faults::{CapturingStore, Fault, FaultyStore},
    fuzz::fuzz,
    given::{Given, Outcome, given},
    ids::CountingIds,
    inventory::{HoldFault, ScriptedInventory},
    random::Random,
    sender::ScriptedSender,
    shared::SharedStore,
};
