//! From the feed to the deliveries.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::ports::{
    Clock, EventPublisher, NewDelivery, Positioned, PublishError, StoreError, Subscriptions,
};

/// A publisher that makes one delivery for every event and every subscription that wants it. To be
/// driven by a [`Relay`](crate::Relay).
///
/// A subscription that is disabled is given its deliveries too: they are sent when it is enabled.
#[derive(Clone)]
pub struct FanOut {
    store: Arc<dyn Subscriptions>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for FanOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FanOut").field("store", &self.store).finish_non_exhaustive()
    }
}

impl FanOut {
    /// A publisher into the deliveries of a store.
    pub fn new(store: Arc<dyn Subscriptions>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    async fn spread(&self, events: &[Positioned]) -> Result<(), StoreError> {
        let subscriptions = self.store.subscriptions().await?;
        let wanted = |event: &Positioned| {
            let (name, at) = (event.recorded.event.name(), event.recorded.at);
            let wanting =
                subscriptions.iter().filter(move |subscription| subscription.wants(name, at));
            wanting.map(|subscription| subscription.id.clone()).collect::<Vec<_>>()
        };
        let deliveries: Vec<NewDelivery<'_>> = events
            .iter()
            .flat_map(|event| {
                let new = |subscription_id| NewDelivery { subscription_id, event };
                wanted(event).into_iter().map(new)
            })
            .collect();
        if deliveries.is_empty() {
            return Ok(());
        }
        self.store.fan_out(&deliveries, self.clock.now()).await
    }
}

#[async_trait]
impl EventPublisher for FanOut {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        self.spread(events).await.map_err(unavailable)
    }

    async fn is_idle(&self) -> Result<bool, PublishError> {
        Ok(self.store.subscriptions().await.map_err(unavailable)?.is_empty())
    }
}

fn unavailable(error: StoreError) -> PublishError {
    PublishError::Unavailable(Box::new(error))
}
