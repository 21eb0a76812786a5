//! Whole lives of some orders, made up from a seed: people, provider, inventory, callbacks, deaths and
//! the clock do what they like, and at the end everything must add up.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use order_core::{
    Collection, Command, EventId, LineQuantity, Orders, Relay, Shipping,
    memory::InMemoryStore,
    ports::{Clock, EventFeed, EventPublisher, PaymentNotice, Positioned, PublishError},
    process::LEASE_MS,
};
use uuid::Uuid;

use super::{
    check::{agree, check_stock, end_of},
    stage::Stage,
};
use crate::{
    CrashPoint, Random,
    contract::Fixture,
    provider::Scripted,
    sample::{pounds, text},
};

const ORDERS: u64 = 3;
const DEEDS: u32 = 60;

/// Takes events, and fails now and then before or after it has them.
#[derive(Debug)]
struct Receiver {
    got: Mutex<Vec<Positioned>>,
    random: Mutex<Random>,
}

#[async_trait]
impl EventPublisher for Receiver {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let mut random = self.random.lock().unwrap();
        let lost = || Err(PublishError::Unavailable("the receiver went away".into()));
        if random.once_in(4) {
            return lost();
        }
        self.got.lock().unwrap().extend_from_slice(events);
        if random.once_in(4) { lost() } else { Ok(()) }
    }
}

/// One life.
struct Life {
    stage: Stage,
    random: Random,
    ids: Vec<String>,
    /// Callbacks on their way.
    post: Vec<PaymentNotice>,
    receiver: Arc<Receiver>,
    relay: Relay,
}

/// Plays one life from a seed, with a store in memory.
///
/// # Panics
/// If anything does not add up at its end. The seed tells the whole story again.
pub async fn simulate(seed: u64) {
    let store = InMemoryStore::default();
    let mut random = Random::seeded(seed);
    let mut stage = Stage::over(Fixture::new(store.clone()), Collection::OnShipment);
    stage.provider = Scripted::seeded(seed);
    stage.inventory.seed(seed);
    let receiver = Arc::new(Receiver {
        got: Mutex::default(),
        random: Mutex::new(Random::seeded(seed ^ 0xfeed)),
    });
    let feed: Arc<dyn EventFeed> = Arc::new(store);
    let clock = Arc::new(stage.clock.clone());
    let holder = Uuid::from_u128(u128::from(random.below(u64::MAX)));
    let relay = Relay::new(feed, Arc::<Receiver>::clone(&receiver), clock, text("relay"), holder);
    let mut life = Life { stage, random, ids: Vec::new(), post: Vec::new(), receiver, relay };
    for _ in 0..DEEDS {
        life.deed().await;
    }
    life.end().await;
}

impl Life {
    async fn deed(&mut self) {
        match self.random.below(12) {
            0 | 1 if (self.ids.len() as u64) < ORDERS => self.place().await,
            2 | 3 => self.act().await,
            4 => self.send_post().await,
            5 => self.stage.provider.down(self.random.once_in(3)),
            6 => self.stage.clock.step(i64::try_from(self.random.below(120_000)).unwrap() - 20_000),
            7 => self.at_the_provider(),
            8 => drop(self.relay.step().await),
            9 => self.two_runners().await,
            _ => self.drive_and_die().await,
        }
        self.post.extend(self.stage.provider.take_notices());
    }

    async fn place(&mut self) {
        let collect = *self.random.one_of(&Collection::ALL);
        self.stage.collect(collect);
        let id = format!("life-{}", self.ids.len());
        self.stage.place(&id).await;
        self.ids.push(id);
    }

    /// Somebody does something to an order; what is not allowed is refused.
    async fn act(&mut self) {
        if self.ids.is_empty() {
            return;
        }
        let id = self.random.one_of(&self.ids).clone();
        let one = vec![LineQuantity { line_id: text("1"), quantity: 1 }];
        let command = match self.random.below(8) {
            0 => Command::Cancel { reason: None },
            1 => Command::CancelItems { items: one, reason: None },
            2 | 3 => Command::Ship(Shipping::default()),
            4 => Command::Deliver { shipment_id: None },
            5 => Command::Refund {
                id: None,
                payment_id: None,
                amount: Some(pounds("3.00")),
                items: None,
                return_id: None,
                reason: None,
            },
            6 => Command::Hold { reason: None },
            _ => Command::Release,
        };
        let _ = self.stage.run(&id, command).await;
    }

    /// Some callbacks arrive, in any order, some of them twice.
    async fn send_post(&mut self) {
        self.random.shuffle(&mut self.post);
        let some = usize::try_from(self.random.below(self.post.len() as u64 + 1)).unwrap();
        for notice in self.post.split_off(self.post.len() - some) {
            if self.random.once_in(3) {
                self.post.push(notice.clone());
            }
            self.stage.orders.notice(notice).await.unwrap();
        }
    }

    /// Something happens at the provider by itself.
    fn at_the_provider(&mut self) {
        let ledger = self.stage.provider.ledger();
        let Some(facts) = ledger.payments().first() else {
            return;
        };
        let (order_id, payment_id) = (&facts.order_id, &facts.payment_id);
        if self.random.once_in(2) {
            self.stage.provider.dispute(order_id, payment_id, pounds("1.00"));
        } else {
            let id = text(&format!("desk-{}", self.random.below(1_000_000)));
            self.stage.provider.refund_here(order_id, payment_id, &id, pounds("0.50"));
        }
    }

    async fn drive_and_die(&mut self) {
        let crash = if self.random.once_in(2) {
            CrashPoint::before(self.random.below(40))
        } else {
            CrashPoint::never()
        };
        let runner = self.stage.runner(&crash);
        match crash.or_death(runner.step()).await {
            Some(stepped) => drop(stepped.unwrap()),
            None => self.stage.clock.step(LEASE_MS / 2),
        }
    }

    /// Two servers at once.
    async fn two_runners(&mut self) {
        let never = CrashPoint::never();
        let (one, other) = (self.stage.runner(&never), self.stage.runner(&never));
        let (one, other) = tokio::join!(one.step(), other.step());
        one.unwrap();
        other.unwrap();
    }

    /// Everything works again, all post arrives, and time goes by.
    async fn end(mut self) {
        let never = CrashPoint::never();
        self.stage.provider.down(false);
        for id in &self.ids {
            let _ = self.stage.run(id, Command::Release).await;
        }
        self.post.extend(self.stage.provider.take_notices());
        for notice in std::mem::take(&mut self.post) {
            self.stage.orders.notice(notice).await.unwrap();
        }
        for id in &self.ids {
            self.stage.drive(id, &never).await;
        }
        for id in &self.ids {
            let _ = self.stage.run(id, Command::Ship(Shipping::default())).await;
            let _ = self.stage.run(id, Command::Deliver { shipment_id: None }).await;
            self.stage.drive(id, &never).await;
        }
        let ledger = self.stage.provider.ledger();
        ledger.audit().unwrap();
        for id in &self.ids {
            let order = self.stage.order(id).await;
            agree(&order, &ledger);
            let free = order.plan().is_none_or(|plan| plan.collect == Collection::OnInvoice);
            let changed = order.lines()[0].cancelled > 0 || order.refunded() > 0;
            // Unpaid invoices and part-refunded orders end in many ways; the rest in one of three.
            if !free && !changed {
                end_of(&self.stage, id).await;
            }
        }
        check_stock(&self.stage, &self.ids);
        self.check_events().await;
    }

    /// Every event was delivered, those of an order in order.
    async fn check_events(&self) {
        for _ in 0..1_000 {
            self.stage.clock.step(1_000);
            if let Ok(step) = self.relay.step().await
                && step.moved() == 0
            {
                break;
            }
        }
        let mut seen: BTreeMap<String, Vec<EventId>> = BTreeMap::new();
        for Positioned { recorded, .. } in self.receiver.got.lock().unwrap().iter() {
            let events = seen.entry(recorded.id.order_id.to_string()).or_default();
            if !events.contains(&recorded.id) {
                events.push(recorded.id.clone());
            }
        }
        for id in &self.ids {
            let history = self.stage.orders.history(&self.stage.admin, id).await.unwrap();
            let history: Vec<_> = history.into_iter().map(|recorded| recorded.id).collect();
            assert_eq!(seen.get(id), Some(&history), "events of {id}");
        }
        let verified = self.stage.orders.verify(&self.stage.admin, None, 100).await.unwrap();
        assert!(verified.findings.is_empty(), "{:?}", verified.findings);
        let _ = self.stage.clock.now();
    }
}
