//! How what the server depends on is doing.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::future::join_all;
use order_core::ports::EventPublisher;
use order_http::{
    Health,
    body::{CheckBody, HealthBody},
};
use order_remote::Reach;
use tokio::{sync::Mutex, time::timeout};

use crate::metering::Requests;

/// How long anything is waited for.
const TIME: Duration = Duration::from_secs(2);
/// How long what was found counts, so that whoever asks often asks nobody else.
const FRESH: Duration = Duration::from_secs(1);

type Answering = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Something that the server depends on.
struct Dependency {
    name: &'static str,
    ask: Box<dyn Fn() -> Answering + Send + Sync>,
}

/// How what the server depends on is doing, beside its store.
pub(crate) struct Vitals {
    begun: Instant,
    dependencies: Vec<Dependency>,
    requests: Arc<Requests>,
    /// What was found last, and when. Whoever asks meanwhile waits for the same answer.
    found: Mutex<Option<(Instant, Vec<CheckBody>)>>,
}

impl fmt::Debug for Vitals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.dependencies.iter().map(|it| it.name).collect();
        f.debug_struct("Vitals").field("dependencies", &names).finish_non_exhaustive()
    }
}

impl Vitals {
    /// Of a server that depends on nothing but its store.
    pub(crate) fn new(requests: Arc<Requests>) -> Self {
        let (dependencies, found) = (Vec::new(), Mutex::default());
        Self { begun: Instant::now(), dependencies, requests, found }
    }

    /// Asks for this too.
    pub(crate) fn depends<F>(
        &mut self,
        name: &'static str,
        ask: impl Fn() -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = bool> + Send + 'static,
    {
        self.dependencies.push(Dependency { name, ask: Box::new(move || Box::pin(ask())) });
    }

    /// A broker that events go to.
    pub(crate) fn depends_on_broker(
        &mut self,
        name: &'static str,
        publisher: Arc<dyn EventPublisher>,
    ) {
        self.depends(name, move || {
            let publisher = publisher.clone();
            async move { publisher.ping().await.is_ok() }
        });
    }

    /// Another service.
    pub(crate) fn depends_on_service(&mut self, name: &'static str, service: Reach) {
        self.depends(name, move || {
            let service = service.clone();
            async move { service.ping().await.is_ok() }
        });
    }

    async fn checks(&self) -> Vec<CheckBody> {
        let mut found = self.found.lock().await;
        if let Some((at, checks)) = &*found
            && at.elapsed() < FRESH
        {
            return checks.clone();
        }
        let asked = self.dependencies.iter().map(|dependency| async {
            let begun = Instant::now();
            let is_up = timeout(TIME, (dependency.ask)()).await.unwrap_or(false);
            CheckBody::new(dependency.name, is_up, begun.elapsed())
        });
        let checks = join_all(asked).await;
        *found = Some((Instant::now(), checks.clone()));
        checks
    }
}

#[async_trait]
impl Health for Vitals {
    async fn look(&self) -> HealthBody {
        let checks = self.checks().await;
        let status = if checks.iter().all(CheckBody::is_up) { "ok" } else { "degraded" };
        HealthBody {
            checks,
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            uptime_seconds: Some(self.begun.elapsed().as_secs()),
            memory_bytes: memory(),
            latency: self.requests.latency(),
            ..HealthBody::of(status)
        }
    }
}

/// The memory that the process has in use, where the system says so.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_down_and_all_are_asked_at_once() {
        let asked = Arc::new(AtomicU32::new(0));
        let mut vitals = Vitals::new(Arc::default());
        let count = asked.clone();
        vitals.depends("well", move || {
            count.fetch_add(1, SeqCst);
            async { true }
        });
        vitals.depends("hanging", std::future::pending);
        vitals.depends("hanging too", std::future::pending);
        let begun = tokio::time::Instant::now();
        let body = vitals.look().await;
        assert_eq!(begun.elapsed().as_secs(), TIME.as_secs());
        assert_eq!(body.status, "degraded");
        assert_eq!(
            body.checks.iter().map(CheckBody::is_up).collect::<Vec<_>>(),
            [true, false, false]
        );
        assert!(body.memory_bytes.unwrap() > 1_000_000);
        vitals.look().await;
        assert_eq!(asked.load(SeqCst), 1, "what was found a moment ago counts");
    }
}
