//! What was told long ago is forgotten.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use order_core::ports::{Clock, Store, SystemClock};

use crate::workers::Worker;

/// How often it is looked for.
const EVERY: Duration = Duration::from_hours(1);
/// How long a repeat is known, in milliseconds: 90 days.
const KNOWN_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// How much is forgotten in one go.
const PORTION: u32 = 1_000;

/// Forgets events and notices of other services that nobody will tell again.
#[derive(Debug)]
pub(crate) struct Tidy {
    store: Arc<dyn Store>,
    next: Mutex<Instant>,
}

impl Tidy {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, next: Mutex::new(Instant::now()) }
    }

    fn put_off(&self) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + EVERY;
    }
}

#[async_trait]
impl Worker for Tidy {
    fn name(&self) -> &'static str {
        "tidy"
    }

    async fn step(&self) -> Result<bool, &'static str> {
        let next = *self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() < next {
            return Ok(false);
        }
        let before = SystemClock.now().plus_millis(-KNOWN_MS);
        let gone = self.store.forget(before, PORTION).await.map_err(|error| error.code())?;
        if gone == 0 {
            self.put_off();
        }
        Ok(gone > 0)
    }
}
