//! A receiver that does not take every event.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use order_core::ports::{EventPublisher, Positioned, PublishError, Refusal};

/// Refuses events of some names, as long as it is told to, and forgets all others.
#[derive(Debug, Default)]
pub struct Choosy(Mutex<HashSet<&'static str>>);

impl Choosy {
    /// Refuses events of this name from now on.
    pub fn refuse(&self, name: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }

    /// Takes everything from now on.
    pub fn take_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[async_trait]
impl EventPublisher for Choosy {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stopped = HashSet::new();
        let mut refusals = Vec::new();
        for Positioned { position, recorded } in events {
            if refused.contains(recorded.event.name()) && stopped.insert(&recorded.id.order_id) {
                let (position, code) = (*position, "publisher.unroutable");
                refusals.push(Refusal { position, code, source: "nobody wants it".into() });
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(PublishError::Refused { events: refusals }) }
    }
}
