//! What runs beside the answering of requests.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use order_core::{
    analytics::Follower,
    process::{ORDERS_MAX, Runner},
};
use tokio::{sync::watch, task::JoinSet, time};

/// How long a worker that found nothing to do waits.
const IDLE: Duration = Duration::from_millis(250);
/// How long it waits after a failure.
const FAILED: Duration = Duration::from_secs(1);
/// How long a stop waits for a step that has begun. One that is cut goes on elsewhere, after its lease.
pub(crate) const STOP: Duration = Duration::from_secs(5);

/// Work that is done in steps, for as long as the server runs. A step that is dropped half-way does no
/// harm.
#[async_trait]
pub(crate) trait Worker: Debug + Send + Sync {
    /// What it is called in the log.
    fn name(&self) -> &str;

    /// Does what there is to do now, and says whether there is more at once.
    ///
    /// # Errors
    /// The stable code of what went wrong.
    async fn step(&self) -> Result<bool, &'static str>;

    /// What it holds is given up: the server stops.
    async fn stop(&self) {}
}

#[async_trait]
impl Worker for Runner {
    fn name(&self) -> &'static str {
        "process"
    }

    async fn step(&self) -> Result<bool, &'static str> {
        let driven = Runner::step(self).await.map_err(|error| error.code())?;
        Ok(driven.orders == ORDERS_MAX)
    }
}

#[async_trait]
impl Worker for Follower {
    fn name(&self) -> &'static str {
        "analytics"
    }

    /// Never in a hurry: orders come first, and whoever asks for figures has the newest events counted.
    async fn step(&self) -> Result<bool, &'static str> {
        Follower::step(self).await.map_err(|error| error.code())?;
        Ok(false)
    }
}

/// Workers at work, until they are stopped.
#[derive(Debug)]
pub(crate) struct Workers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Workers {
    /// Begins to work.
    pub(crate) fn start(workers: Vec<Box<dyn Worker>>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for worker in workers {
            tasks.spawn(work(worker, stopped.clone()));
        }
        Self { stop, tasks }
    }

    /// Lets every worker end its step, but not for ever.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        let _ = time::timeout(STOP, ended).await;
        self.tasks.shutdown().await;
    }
}

/// How long steps take.
const DURATION: &str = "order_worker_step_duration_seconds";

/// Says what is measured.
pub(crate) fn describe() {
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "How long a step of what is done beside the requests took, by worker"
    );
}

async fn work(worker: Box<dyn Worker>, mut stopped: watch::Receiver<bool>) {
    let steps = metrics::histogram!(DURATION, "worker" => worker.name().to_owned());
    let mut was_well = true;
    while !*stopped.borrow() {
        let begun = Instant::now();
        let step = worker.step().await;
        steps.record(begun.elapsed().as_secs_f64());
        let pause = match step {
            Ok(true) => Duration::ZERO,
            Ok(false) => IDLE,
            // Said once, not with every try.
            Err(code) if was_well => {
                tracing::warn!(worker = worker.name(), code, "a worker cannot go on for now");
                FAILED
            }
            Err(_) => FAILED,
        };
        let is_well = pause != FAILED;
        if is_well && !was_well {
            tracing::info!(worker = worker.name(), "a worker goes on");
        }
        was_well = is_well;
        if !pause.is_zero() {
            tokio::select! {
                _ = stopped.changed() => {}
                () = time::sleep(pause) => {}
            }
        }
    }
    worker.stop().await;
}
