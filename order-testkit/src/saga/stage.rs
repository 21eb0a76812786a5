//! Where an order's life is played: a store, a clock, a provider, an inventory.

use std::sync::Arc;

use order_core::{
    Collection, Command, Currency, Meta, NewOrder, Order, OrderId, OrderService, Orders, PayWith,
    Plan, Policy, Principal, Receipt, ServiceError, Steering,
    ports::{AgendaEntry, Clock, Inventory, PAGE_MAX, Payments, Store},
    process::{LEASE_MS, Patience, Runner},
};

use crate::{
    CountingIds, CrashPoint, Crashing, FixedClock, ScriptedInventory, SharedStore,
    contract::Fixture,
    provider::Scripted,
    sample::{order_of, priced, text},
};

/// The product that the inventory holds.
pub(super) const PRODUCT: &str = "held-elsewhere";
/// Units that the inventory begins with.
pub(super) const STOCK: u64 = 1_000_000;
/// After placement, in milliseconds.
pub(super) const EXPIRES: i64 = 30 * 60 * 1_000;
const COMPLETES: i64 = 14 * 24 * 60 * 60 * 1_000;
/// How long a runner asks before it asks for attention, in milliseconds.
const DEADLINE: i64 = 60 * 60 * 1_000;
/// More steps than any order takes to come to rest.
const STEPS_MAX: u32 = 400;

/// A store, a clock, a provider and an inventory, and the use cases over them.
pub(super) struct Stage {
    pub(super) fixture: Fixture,
    pub(super) clock: FixedClock,
    pub(super) provider: Scripted,
    pub(super) inventory: ScriptedInventory,
    pub(super) orders: OrderService,
    pub(super) admin: Principal,
}

impl Stage {
    pub(super) fn over(fixture: Fixture, collect: Collection) -> Self {
        let clock = FixedClock::default();
        let inventory = ScriptedInventory::new([(text(PRODUCT), STOCK)]);
        let ids = CountingIds::default();
        let store = SharedStore::new(Arc::clone(&fixture.store));
        let orders = OrderService::new(store, clock.clone(), ids).with_policy(policy(collect));
        let (provider, admin) = (Scripted::default(), Principal::admin(text("tester")));
        Self { fixture, clock, provider, inventory, orders, admin }
    }

    /// From now on new orders are paid so.
    pub(super) fn collect(&mut self, collect: Collection) {
        self.orders = self.orders.clone().with_policy(policy(collect));
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.fixture.store
    }

    /// A runner that dies at a moment.
    pub(super) fn runner(&self, crash: &CrashPoint) -> Runner {
        let store = SharedStore::new(Arc::clone(&self.fixture.store)).crashing(crash.clone());
        let ids = CountingIds::default();
        let orders = OrderService::new(store, self.clock.clone(), ids);
        let service = self.provider.clone();
        let payments: Arc<dyn Payments> = Arc::new(Crashing { service, crash: crash.clone() });
        let service = self.inventory.clone();
        let inventory: Arc<dyn Inventory> = Arc::new(Crashing { service, crash: crash.clone() });
        let patience = Patience { deadline_ms: DEADLINE, ..Patience::default() };
        Runner::new(orders)
            .with_payments(payments)
            .with_inventory(inventory)
            .with_patience(patience)
    }

    /// Two units for 20.00.
    pub(super) async fn place(&self, id: &str) -> Receipt {
        let pay_with = Some(PayWith { method: text("card"), source: None });
        let items = vec![priced(PRODUCT, 2, "10.00")];
        let order = NewOrder { pay_with, ..order_of(id, items) };
        self.orders.place(&self.admin, order, Meta::default()).await.unwrap()
    }

    pub(super) async fn run(&self, id: &str, command: Command) -> Result<Receipt, ServiceError> {
        self.orders.execute(&self.admin, id, command, Meta::default()).await
    }

    pub(super) async fn order(&self, id: &str) -> Arc<Order> {
        self.orders.order(&self.admin, id, None).await.unwrap().order
    }

    /// Somebody takes an order over that asks for attention.
    pub(super) async fn resolve(&self, id: &str) {
        let (who, meta) = (&self.admin, Meta::default());
        self.orders.steer(who, id, Steering::Resolve, meta).await.unwrap();
        assert!(self.entry(id).await.is_none(), "it is off the agenda");
        assert!(self.order(id).await.attention().is_none());
    }

    /// What is on the agenda of an order.
    pub(super) async fn entry(&self, id: &str) -> Option<AgendaEntry> {
        let id: OrderId = text(id);
        let mut after = None;
        loop {
            let page = self.store().agenda(after.as_ref(), PAGE_MAX, false).await.unwrap();
            let last = page.last().map(|entry| entry.order_id.clone());
            if let Some(entry) = page.into_iter().find(|entry| entry.order_id == id) {
                return Some(entry);
            }
            after = Some(last?);
        }
    }

    /// Tells our side what the provider sent.
    pub(super) async fn deliver(&self) -> bool {
        let notices = self.provider.take_notices();
        let any = !notices.is_empty();
        for mut notice in notices {
            // Each provider of a test counts from 1; in the inbox their notices must differ.
            notice.id = text(&format!("{}-{}", notice.facts.order_id, notice.id));
            self.orders.notice(notice).await.unwrap();
        }
        any
    }

    /// Drives an order until nothing more happens to it by itself, over a death of the runner, while
    /// time goes by.
    pub(super) async fn drive(&self, id: &str, crash: &CrashPoint) {
        let mut runner = self.runner(crash);
        for _ in 0..STEPS_MAX {
            let Some(stepped) = crash.or_death(runner.step()).await else {
                // Somebody else takes over, once the lease has ended.
                runner = self.runner(&CrashPoint::never());
                self.clock.step(LEASE_MS);
                continue;
            };
            let driven = stepped.unwrap();
            if self.deliver().await || driven.orders > 0 || driven.notices > 0 {
                continue;
            }
            match self.entry(id).await.and_then(|entry| entry.next_at) {
                Some(at) => self.clock.set(at.max(self.clock.now())),
                None => return,
            }
        }
        panic!("order {id} does not come to rest: {:?}", self.order(id).await);
    }
}

fn policy(collect: Collection) -> Policy {
    let plan = Plan {
        collect,
        hold: true,
        expire_after_ms: Some(EXPIRES),
        complete_after_ms: Some(COMPLETES),
        ..Plan::default()
    };
    Policy { currency: Currency::GBP, plan, ..Policy::default() }
}
