//! The clauses that every store keeps, one async function each.
//!
//! [`store_contract_tests!`](crate::store_contract_tests) makes one test of each.

pub mod accounts;
pub mod agendas;
pub mod audits;
pub mod backorders;
pub mod books;
pub mod commits;
pub mod damage;
pub mod deliveries;
pub mod delivery_log;
pub mod erasures;
pub mod feeds;
pub mod figures;
pub mod histories;
pub mod inboxes;
pub mod intakes;
pub mod keys;
pub mod leases;
pub mod lists;
pub mod lives;
pub mod maintenance;
pub mod numbers;
pub mod outboxes;
pub mod products;
pub mod questions;
pub mod readers;
pub mod references;
pub mod relays;
pub mod reports;
pub mod revalidations;
pub mod searches;
pub mod shelves;
pub mod stock;
pub mod streams;
pub mod subscriptions;
mod tour;
pub mod users;
pub mod verified;
pub mod versions;
mod world;

use std::{any::Any, sync::Arc};

use order_core::ports::Store;

pub use self::world::{Author, World};

/// An empty store for one clause, and what must live as long as it does.
#[derive(Debug)]
pub struct Fixture {
    /// The store.
    pub store: Arc<dyn Store>,
    /// A directory, a connection pool, a process: dropped after the store.
    pub guard: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// A store that needs nothing else.
    pub fn new(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store), guard: Box::new(()) }
    }

    /// The same with something that must live as long as the store.
    #[must_use]
    pub fn keeping(self, guard: impl Any + Send + Sync) -> Self {
        Self { guard: Box::new(guard), ..self }
    }
}
