//! Where the feed ends.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use order_core::Orders;
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// How often the store is asked, by one for all.
const PAUSE: Duration = Duration::from_millis(250);
/// How long after it did not answer.
const FAILED: Duration = Duration::from_secs(1);

/// Where the feed ends, as far as anybody here knows. While somebody waits for more, one task asks; it
/// begins with the first who waits and ends with the last.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) orders: Arc<dyn Orders>,
    end: watch::Sender<u64>,
    asking: Mutex<Option<JoinHandle<()>>>,
}

impl Head {
    pub(super) fn new(orders: Arc<dyn Orders>) -> Self {
        Self { orders, end: watch::Sender::new(0), asking: Mutex::default() }
    }

    /// Says from now on where the feed ends: 0, or what was known last, until the store has answered.
    pub(super) fn follow(self: &Arc<Self>) -> watch::Receiver<u64> {
        let mut asking = self.asking();
        let follower = self.end.subscribe();
        if asking.as_ref().is_none_or(JoinHandle::is_finished) {
            *asking = Some(tokio::spawn(Arc::clone(self).ask()));
        }
        follower
    }

    async fn ask(self: Arc<Self>) {
        loop {
            let pause = match self.orders.feed_end().await {
                Ok(end) => {
                    self.end.send_if_modified(|known| {
                        let is_new = end > *known;
                        *known = end.max(*known);
                        is_new
                    });
                    PAUSE
                }
                // Who reads then hears of it.
                Err(_) => FAILED,
            };
            sleep(pause).await;
            let mut asking = self.asking();
            if self.end.receiver_count() == 0 {
                *asking = None;
                return;
            }
        }
    }

    /// Only ever set as a whole, so a poisoned lock says nothing.
    fn asking(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
