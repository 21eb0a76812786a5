//! What runs beside the answering of requests.

use std::time::Duration;

use order_core::process::{ORDERS_MAX, Runner};
use tokio::{sync::watch, task::JoinSet, time};

/// How long a worker that found nothing to do waits.
const IDLE: Duration = Duration::from_millis(250);
/// How long it waits after a failure of the store.
const FAILED: Duration = Duration::from_secs(1);
/// How long a stop waits for a step that has begun. One that is cut goes on elsewhere, after its lease.
const STOP: Duration = Duration::from_secs(5);

/// Runs the process of orders until it is stopped.
#[derive(Debug)]
pub(crate) struct Workers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Workers {
    /// Begins to work with so many at once.
    pub(crate) fn start(runner: &Runner, count: usize) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            tasks.spawn(work(runner.clone(), stopped.clone()));
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

async fn work(runner: Runner, mut stopped: watch::Receiver<bool>) {
    let mut was_well = true;
    while !*stopped.borrow() {
        let pause = match runner.step().await {
            Ok(driven) if driven.orders == ORDERS_MAX => Duration::ZERO,
            Ok(_) => IDLE,
            Err(error) => {
                // Said once, not with every try.
                if was_well {
                    tracing::warn!(
                        code = error.code(),
                        "the process of orders waits for the store"
                    );
                }
                was_well = false;
                time::sleep(FAILED).await;
                continue;
            }
        };
        was_well = true;
        if !pause.is_zero() {
            tokio::select! {
                _ = stopped.changed() => {}
                () = time::sleep(pause) => {}
            }
        }
    }
}
