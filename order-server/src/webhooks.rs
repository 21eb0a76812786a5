//! Webhooks beside the answering of requests: from the feed to the deliveries, from these to the
//! endpoints, and what is old forgotten.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use order_broker::{
    Source,
    webhook::{Reach, Sender},
};
use order_core::{
    ErrorKind,
    ports::{Clock, Store, StoreError, SystemClock, WebhookSender},
    webhook::{Delivered, Deliverer, FanOut, PRUNE_MAX},
};
use uuid::Uuid;

use crate::{
    ServerError,
    config::Webhooks,
    relays::RelayWorker,
    traces::{self, TracedSender},
    workers::Worker,
};

/// How many subscriptions are served at once, so that one slow endpoint keeps few waiting.
const DELIVERERS: usize = 4;
/// How often what is old is looked for, and what is pending counted.
const TIDY: Duration = Duration::from_mins(1);
/// Further than this what is pending is not counted.
const PENDING_MAX: u32 = 10_000;
/// The place in the feed, which stays the same for ever.
const RELAY: &str = "webhooks";

const DELIVERIES: &str = "order_webhook_deliveries_total";
const DISABLED: &str = "order_webhook_disabled_total";
const PENDING: &str = "order_webhook_pending";

/// Who sends to endpoints.
///
/// # Errors
/// [`ServerError::Webhooks`].
pub(crate) fn sender(webhooks: Webhooks) -> Result<Arc<dyn WebhookSender>, ServerError> {
    let reach = if webhooks.allow_private { Reach::Everywhere } else { Reach::Public };
    let sender = Sender::new(Source::default(), reach, Arc::new(SystemClock));
    let sender = sender.map_err(ServerError::Webhooks)?.traced(Arc::new(traces::traceparent));
    Ok(TracedSender::around(Arc::new(sender)))
}

/// All that is done for webhooks.
///
/// # Errors
/// [`ServerError::Caller`], which never comes to be.
pub(crate) fn workers(
    store: &Arc<dyn Store>,
    sender: &Arc<dyn WebhookSender>,
) -> Result<Vec<Box<dyn Worker>>, ServerError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let publisher = Arc::new(FanOut::new(store.clone(), clock.clone()));
    let relay = RelayWorker::new(RELAY, store.clone(), publisher)?;
    let deliverer = Deliverer::new(
        store.clone(),
        sender.clone(),
        clock,
        Arc::new(Uuid::now_v7 as fn() -> Uuid),
    );
    describe();
    let mut workers: Vec<Box<dyn Worker>> = vec![Box::new(relay)];
    for _ in 0..DELIVERERS {
        workers.push(Box::new(Delivering(deliverer.clone())));
    }
    let (store, begun) = (store.clone(), Mutex::new(None));
    workers.push(Box::new(Tidying { deliverer, store, begun }));
    Ok(workers)
}

fn describe() {
    metrics::describe_counter!(DELIVERIES, "Webhook deliveries by what came of an attempt.");
    metrics::describe_counter!(DISABLED, "Webhooks that were disabled because they failed.");
    metrics::describe_gauge!(PENDING, "Webhook deliveries that are pending, up to 10,000.");
}

/// Sends what is due.
#[derive(Debug)]
struct Delivering(Deliverer);

#[async_trait]
impl Worker for Delivering {
    fn name(&self) -> &'static str {
        "webhook deliveries"
    }

    async fn step(&self) -> Result<bool, &'static str> {
        let delivered = passing(self.0.step().await)?;
        count(&delivered);
        Ok(delivered.found)
    }
}

fn count(delivered: &Delivered) {
    let results = [
        ("delivered", delivered.delivered),
        ("retried", delivered.retried),
        ("failed", delivered.failed),
    ];
    for (result, count) in results.into_iter().filter(|(_, count)| *count > 0) {
        metrics::counter!(DELIVERIES, "result" => result).increment(count.into());
    }
    if delivered.disabled && !delivered.overtaken {
        metrics::counter!(DISABLED).increment(1);
        tracing::warn!("a webhook was disabled: it is gone, or has done nothing but fail for days");
    }
}

/// Forgets what is old, and counts what is pending.
#[derive(Debug)]
struct Tidying {
    deliverer: Deliverer,
    store: Arc<dyn Store>,
    begun: Mutex<Option<Instant>>,
}

impl Tidying {
    /// Whether it is time again.
    fn is_due(&self) -> bool {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.is_none_or(|begun| begun.elapsed() >= TIDY)
    }

    fn is_done(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

#[async_trait]
impl Worker for Tidying {
    fn name(&self) -> &'static str {
        "webhook log"
    }

    async fn step(&self) -> Result<bool, &'static str> {
        if !self.is_due() {
            return Ok(false);
        }
        if passing(self.deliverer.forget().await)? == PRUNE_MAX {
            return Ok(true);
        }
        let pending = passing(self.store.pending_deliveries(PENDING_MAX).await)?;
        metrics::gauge!(PENDING).set(f64::from(pending));
        self.is_done();
        Ok(false)
    }
}

/// What a store said; that it has much to do is no reason for a word in the log.
fn passing<T: Default>(done: Result<T, StoreError>) -> Result<T, &'static str> {
    match done {
        Err(error) if error.kind() == ErrorKind::Overloaded => Ok(T::default()),
        done => done.map_err(|error| error.code()),
    }
}
