//! Deliveries of one order that two servers change at once, and subscriptions that another one has.

use std::time::Duration;

use order_core::{
    SubscriptionId, Timestamp,
    ports::{
        DeliverySettlement, DueDeliveries, EventFeed, Health, NewDelivery, Positioned, Settled,
        Subscriptions,
    },
    webhook::{DeliveryState, SigningSecret, SigningSecrets, Subscription},
};
use order_store_postgres::PgOrderStore;
use order_testkit::{
    contract::{Fixture, World},
    sample::{order, text, time},
};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::support::{Schema, url};

/// How long a call waits for somebody else at least, if it waits at all.
const AWHILE: Duration = Duration::from_millis(300);
const SOON: Duration = Duration::from_secs(5);

const FAN_OUT: &str = "
    SELECT order_store.order_webhook_fan_out(
        ARRAY['a'], ARRAY[$1::bigint], ARRAY[$2::text], ARRAY[$3::bigint], ARRAY[$4::integer],
        ARRAY[$5::text], $6::bigint)";
const SETTLE: &str = "
    SELECT order_store.order_webhook_settle(
        'a', $1, $2, 'works', $2, NULL, $2, ARRAY[$3::bigint], ARRAY['delivered'],
        ARRAY[NULL::bigint], ARRAY[1::bigint], ARRAY['[]'])";
const TAKE: &str = "SELECT 1 FROM order_store.order_webhook WHERE id = 'a' FOR UPDATE";

/// After everything that happens here.
fn at(millis: i64) -> Timestamp {
    time("2030-01-01T00:00:00Z").plus_millis(millis)
}

struct Scene {
    schema: Schema,
    store: PgOrderStore,
    /// The placement of an order and its confirmation.
    events: Vec<Positioned>,
}

impl Scene {
    async fn set() -> Self {
        let schema = Schema::fresh();
        let store = schema.store().await;
        let world = World::over(Fixture::new(store.clone()));
        world.place(order(1)).await;
        store.sequence().await.unwrap();
        let events = store.after(0, 10).await.unwrap();
        let scene = Self { schema, store, events };
        scene.subscribe("a").await;
        scene
    }

    async fn subscribe(&self, id: &str) {
        let since = time("2000-01-01T00:00:00Z");
        let subscription = Subscription {
            id: text(id),
            url: text("https://a.example/hook"),
            events: vec!["*".parse().unwrap()],
            description: None,
            secrets: SigningSecrets::only(SigningSecret::new("whsec_one")),
            disabled: None,
            failing_since: None,
            version: 1,
            created_at: since,
            updated_at: since,
        };
        self.store.put_subscription(&subscription).await.unwrap();
    }

    async fn fan_out(&self, id: &str, event: &Positioned) {
        let new = NewDelivery { subscription_id: text(id), event };
        self.store.fan_out(&[new], at(0)).await.unwrap();
    }

    async fn claim(&self, now: Timestamp) -> Option<DueDeliveries> {
        self.store.claim_deliveries(now, now.plus_millis(30_000), 10).await.unwrap()
    }

    /// The confirmation of the order is due.
    async fn check_second(&self) {
        let due = self.claim(at(100_000)).await.expect("it does not wait for ever");
        assert_eq!(due.deliveries[0].1, self.events[1]);
    }
}

fn delivered(due: &DueDeliveries) -> DeliverySettlement {
    let settled = due.deliveries.iter().map(|(delivery, _)| Settled {
        position: delivery.position,
        state: DeliveryState::Delivered,
        next_at: None,
        tries: 1,
        attempts: Vec::new(),
    });
    DeliverySettlement {
        subscription_id: due.subscription.id.clone(),
        lease: due.lease,
        at: at(1),
        settled: settled.collect(),
        health: Health::Works,
        rest_until: at(1),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_in_while_the_one_before_it_is_settled_is_due_after_it() {
    let scene = Scene::set().await;
    let [first, second] = &scene.events[..] else { panic!("{:?}", scene.events) };
    scene.fan_out("a", first).await;
    let due = scene.claim(at(0)).await.unwrap();
    let mut other = PgConnection::connect(&url()).await.unwrap();
    let mut adding = other.begin().await.unwrap();
    let query = sqlx::query(scene.schema.sql(FAN_OUT))
        .bind(second.position.cast_signed())
        .bind(second.recorded.id.order_id.as_str())
        .bind(second.recorded.id.version.cast_signed())
        .bind(second.recorded.id.ordinal.cast_signed())
        .bind(second.recorded.event.name())
        .bind(at(0).millis());
    query.execute(&mut *adding).await.unwrap();
    let settlement = delivered(&due);
    let mut settling = std::pin::pin!(scene.store.settle_deliveries(&settlement));
    let early = timeout(AWHILE, &mut settling).await;
    adding.commit().await.unwrap();
    let settled = match early {
        Ok(settled) => settled,
        Err(_) => timeout(SOON, settling).await.unwrap(),
    };
    assert!(settled.unwrap());
    scene.check_second().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_in_after_the_settlement_of_the_one_before_it_is_due_at_once() {
    let scene = Scene::set().await;
    let [first, second] = &scene.events[..] else { panic!("{:?}", scene.events) };
    scene.fan_out("a", first).await;
    let due = scene.claim(at(0)).await.unwrap();
    let mut other = PgConnection::connect(&url()).await.unwrap();
    let mut settling = other.begin().await.unwrap();
    let query = sqlx::query(scene.schema.sql(SETTLE))
        .bind(due.lease.millis())
        .bind(at(1).millis())
        .bind(first.position.cast_signed());
    query.execute(&mut *settling).await.unwrap();
    let mut adding = std::pin::pin!(scene.fan_out("a", second));
    let early = timeout(AWHILE, &mut adding).await;
    settling.commit().await.unwrap();
    if early.is_err() {
        timeout(SOON, adding).await.unwrap();
    }
    scene.check_second().await;
}

/// A server that dies while it takes a subscription keeps nobody from the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_another_server_takes_is_passed_over() {
    let scene = Scene::set().await;
    scene.subscribe("b").await;
    for id in ["a", "b"] {
        scene.fan_out(id, &scene.events[0]).await;
    }
    let mut other = PgConnection::connect(&url()).await.unwrap();
    let mut taking = other.begin().await.unwrap();
    sqlx::query(scene.schema.sql(TAKE)).execute(&mut *taking).await.unwrap();
    let due = timeout(SOON, scene.claim(at(0))).await.expect("nobody waits").unwrap();
    assert_eq!(due.subscription.id, text::<SubscriptionId>("b"));
    assert_eq!(timeout(SOON, scene.claim(at(0))).await.expect("nobody waits"), None);
    taking.rollback().await.unwrap();
    assert_eq!(scene.claim(at(0)).await.unwrap().subscription.id, text::<SubscriptionId>("a"));
}
