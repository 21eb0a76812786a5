//! A death at a chosen moment.

use std::{
    future::{Future, pending},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use order_core::ports::{
    HoldAnswer, Inventory, PaymentAnswer, PaymentCall, Payments, RemoteError, StockHold,
};
use tokio::sync::Notify;

/// A moment at which whoever works dies: before the call of this number. Clones count together.
#[derive(Debug, Clone)]
pub struct CrashPoint(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    at: u64,
    passed: AtomicU64,
    is_dead: AtomicBool,
    died: Notify,
}

impl CrashPoint {
    /// Nobody dies; calls are only counted.
    pub fn never() -> Self {
        Self::before(u64::MAX)
    }

    /// Before the call of this number, from 0.
    pub fn before(call: u64) -> Self {
        let (passed, is_dead, died) = (AtomicU64::new(0), AtomicBool::new(false), Notify::new());
        Self(Arc::new(Inner { at: call, passed, is_dead, died }))
    }

    /// How many calls were made.
    pub fn passed(&self) -> u64 {
        self.0.passed.load(Ordering::SeqCst)
    }

    /// Whether the moment came.
    pub fn is_dead(&self) -> bool {
        self.0.is_dead.load(Ordering::SeqCst)
    }

    /// Passes by, or never comes back.
    pub async fn pass(&self) {
        if self.0.is_dead.load(Ordering::SeqCst) || self.passed() >= self.0.at {
            self.0.is_dead.store(true, Ordering::SeqCst);
            self.0.died.notify_waiters();
            self.0.died.notify_one();
            pending::<()>().await;
        }
        self.0.passed.fetch_add(1, Ordering::SeqCst);
    }

    /// What comes of some work, unless whoever does it dies.
    pub async fn or_death<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.0.died.notified() => None,
        }
    }
}

/// A service beside us, asked by somebody who may die before the call and after it.
#[derive(Debug, Clone)]
pub struct Crashing<S> {
    /// The service.
    pub service: S,
    /// When.
    pub crash: CrashPoint,
}

#[async_trait]
impl<S: Payments> Payments for Crashing<S> {
    async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, RemoteError> {
        self.crash.pass().await;
        let answer = self.service.call(call).await;
        self.crash.pass().await;
        answer
    }
}

#[async_trait]
impl<S: Inventory> Inventory for Crashing<S> {
    async fn hold(&self, hold: &StockHold) -> Result<HoldAnswer, RemoteError> {
        self.crash.pass().await;
        let answer = self.service.hold(hold).await;
        self.crash.pass().await;
        answer
    }
}
