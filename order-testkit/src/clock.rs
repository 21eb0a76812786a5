//! A clock that tests set.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use order_core::{Timestamp, ports::Clock};

/// When [`FixedClock::default`] stands: 2025-01-29T00:00:00Z.
const BEGINNING_MS: i64 = 1_738_108_800_000;

/// A clock that stands still until a test moves it, forward or back. Clones show the same time.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// A clock that stands at this time.
    pub fn at(time: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(time.millis())))
    }

    /// Sets the clock.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.millis(), Ordering::SeqCst);
    }

    /// Moves the clock by so many milliseconds, back if negative.
    pub fn step(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::at(Timestamp::from_millis(BEGINNING_MS))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
