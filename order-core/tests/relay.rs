//! The relay, step by step, over a feed and a publisher that fail on purpose.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use order_core::{
    Currency, ErrorKind, ItemInput, Label, Meta, NewOrder, OrderId, OrderService, Orders,
    Principal, Relay, Step, Timestamp,
    memory::InMemoryStore,
    ports::{
        DueStream, EventFeed, EventPublisher, FeedOrder, Passage, Positioned, PublishError,
        Settlement, StoreError,
    },
    relay::{BATCH_MAX, LEASE_MS},
};
use uuid::Uuid;

#[derive(Debug, Default)]
struct Feed {
    store: InMemoryStore,
    claims: AtomicU32,
    /// Whether the next answer to an advance is lost on its way.
    loses: AtomicBool,
}

#[async_trait]
impl EventFeed for Feed {
    async fn sequence(&self) -> Result<u64, StoreError> {
        self.store.sequence().await
    }

    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Positioned>, StoreError> {
        self.store.after(position, limit).await
    }

    async fn end(&self) -> Result<u64, StoreError> {
        self.store.end().await
    }

    async fn of_order(
        &self,
        id: &OrderId,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Positioned>, StoreError> {
        self.store.of_order(id, position, limit).await
    }

    async fn orders(&self, ids: &[OrderId]) -> Result<Vec<FeedOrder>, StoreError> {
        self.store.orders(ids).await
    }

    async fn claim(
        &self,
        relay: &Label,
        holder: Uuid,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        self.claims.fetch_add(1, SeqCst);
        self.store.claim(relay, holder, at, until).await
    }

    async fn held(&self, relay: &Label) -> Result<Vec<OrderId>, StoreError> {
        self.store.held(relay).await
    }

    async fn due(
        &self,
        relay: &Label,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueStream>, StoreError> {
        self.store.due(relay, now, limit).await
    }

    async fn advance(
        &self,
        relay: &Label,
        holder: Uuid,
        passage: &Passage,
    ) -> Result<bool, StoreError> {
        let moved = self.store.advance(relay, holder, passage).await?;
        if self.loses.swap(false, SeqCst) {
            return Err(StoreError::Unavailable(io::Error::other("cut").into()));
        }
        Ok(moved)
    }

    async fn settle(
        &self,
        relay: &Label,
        holder: Uuid,
        settlements: &[Settlement],
    ) -> Result<Option<Vec<OrderId>>, StoreError> {
        self.store.settle(relay, holder, settlements).await
    }
}

#[derive(Debug, Default)]
struct Receiver {
    positions: Mutex<Vec<u64>>,
    fails: AtomicBool,
    /// Who works while this one publishes, which takes longer than any lease.
    meanwhile: Mutex<Option<(Arc<AtomicI64>, Relay)>>,
    /// How often it still says that nobody wants anything.
    idle: AtomicU32,
}

#[async_trait]
impl EventPublisher for Receiver {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some((now, other)) = meanwhile {
            now.fetch_add(LEASE_MS, SeqCst);
            other.step().await.unwrap();
        }
        if self.fails.swap(false, SeqCst) {
            return Err(PublishError::Unavailable(io::Error::other("away").into()));
        }
        self.positions.lock().unwrap().extend(events.iter().map(|event| event.position));
        Ok(())
    }

    async fn is_idle(&self) -> Result<bool, PublishError> {
        Ok(self.idle.fetch_update(SeqCst, SeqCst, |times| times.checked_sub(1)).is_ok())
    }
}

#[derive(Debug, Default)]
struct World {
    feed: Arc<Feed>,
    receiver: Arc<Receiver>,
    now: Arc<AtomicI64>,
    ids: Arc<AtomicU32>,
}

impl World {
    /// With two events of each order.
    async fn with_orders(orders: u32) -> Self {
        let world = Self::default();
        world.place(orders).await;
        world
    }

    async fn place(&self, orders: u32) {
        let ids = Arc::clone(&self.ids);
        let next = move || Uuid::from_u128(ids.fetch_add(1, SeqCst).into());
        let service =
            OrderService::new(self.feed.store.clone(), || Timestamp::from_millis(0), next);
        let admin = Principal::admin("tester".try_into().unwrap());
        for _ in 0..orders {
            let item = ItemInput {
                line_id: None,
                product_id: "mug".try_into().unwrap(),
                name: None,
                quantity: 1,
                unit_price: Some("9.50".to_owned()),
            };
            let currency = Some(Currency::EUR);
            let order = NewOrder { items: vec![item], currency, ..NewOrder::default() };
            let placed = service.place(&admin, order, Meta::default()).await.unwrap();
            assert_eq!(placed.events.len(), 2);
        }
    }

    fn relay(&self, holder: u128) -> Relay {
        let now = Arc::clone(&self.now);
        let clock = move || Timestamp::from_millis(now.load(SeqCst));
        Relay::new(
            Arc::clone(&self.feed) as _,
            Arc::clone(&self.receiver) as _,
            Arc::new(clock),
            "broker".try_into().unwrap(),
            Uuid::from_u128(holder),
        )
    }

    fn wait(&self, millis: i64) {
        self.now.fetch_add(millis, SeqCst);
    }

    fn published(&self) -> Vec<u64> {
        std::mem::take(&mut self.receiver.positions.lock().unwrap())
    }

    fn claims(&self) -> u32 {
        self.feed.claims.swap(0, SeqCst)
    }
}

#[tokio::test]
async fn events_are_published_once_and_by_position() {
    let world = World::with_orders(2).await;
    let relay = world.relay(1);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(4));
    assert_eq!(world.published(), [1, 2, 3, 4]);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(0));
    world.place(1).await;
    assert_eq!(relay.step().await.unwrap().moved(), 2);
    assert_eq!(world.published(), [5, 6]);
}

#[tokio::test]
async fn a_step_moves_so_many_and_no_more() {
    let orders = BATCH_MAX / 2;
    let world = World::with_orders(orders + 1).await;
    let relay = world.relay(1);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(BATCH_MAX));
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    let all: Vec<u64> = (1..=u64::from(BATCH_MAX) + 2).collect();
    assert_eq!(world.published(), all);
}

#[tokio::test]
async fn a_relay_claims_when_half_its_lease_is_over() {
    let world = World::with_orders(1).await;
    let relay = world.relay(1);
    for _ in 0..9 {
        relay.step().await.unwrap();
    }
    assert_eq!(world.claims(), 1);
    world.wait(LEASE_MS / 2 - 1);
    relay.step().await.unwrap();
    assert_eq!(world.claims(), 0);
    world.wait(1);
    relay.step().await.unwrap();
    assert_eq!(world.claims(), 1);
    world.wait(LEASE_MS / 2);
    assert_eq!(world.relay(2).step().await.unwrap(), Step::Elsewhere, "the lease is a new one");
}

#[tokio::test]
async fn a_clock_that_goes_back_loses_no_event() {
    let world = World::with_orders(1).await;
    let relay = world.relay(1);
    relay.step().await.unwrap();
    world.wait(-9 * LEASE_MS);
    world.place(1).await;
    world.claims();
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    assert_eq!(world.claims(), 1);
    assert_eq!(world.published(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn what_could_not_be_published_is_published_later() {
    let world = World::with_orders(1).await;
    let relay = world.relay(1);
    world.receiver.fails.store(true, SeqCst);
    let failed = relay.step().await.unwrap_err();
    assert_eq!((failed.code(), failed.kind()), ("publisher.unavailable", ErrorKind::Unavailable));
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    assert_eq!(world.published(), [1, 2]);
}

#[tokio::test]
async fn the_relay_that_works_keeps_the_others_waiting() {
    let world = World::with_orders(1).await;
    let (one, other) = (world.relay(1), world.relay(2));
    one.step().await.unwrap();
    world.place(1).await;
    world.wait(LEASE_MS - 1);
    assert_eq!(other.step().await.unwrap(), Step::Elsewhere);
    world.wait(1);
    assert_eq!(other.step().await.unwrap(), Step::Moved(2));
    assert_eq!(one.step().await.unwrap(), Step::Elsewhere);
    assert_eq!(world.published(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_relay_that_stops_keeps_nobody_waiting() {
    let world = World::with_orders(1).await;
    let (one, other) = (world.relay(1), world.relay(2));
    one.step().await.unwrap();
    one.release().await.unwrap();
    world.place(1).await;
    assert_eq!(other.step().await.unwrap(), Step::Moved(2));
    one.release().await.unwrap();
    world.place(1).await;
    assert_eq!(one.step().await.unwrap(), Step::Elsewhere, "the lease was another's");
}

#[tokio::test]
async fn a_relay_that_was_overtaken_says_so_and_moves_nothing() {
    let world = World::with_orders(1).await;
    let slow = world.relay(1);
    *world.receiver.meanwhile.lock().unwrap() = Some((Arc::clone(&world.now), world.relay(2)));
    assert_eq!(slow.step().await.unwrap(), Step::Overtaken);
    assert_eq!(world.published(), [1, 2, 1, 2], "both published them");
    world.place(1).await;
    assert_eq!(slow.step().await.unwrap(), Step::Elsewhere);
    world.wait(LEASE_MS);
    assert_eq!(slow.step().await.unwrap(), Step::Moved(2));
    assert_eq!(world.published(), [3, 4]);
}

#[tokio::test]
async fn a_lost_answer_of_the_feed_costs_a_repetition_and_no_event() {
    let world = World::with_orders(1).await;
    let relay = world.relay(1);
    relay.step().await.unwrap();
    world.place(1).await;
    world.feed.loses.store(true, SeqCst);
    let failed = relay.step().await.unwrap_err();
    assert_eq!((failed.code(), failed.kind()), ("store.unavailable", ErrorKind::Unavailable));
    world.place(1).await;
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    assert_eq!(world.published(), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn what_nobody_wants_is_passed_unread() {
    let world = World::with_orders(BATCH_MAX).await;
    let relay = world.relay(1);
    world.receiver.idle.store(2, SeqCst);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(0));
    world.place(1).await;
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    let end = u64::from(BATCH_MAX) * 2;
    assert_eq!(world.published(), [end + 1, end + 2]);
}

#[tokio::test]
async fn who_begins_to_want_events_while_they_are_passed_gets_them() {
    let world = World::with_orders(1).await;
    let relay = world.relay(1);
    world.receiver.idle.store(1, SeqCst);
    assert_eq!(relay.step().await.unwrap(), Step::Moved(0));
    assert_eq!(relay.step().await.unwrap(), Step::Moved(2));
    assert_eq!(world.published(), [1, 2]);
}
