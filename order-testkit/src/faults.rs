//! Stores that fail on purpose, or keep what was to be written.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use order_core::{
    OrderId,
    ports::{Commit, OrderStore, Remembered, RequestKey, StoreError, Stored},
};

/// What goes wrong with one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing; the commit is passed on.
    None,
    /// Nothing is written, and nobody knows.
    LostBefore,
    /// All is written, and nobody knows.
    LostAfter,
    /// The store says that somebody else was faster.
    Conflict,
    /// The store says that it has too much to do.
    Overloaded,
}

/// A store whose next commits fail as planned, and that may forget requests. Hand it to
/// [`OrderService::with_store`](order_core::OrderService::with_store).
#[derive(Debug)]
pub struct FaultyStore {
    inner: Arc<dyn OrderStore>,
    plan: Mutex<VecDeque<Fault>>,
    forgets: AtomicU32,
}

impl FaultyStore {
    /// A store whose next commits fail one after the other as planned; later ones do not.
    pub fn new(inner: Arc<dyn OrderStore>, plan: impl IntoIterator<Item = Fault>) -> Self {
        Self { inner, plan: Mutex::new(plan.into_iter().collect()), forgets: AtomicU32::new(0) }
    }

    /// Lets the next so many requests be unknown, as they are to who asks too early.
    pub fn forget(&self, requests: u32) {
        self.forgets.store(requests, Ordering::SeqCst);
    }

    /// The faults that did not happen yet.
    pub fn left(&self) -> usize {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn next(&self) -> Fault {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.pop_front().unwrap_or(Fault::None)
    }
}

fn lost() -> StoreError {
    let source = io::Error::new(io::ErrorKind::ConnectionReset, "the connection was cut");
    StoreError::Unavailable(source.into())
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl OrderStore for FaultyStore {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        self.inner.load(id).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        match self.next() {
            Fault::None => self.inner.commit(commit).await,
            Fault::LostBefore => Err(lost()),
            Fault::LostAfter => {
                self.inner.commit(commit).await?;
                Err(lost())
            }
            Fault::Conflict => Err(StoreError::Conflict),
            Fault::Overloaded => Err(StoreError::Overloaded),
        }
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        let forgets = |left: u32| left.checked_sub(1);
        if self.forgets.fetch_update(Ordering::SeqCst, Ordering::SeqCst, forgets).is_ok() {
            return Ok(None);
        }
        self.inner.recall(key).await
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        self.inner.next_number().await
    }
}

/// A store that keeps every commit it is given, since nobody but the service can make one. While
/// it withholds, it writes nothing and says that it did.
#[derive(Debug)]
pub struct CapturingStore {
    inner: Arc<dyn OrderStore>,
    withholds: AtomicBool,
    commits: Mutex<Vec<Commit>>,
}

impl CapturingStore {
    /// A store that passes commits on.
    pub fn new(inner: Arc<dyn OrderStore>) -> Self {
        Self { inner, withholds: AtomicBool::new(false), commits: Mutex::default() }
    }

    /// Whether commits are withheld from now on.
    pub fn withhold(&self, withholds: bool) {
        self.withholds.store(withholds, Ordering::SeqCst);
    }

    /// The commits so far, oldest first.
    pub fn take(&self) -> Vec<Commit> {
        std::mem::take(&mut self.commits.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl OrderStore for CapturingStore {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        self.inner.load(id).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        if !self.withholds.load(Ordering::SeqCst) {
            self.inner.commit(commit).await?;
        }
        self.commits.lock().unwrap_or_else(PoisonError::into_inner).push(commit.clone());
        Ok(())
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        self.inner.recall(key).await
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        self.inner.next_number().await
    }
}
