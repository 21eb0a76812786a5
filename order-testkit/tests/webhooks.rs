//! A deliverer over a store in memory, with a clock that stands still: what it sends, when, and when it
//! gives up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{borrow::Cow, sync::Arc};

use order_core::{
    NewSubscription, OrderService, Orders, Principal, Relay, Rotation, SubscriptionChange,
    Timestamp, WebhookService, Webhooks,
    memory::InMemoryStore,
    ports::{
        AuditLog, AuditQuery, Clock, DeliveryQuery, KeptEntry, Replay, WebhookCall, WebhookMessage,
        WebhookOutcome,
    },
    webhook::{ATTEMPTS_MAX, Delivered, Deliverer, Delivery, DeliveryState, FanOut, Subscription},
};
use order_testkit::{
    CountingIds, FixedClock, ScriptedSender,
    sample::{order, text},
};
use uuid::Uuid;

const HOUR: i64 = 60 * 60 * 1_000;

const FAILED: WebhookOutcome =
    WebhookOutcome::Failed { code: Cow::Borrowed("webhook.status"), retry_after_ms: None };

struct Scene {
    clock: FixedClock,
    sender: Arc<ScriptedSender>,
    orders: OrderService,
    webhooks: WebhookService,
    relay: Relay,
    deliverer: Deliverer,
    who: Principal,
    webhook: Subscription,
}

impl Scene {
    /// A shop with one webhook that wants everything.
    async fn new() -> Self {
        let (clock, store) = (FixedClock::default(), InMemoryStore::default());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let sender = Arc::new(ScriptedSender::new(shared.clone()));
        let publisher = Arc::new(FanOut::new(Arc::new(store.clone()), shared.clone()));
        let ids = CountingIds::default();
        let webhooks = WebhookService::new(
            store.clone(),
            sender.clone(),
            clock.clone(),
            CountingIds::default(),
        );
        let who = Principal::admin(text("tester"));
        let new = NewSubscription {
            url: text("https://example.com/hook"),
            events: Vec::new(),
            description: None,
            secret: None,
        };
        let webhook = webhooks.subscribe(&who, new).await.unwrap();
        let name = text("webhooks");
        let feed = Arc::new(store.clone());
        Self {
            orders: OrderService::new(store.clone(), clock.clone(), CountingIds::default()),
            relay: Relay::new(feed, publisher, shared.clone(), name, Uuid::from_u128(1)),
            deliverer: Deliverer::new(Arc::new(store), sender.clone(), shared, Arc::new(ids)),
            clock,
            sender,
            webhooks,
            who,
            webhook,
        }
    }

    /// Places an order, which makes two events, and makes their deliveries.
    async fn place(&self, n: u32) {
        self.orders.place(&self.who, order(n), order_core::Meta::default()).await.unwrap();
        self.relay.step().await.unwrap();
    }

    async fn step(&self) -> Delivered {
        self.deliverer.step().await.unwrap()
    }

    /// Steps until nothing is due, and gives what was sent, as event ids.
    async fn run(&self) -> Vec<String> {
        while self.step().await.found {}
        self.sent()
    }

    fn sent(&self) -> Vec<String> {
        self.sender.take().iter().map(id_of).collect()
    }

    async fn present(&self) -> Subscription {
        self.webhooks.subscription(&self.who, &self.webhook.id).await.unwrap()
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let query = DeliveryQuery { limit: 100, ..DeliveryQuery::default() };
        let page = self.webhooks.deliveries(&self.who, &self.webhook.id, query).await.unwrap();
        page.deliveries.into_iter().rev().collect()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

fn id_of(call: &WebhookCall) -> String {
    match &call.message {
        WebhookMessage::Event(event) => event.recorded.id.to_string(),
        WebhookMessage::Trial { .. } => "trial".to_owned(),
    }
}

#[tokio::test]
async fn events_are_sent_in_order_and_once() {
    let scene = Scene::new().await;
    scene.place(1).await;
    scene.place(2).await;
    assert_eq!(scene.step().await.delivered, 2);
    assert_eq!(scene.sent(), ["order-1.1.0", "order-2.1.0"], "one event of each order at a time");
    assert_eq!(scene.run().await, ["order-1.1.1", "order-2.1.1"]);
    assert_eq!(scene.step().await, Delivered::default());
    let states = scene.deliveries().await.into_iter().map(|it| it.state);
    assert!(states.into_iter().all(|state| state == DeliveryState::Delivered));
}

#[tokio::test]
async fn a_delivery_that_fails_for_three_days_has_failed_and_the_next_one_has_its_turn() {
    let scene = Scene::new().await;
    let begin = scene.now();
    scene.place(1).await;
    scene.sender.answer(FAILED);
    let mut attempts = 0;
    loop {
        let first = scene.deliveries().await.swap_remove(0);
        let Some(next) = first.next_at else {
            assert_eq!(first.state, DeliveryState::Failed);
            assert_eq!(first.attempts.len(), usize::try_from(attempts).unwrap());
            assert!(first.attempts.iter().all(|it| it.code == Some(text("webhook.status"))));
            break;
        };
        // Endpoints that fail rest as a whole, at most five minutes.
        scene.clock.set(next.max(scene.now()).plus_millis(300_000));
        let step = scene.step().await;
        assert_eq!((step.delivered, step.retried + step.failed), (0, 1), "after {attempts}");
        attempts += 1;
    }
    assert!(scene.sent().iter().all(|id| id == "order-1.1.0"));
    assert!((ATTEMPTS_MAX - 2..=ATTEMPTS_MAX).contains(&attempts), "{attempts}");
    let days = scene.now().millis_since(begin) / (24 * HOUR);
    assert!((2..=3).contains(&days), "{days}");
    assert_eq!(scene.present().await.disabled, None);
    scene.sender.answer(WebhookOutcome::Delivered);
    scene.clock.step(HOUR);
    assert_eq!(scene.run().await, ["order-1.1.1"]);
    // What failed is sent once more on demand.
    let replay = Replay::Failed(begin);
    assert_eq!(scene.webhooks.replay(&scene.who, &scene.webhook.id, replay).await.unwrap(), 1);
    assert_eq!(scene.run().await, ["order-1.1.0"]);
}

#[tokio::test]
async fn an_endpoint_is_disabled_after_five_days_of_nothing_but_failure() {
    let scene = Scene::new().await;
    scene.place(1).await;
    scene.sender.answer(FAILED);
    scene.step().await;
    let since = scene.now();
    for hour in (4..=116).step_by(4) {
        scene.clock.set(since.plus_millis(hour * HOUR));
        scene.place(u32::try_from(hour).unwrap() + 1).await;
        while scene.step().await.found {
            scene.clock.step(1);
        }
        let present = scene.present().await;
        assert_eq!(present.failing_since, Some(since), "{hour}");
        assert_eq!(present.disabled, None, "{hour}");
    }
    scene.clock.set(since.plus_millis(5 * 24 * HOUR));
    let step = scene.step().await;
    assert!(step.disabled, "{step:?}");
    let disabled = scene.present().await.disabled.unwrap();
    assert_eq!((disabled.since, disabled.reason), (scene.now(), text("webhook.failing")));

    scene.clock.step(30 * 24 * HOUR);
    assert_eq!(scene.step().await, Delivered::default());
    let waiting = scene.deliveries().await;
    let pending = waiting.iter().filter(|it| it.state == DeliveryState::Pending).count();
    assert!(pending > 40, "what is not sent is kept: {pending}");
    scene.sender.take();
    scene.sender.answer(WebhookOutcome::Delivered);
    let enable = SubscriptionChange { enabled: Some(true), ..SubscriptionChange::default() };
    scene.webhooks.change_subscription(&scene.who, &scene.webhook.id, enable, None).await.unwrap();
    assert_eq!(scene.run().await.len(), pending);
}

#[tokio::test]
async fn one_success_begins_the_five_days_anew() {
    let scene = Scene::new().await;
    scene.place(1).await;
    scene.sender.answer_once(FAILED);
    scene.step().await;
    assert_eq!(scene.present().await.failing_since, Some(scene.now()));
    scene.clock.step(4 * 24 * HOUR);
    scene.run().await;
    assert_eq!(scene.present().await.failing_since, None);
    scene.sender.answer(FAILED);
    scene.clock.step(2 * 24 * HOUR);
    scene.place(2).await;
    assert!(!scene.step().await.disabled);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_at_once() {
    let scene = Scene::new().await;
    scene.place(1).await;
    scene.sender.answer(WebhookOutcome::Gone);
    let step = scene.step().await;
    assert!(step.disabled && step.retried == 1, "{step:?}");
    let reason = scene.present().await.disabled.unwrap().reason;
    assert_eq!(reason, "webhook.gone");
    assert_eq!(scene.deliveries().await[0].state, DeliveryState::Pending, "nothing is lost");
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_rests_as_a_whole() {
    let scene = Scene::new().await;
    scene.place(1).await;
    let retry_after_ms = Some(600_000);
    scene
        .sender
        .answer_once(WebhookOutcome::Failed { code: "webhook.status".into(), retry_after_ms });
    assert_eq!(scene.step().await.retried, 1);
    scene.place(2).await;
    scene.sent();
    scene.clock.step(599_999);
    assert_eq!(scene.step().await, Delivered::default());
    scene.clock.step(1);
    assert_eq!(scene.run().await.len(), 4);
}

#[tokio::test]
async fn a_failing_endpoint_is_given_one_event_until_it_takes_one() {
    let scene = Scene::new().await;
    for n in 1..=5 {
        scene.place(n).await;
    }
    scene.sender.answer(FAILED);
    assert_eq!(scene.step().await.retried, 5);
    scene.clock.step(10_000);
    assert_eq!(scene.step().await.retried, 1);
    assert_eq!(scene.step().await, Delivered::default(), "it rests");
    scene.sender.answer(WebhookOutcome::Delivered);
    scene.clock.step(60_000);
    assert_eq!(scene.step().await.delivered, 1);
    assert_eq!(scene.step().await.delivered, 5);
}

#[tokio::test]
async fn requests_are_signed_with_every_secret_that_counts() {
    let scene = Scene::new().await;
    let rotation = Rotation { secret: None, overlap_ms: Some(1_000) };
    let id = &scene.webhook.id;
    let rotated = scene.webhooks.rotate_secret(&scene.who, id, rotation, None).await.unwrap();
    let old = scene.webhook.secrets.current.clone();
    let new = rotated.secrets.current;
    scene.place(1).await;
    scene.step().await;
    assert_eq!(scene.sender.take()[0].secrets, [new.clone(), old]);
    scene.clock.step(1_000);
    scene.step().await;
    assert_eq!(scene.sender.take()[0].secrets, [new]);
}

#[tokio::test]
async fn old_deliveries_are_forgotten_after_thirty_days() {
    let scene = Scene::new().await;
    scene.place(1).await;
    scene.run().await;
    scene.clock.step(30 * 24 * HOUR);
    assert_eq!(scene.deliverer.forget().await.unwrap(), 0);
    scene.clock.step(1);
    assert_eq!(scene.deliverer.forget().await.unwrap(), 2);
}

#[tokio::test]
async fn what_is_done_to_webhooks_is_written_down_without_their_secrets() {
    let (clock, store) = (FixedClock::default(), InMemoryStore::default());
    let sender = Arc::new(ScriptedSender::new(Arc::new(clock.clone())));
    let webhooks = WebhookService::new(store.clone(), sender, clock, CountingIds::default())
        .with_audit_log(Arc::new(store.clone()));
    let who = Principal::admin(text("tester"));
    let url = || text("https://example.com/hook");
    let new = || NewSubscription { url: url(), events: vec![], description: None, secret: None };
    let id = webhooks.subscribe(&who, new()).await.unwrap().id;
    let change = SubscriptionChange { enabled: Some(false), ..SubscriptionChange::default() };
    webhooks.change_subscription(&who, &id, change, None).await.unwrap();
    webhooks.rotate_secret(&who, &id, Rotation::default(), None).await.unwrap();
    webhooks.rotate_secret(&who, &id, Rotation::default(), Some(99)).await.unwrap_err();
    webhooks.replay(&who, &id, Replay::Failed(Timestamp::from_millis(0))).await.unwrap();
    webhooks.unsubscribe(&who, &id, None).await.unwrap();
    webhooks.subscriptions(&who).await.unwrap();
    let query = AuditQuery { limit: 9, ..AuditQuery::default() };
    let mut entries = store.entries(&query).await.unwrap().entries;
    entries.reverse();
    let line = |kept: &KeptEntry| format!("{} {}", kept.entry.act, kept.entry.outcome);
    assert_eq!(
        entries.iter().map(line).collect::<Vec<_>>(),
        [
            "webhook.created done",
            "webhook.changed done",
            "webhook.rotated done",
            "webhook.rotated order.stale",
            "webhook.replayed done",
            "webhook.removed done",
        ]
    );
    let is_its =
        |kept: &KeptEntry| kept.entry.subject.as_ref().is_some_and(|it| *it == *id.as_str());
    assert!(entries.iter().all(is_its), "{entries:?}");
}
