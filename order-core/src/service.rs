//! The use cases: load, decide, evolve, commit.

mod access;
mod accounts;
mod acts;
mod analytics;
mod audit;
mod drive;
mod erase;
mod error;
mod execute;
mod feed;
mod figures;
mod fingerprint;
mod import;
mod intake;
mod items;
mod orders;
mod outbox;
mod place;
mod principal;
mod products;
mod report;
mod requests;
mod served;
mod shares;
mod steer;
mod subscriptions;
mod users;
mod webhooks;

use std::{fmt, sync::Arc};

pub use self::{
    accounts::UserService,
    analytics::{
        Analytics, Funnel, FunnelQuery, PERIODS_MAX, RANKING_MAX, Ranked, Ranking, RankingQuery,
        RankingRow, Revenue, RevenueQuery, RevenueRow, Spread, Standing,
    },
    audit::{VERIFY_PAGE_MAX, VerifyPage},
    erase::{DataSubject, ERASE_MAX, Erasure},
    error::{Refusal, ServiceError},
    feed::{FEED_PAGE_MAX, FeedEvent, FeedPage, FeedQuery},
    import::{ImportOutcome, ImportRecord, ImportedReturn, ImportedSale},
    intake::{Incoming, Intake, Told},
    orders::Orders,
    outbox::{OutboxPage, OutboxQuery, RelaySteering},
    place::OFFSET_MAX,
    principal::{Principal, Role},
    report::{Report, ReportRow},
    requests::{
        AdjustmentInput, AdjustmentValueInput, ItemInput, Meta, NewOrder, NewProduct,
        ProductChange, Receipt, Revision,
    },
    shares::{Share, Shares},
    steer::Steering,
    subscriptions::WebhookService,
    users::{NewUser, SignedIn, UserChange, Users},
    webhooks::{NewSubscription, Rotation, SubscriptionChange, Webhooks},
};
use crate::{
    Collection, Currency, Plan,
    ports::{
        Accounts, Agenda, AuditLog, Books, Catalog, Clock, CustomerLookup, EventFeed, IdSource,
        Inbox, Maintenance, Observer, OrderQueries, OrderStore, Outbox, ProductLookup, RollUps,
        Store,
    },
};

/// How often a command is decided again after it lost a race, when the caller named no version.
pub const ATTEMPTS_MAX: u32 = 32;

/// What a host decides once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether a placed order is confirmed at once, its stock being held by then.
    pub confirm: Confirmation,
    /// The currency of an order that names none and whose products name none.
    pub currency: Currency,
    /// How orders are driven to their end. Whether they are confirmed is said above, not here.
    pub plan: Plan,
}

impl Policy {
    /// What is written into a new order of it; none if there is nothing to do but to confirm it at
    /// once.
    pub(crate) fn plan_for(&self, collect: Option<Collection>) -> Option<Plan> {
        let collect = collect.unwrap_or(self.plan.collect);
        let confirm = self.confirm == Confirmation::WhenHeld;
        let plan = Plan { collect, confirm, ..self.plan };
        let timed = plan.expire_after_ms.is_some() || plan.complete_after_ms.is_some();
        (timed || !plan.is_plain()).then_some(plan)
    }
}

/// When a placed order is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// With its placement, as soon as its stock is held.
    WhenHeld,
    /// When somebody says so.
    ByHand,
}

impl Default for Policy {
    fn default() -> Self {
        Self { confirm: Confirmation::WhenHeld, currency: Currency::USD, plan: Plan::default() }
    }
}

/// The use cases over a store: the only way in, for every adapter. Cheap to clone.
///
/// ```
/// use order_core::{OrderService, memory::InMemoryStore, ports::SystemClock};
///
/// let ids = || uuid::Uuid::from_u128(7); // a host passes `Uuid::now_v7`
/// let service = OrderService::new(InMemoryStore::default(), SystemClock, ids);
/// # let _ = service;
/// ```
#[derive(Clone)]
pub struct OrderService {
    store: Arc<dyn OrderStore>,
    queries: Arc<dyn OrderQueries>,
    catalog: Arc<dyn Catalog>,
    books: Arc<dyn Books>,
    maintenance: Arc<dyn Maintenance>,
    agenda: Arc<dyn Agenda>,
    inbox: Arc<dyn Inbox>,
    feed: Arc<dyn EventFeed>,
    outbox: Arc<dyn Outbox>,
    accounts: Arc<dyn Accounts>,
    acts: acts::Recorder,
    rollups: Arc<dyn RollUps>,
    products: Option<Arc<dyn ProductLookup>>,
    customers: Option<Arc<dyn CustomerLookup>>,
    observer: Option<Arc<dyn Observer>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    policy: Policy,
}

impl fmt::Debug for OrderService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderService")
            .field("store", &self.store)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl OrderService {
    /// The use cases over one store that offers everything.
    pub fn new(
        store: impl Store + 'static,
        clock: impl Clock + 'static,
        ids: impl IdSource + 'static,
    ) -> Self {
        let store = Arc::new(store);
        Self {
            store: store.clone(),
            queries: store.clone(),
            catalog: store.clone(),
            books: store.clone(),
            maintenance: store.clone(),
            agenda: store.clone(),
            inbox: store.clone(),
            feed: store.clone(),
            outbox: store.clone(),
            accounts: store.clone(),
            acts: acts::Recorder::new(store.clone()),
            rollups: store,
            products: None,
            customers: None,
            observer: None,
            clock: Arc::new(clock),
            ids: Arc::new(ids),
            policy: Policy::default(),
        }
    }

    /// The same with another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The same over a transaction of the host: orders, reads and products come from it and go to it,
    /// and become lasting when the host commits.
    #[must_use]
    pub fn within(&self, unit: impl OrderStore + OrderQueries + Catalog + 'static) -> Self {
        let unit = Arc::new(unit);
        Self { store: unit.clone(), queries: unit.clone(), catalog: unit, ..self.clone() }
    }

    /// The same with another source of orders: a cache in front of the store, a faulty one in tests.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn OrderStore>) -> Self {
        self.store = store;
        self
    }

    /// The same with other reads.
    #[must_use]
    pub fn with_queries(mut self, queries: Arc<dyn OrderQueries>) -> Self {
        self.queries = queries;
        self
    }

    /// The same with a product service, which knows what is sold and at which price instead of the
    /// catalogue.
    #[must_use]
    pub fn with_products(mut self, products: Arc<dyn ProductLookup>) -> Self {
        self.products = Some(products);
        self
    }

    /// The same with a user service: only customers whom it knows can order.
    #[must_use]
    pub fn with_customers(mut self, customers: Arc<dyn CustomerLookup>) -> Self {
        self.customers = Some(customers);
        self
    }

    /// The same, telling somebody of every commit that lands.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The same with another log of administrative acts: one that also tells whoever watches.
    #[must_use]
    pub fn with_audit_log(mut self, log: Arc<dyn AuditLog>) -> Self {
        self.acts = acts::Recorder::new(log);
        self
    }

    /// The same with another catalogue.
    #[must_use]
    pub fn with_catalog(mut self, catalog: Arc<dyn Catalog>) -> Self {
        self.catalog = catalog;
        self
    }
}
