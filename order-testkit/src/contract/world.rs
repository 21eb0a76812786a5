//! What clauses work with.

use std::{any::Any, future::Future, sync::Arc};

use order_core::{
    Command, Confirmation, Currency, Meta, NewOrder, NewProduct, Order, OrderId, OrderService,
    Orders, Policy, Principal, Product, Receipt, ServiceError, Timestamp,
    memory::InMemoryStore,
    ports::{Clock, Commit, OrderPage, OrderQuery, OrderStore, Store, StoreError},
};

use super::Fixture;
use crate::{CapturingStore, CountingIds, FixedClock, SharedStore, sample::text};

/// A service over the store of a fixture.
#[derive(Debug)]
pub struct World {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The use cases over it.
    pub orders: OrderService,
    /// Their clock.
    pub clock: FixedClock,
    /// Somebody who may do everything.
    pub admin: Principal,
    _guard: Box<dyn Any + Send + Sync>,
}

impl World {
    /// A service that confirms placed orders at once.
    pub fn over(fixture: Fixture) -> Self {
        let clock = FixedClock::default();
        let shared = SharedStore::new(Arc::clone(&fixture.store));
        let orders =
            OrderService::new(shared, clock.clone(), CountingIds::default()).with_policy(Policy {
                confirm: Confirmation::WhenHeld,
                currency: Currency::GBP,
                ..Policy::default()
            });
        let admin = Principal::admin(text("tester"));
        Self { store: fixture.store, orders, clock, admin, _guard: fixture.guard }
    }

    /// The same, except that placed orders wait until somebody confirms them.
    #[must_use]
    pub fn confirming_by_hand(mut self) -> Self {
        let policy =
            Policy { confirm: Confirmation::ByHand, currency: Currency::GBP, ..Policy::default() };
        self.orders = self.orders.with_policy(policy);
        self
    }

    /// Places or drafts an order, one second after the last.
    pub async fn place(&self, order: NewOrder) -> Receipt {
        self.clock.step(1_000);
        self.try_place(order, Meta::default()).await.unwrap()
    }

    /// Places or drafts an order, which may fail.
    ///
    /// # Errors
    /// As the service does.
    pub async fn try_place(&self, order: NewOrder, meta: Meta) -> Result<Receipt, ServiceError> {
        self.orders.place(&self.admin, order, meta).await
    }

    /// Carries out a command, one second after the last.
    pub async fn run(&self, id: &OrderId, command: Command) -> Receipt {
        self.clock.step(1_000);
        self.try_run(id, command, Meta::default()).await.unwrap()
    }

    /// Carries out a command, which may fail.
    ///
    /// # Errors
    /// As the service does.
    pub async fn try_run(
        &self,
        id: &OrderId,
        command: Command,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        self.orders.execute(&self.admin, id.as_str(), command, meta).await
    }

    /// The order as reads show it.
    pub async fn order(&self, id: &str) -> Arc<Order> {
        self.orders.order(&self.admin, id, None).await.unwrap().order
    }

    /// Adds a product.
    pub async fn sell(&self, product: NewProduct) -> Product {
        self.orders.add_product(&self.admin, product).await.unwrap()
    }

    /// A product, if it is in the catalogue.
    pub async fn known_product(&self, id: &str) -> Option<Product> {
        self.store.products(&[text(id)]).await.unwrap().pop()
    }

    /// What the clock says.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The stock of a product.
    pub async fn stock(&self, product: &str) -> Option<i64> {
        self.orders.product(&self.admin, &text(product)).await.unwrap().stock
    }

    /// A page of orders, straight from the store.
    pub async fn list(&self, query: &OrderQuery) -> OrderPage {
        self.store.list(query).await.unwrap()
    }

    /// The ids on a page, in its order.
    pub async fn ids(&self, query: &OrderQuery) -> Vec<String> {
        ids(&self.list(query).await)
    }

    /// Runs all at the same time, each on a task of its own, and gives the results in order.
    pub async fn race<T, W>(&self, works: impl IntoIterator<Item = W>) -> Vec<T>
    where
        T: Send + 'static,
        W: Future<Output = T> + Send + 'static,
    {
        let works: Vec<_> = works.into_iter().collect();
        let gate = Arc::new(tokio::sync::Barrier::new(works.len()));
        let tasks = works.into_iter().map(|work| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move {
                gate.wait().await;
                work.await
            })
        });
        let done = futures::future::join_all(tasks).await;
        done.into_iter().map(|result| result.expect("a racer panicked")).collect()
    }

    /// Commits all at the same time.
    pub async fn race_commits(&self, commits: Vec<Commit>) -> Vec<Result<(), StoreError>> {
        let store = &self.store;
        self.race(commits.into_iter().map(|commit| {
            let store = Arc::clone(store);
            async move { store.commit(&commit).await }
        }))
        .await
    }
}

/// The ids on a page, in its order.
pub(super) fn ids(page: &OrderPage) -> Vec<String> {
    page.orders.iter().map(|view| view.order.id().to_string()).collect()
}

/// Makes real commits without the store under test: a service over a store of its own whose
/// commits are kept.
#[derive(Debug)]
pub struct Author {
    tap: Arc<CapturingStore>,
    orders: OrderService,
    admin: Principal,
}

impl Default for Author {
    fn default() -> Self {
        let store = InMemoryStore::default();
        let tap = Arc::new(CapturingStore::new(Arc::new(store.clone())));
        let orders = OrderService::new(store, FixedClock::default(), CountingIds::default())
            .with_policy(Policy {
                confirm: Confirmation::WhenHeld,
                currency: Currency::GBP,
                ..Policy::default()
            })
            .with_store(Arc::clone(&tap) as Arc<dyn OrderStore>);
        Self { tap, orders, admin: Principal::admin(text("author")) }
    }
}

impl Author {
    /// Adds a product to the author's own catalogue.
    pub async fn sell(&self, product: NewProduct) {
        self.orders.add_product(&self.admin, product).await.unwrap();
    }

    /// The commit that places an order; the next ones follow on it.
    pub async fn place(&self, mut order: NewOrder, meta: Meta) -> Commit {
        // Of its own, so that it meets no number that the store under test gives.
        let id = order.id.clone().expect("an author's order has an id");
        order.number.get_or_insert_with(|| text(&format!("no-{id}")));
        self.orders.place(&self.admin, order, meta).await.unwrap();
        self.last()
    }

    /// The commit that carries out a command; the next ones follow on it.
    pub async fn run(&self, id: &str, command: Command, meta: Meta) -> Commit {
        self.orders.execute(&self.admin, id, command, meta).await.unwrap();
        self.last()
    }

    /// A commit that would place an order; the next ones do not know of it.
    pub async fn would_place(&self, order: NewOrder, meta: Meta) -> Commit {
        self.tap.withhold(true);
        let commit = self.place(order, meta).await;
        self.tap.withhold(false);
        commit
    }

    /// A commit that would carry out a command; the next ones do not know of it.
    pub async fn would_run(&self, id: &str, command: Command, meta: Meta) -> Commit {
        self.tap.withhold(true);
        let commit = self.run(id, command, meta).await;
        self.tap.withhold(false);
        commit
    }

    fn last(&self) -> Commit {
        self.tap.take().pop().expect("a command that succeeds makes a commit")
    }
}
