//! From the feed to an endpoint: deliveries are made, and sent until the endpoint has them.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use order_broker::{
    Source,
    webhook::{Reach, Sender},
};
use order_core::{
    SubscriptionId,
    ports::{Clock, EventPublisher, Positioned, PublishError, Subscriptions},
    webhook::{Deliverer, FanOut, SigningSecret, SigningSecrets, Subscription},
};
use order_testkit::{
    Cable, CountingIds, FixedClock,
    publisher::{Broker, Received, Trouble},
    sample::{text, time},
};
use tokio::time::{sleep, timeout};

use crate::{
    endpoint::{Endpoint, Mood},
    ledger::Ledger,
};

/// How long a call of a publisher may take here, and how long one request.
const TIMEOUT: Duration = Duration::from_secs(3);
const REQUEST: Duration = Duration::from_secs(1);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// How much of a batch passes before the cable is cut.
const CUT_AFTER: u32 = 9_000;
/// How much a full endpoint takes.
const FULL: u32 = 3;
/// How long to wait where nothing is due, and by how much the clock goes on meanwhile, in milliseconds.
const PAUSE: Duration = Duration::from_millis(5);
const MEANWHILE_MS: i64 = 1_000;

/// Somebody at an endpoint who wants everything, behind a cable.
#[derive(Debug)]
pub(crate) struct Scene {
    endpoint: Endpoint,
    cable: Cable,
    ledger: Arc<Ledger>,
    clock: FixedClock,
    id: SubscriptionId,
}

impl Scene {
    pub(crate) async fn set(_trouble: Option<Trouble>) -> Self {
        let endpoint = Endpoint::open();
        let cable = Cable::to(endpoint.port()).unwrap();
        let (ledger, clock) = (Arc::new(Ledger::default()), FixedClock::default());
        // Before everything that happens.
        let since = time("2000-01-01T00:00:00Z");
        let subscription = Subscription {
            id: text("hook"),
            url: text(&format!("http://127.0.0.1:{}/hook", cable.port())),
            events: vec!["*".parse().unwrap()],
            description: None,
            secrets: SigningSecrets::only(SigningSecret::new(SECRET)),
            version: 1,
            created_at: since,
            updated_at: since,
            disabled: None,
            failing_since: None,
        };
        ledger.put_subscription(&subscription).await.unwrap();
        Self { endpoint, cable, ledger, clock, id: subscription.id }
    }
}

/// Makes deliveries and sends them: events are published when the endpoint has them. What fails is
/// said, and sent by a later call.
struct Delivering {
    fan_out: FanOut,
    deliverer: Deliverer,
    ledger: Arc<Ledger>,
    clock: FixedClock,
    id: SubscriptionId,
}

impl fmt::Debug for Delivering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivering").field("deliverer", &self.deliverer).finish_non_exhaustive()
    }
}

fn unavailable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PublishError {
    PublishError::Unavailable(why.into())
}

impl Delivering {
    async fn deliver(&self, events: &[Positioned]) -> Result<(), PublishError> {
        self.fan_out.publish(events).await?;
        while !self.ledger.left(&self.id, events).await.is_empty() {
            let step = self.deliverer.step().await.map_err(unavailable)?;
            if step.retried + step.failed > 0 {
                return Err(unavailable(format!("{step:?}")));
            }
            // The endpoint rests, or is somebody else's.
            if !step.found {
                sleep(PAUSE).await;
                self.clock.step(MEANWHILE_MS);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl EventPublisher for Delivering {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let delivered = timeout(TIMEOUT, self.deliver(events)).await;
        delivered.unwrap_or_else(|_| Err(unavailable("not delivered in time")))
    }
}

#[async_trait]
impl Broker for Scene {
    fn publisher(&self) -> Box<dyn EventPublisher> {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let sender = Sender::new(Source::default(), Reach::Everywhere, Arc::clone(&clock));
        let sender = Arc::new(sender.unwrap().timeout(REQUEST));
        let ids = Arc::new(CountingIds::default());
        Box::new(Delivering {
            fan_out: FanOut::new(self.ledger.clone(), Arc::clone(&clock)),
            deliverer: Deliverer::new(self.ledger.clone(), sender, clock, ids),
            ledger: Arc::clone(&self.ledger),
            clock: self.clock.clone(),
            id: self.id.clone(),
        })
    }

    /// An event that is there already makes no second delivery.
    fn sends_again(&self) -> bool {
        false
    }

    async fn received(&self) -> Vec<Received> {
        self.endpoint.received()
    }

    async fn inflict(&self, trouble: Trouble) {
        match trouble {
            Trouble::Down => self.endpoint.be(Mood::Away),
            Trouble::Hung => self.endpoint.be(Mood::Silent),
            Trouble::Cut => self.cable.cut_after(CUT_AFTER),
            Trouble::ConfirmLost => self.cable.lose_answers(true),
            Trouble::Blocked => self.endpoint.be(Mood::Refuses(503)),
            Trouble::TopicMissing => self.endpoint.be(Mood::Refuses(404)),
            Trouble::Full => self.endpoint.be(Mood::Full(FULL)),
            other => panic!("no endpoint is in {other:?}"),
        }
    }

    async fn heal(&self, _trouble: Trouble) {
        self.cable.lose_answers(false);
        self.endpoint.be(Mood::Takes);
    }
}
