//! What one command writes: a value that a store writes whole or not at all.

use std::{collections::BTreeMap, sync::Arc};

use super::agenda::AgendaChange;
use crate::{
    IdempotencyKey, Label, Lifecycle, Order, OrderEvent, OrderId, PersonalData, ProductId,
    Recorded, Timestamp,
    process::{Next, next_step},
};

/// A change of a product's stock; negative takes units out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMove {
    /// Which product.
    pub product_id: ProductId,
    /// By how many units. Never zero.
    pub delta: i64,
}

/// Names a request: the caller's key, within the caller's own keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Whose key it is, so that no caller can ask for another's answer.
    pub owner: Label,
    /// The key.
    pub key: IdempotencyKey,
}

/// A request that is remembered with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Names the request.
    pub key: RequestKey,
    /// What was asked for, condensed.
    pub fingerprint: u64,
}

/// What a store remembers of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// What was asked for, condensed.
    pub fingerprint: u64,
    /// The order it was about.
    pub order_id: OrderId,
    /// The version it made.
    pub version: u64,
}

/// What one command writes. Cheap to clone; only [`OrderService`](crate::OrderService) makes one.
#[derive(Debug, Clone)]
pub struct Commit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    expected_version: u64,
    events: Vec<Recorded>,
    order: Arc<Order>,
    person: Option<Arc<PersonalData>>,
    stock: Vec<StockMove>,
    request: Option<RequestRecord>,
    agenda: AgendaChange,
}

impl Commit {
    /// Puts a commit together. `before` is the state the events were decided on.
    pub(crate) fn new(
        before: Option<&Order>,
        events: Vec<Recorded>,
        order: Arc<Order>,
        person: Option<Arc<PersonalData>>,
        request: Option<RequestRecord>,
        busy_until: Option<Timestamp>,
    ) -> Self {
        let expected_version = before.map_or(0, Order::version);
        debug_assert!(!events.is_empty(), "a commit has events");
        debug_assert_eq!(order.version(), expected_version + 1, "a commit makes one version");
        let stock = stock_moves(before, &order, &events);
        let agenda = agenda_change(before, &order, events.last(), busy_until);
        Self(Arc::new(Inner { expected_version, events, order, person, stock, request, agenda }))
    }

    /// The order.
    pub fn order_id(&self) -> &OrderId {
        self.0.order.id()
    }

    /// The version the store must have now; 0 means that the order must not exist yet.
    pub fn expected_version(&self) -> u64 {
        self.0.expected_version
    }

    /// What happened, in order. All of the version `expected_version + 1`.
    pub fn events(&self) -> &[Recorded] {
        &self.0.events
    }

    /// The state after the events.
    pub fn order(&self) -> &Arc<Order> {
        &self.0.order
    }

    /// The personal data from now on; none if it stays as it is.
    pub fn person(&self) -> Option<&Arc<PersonalData>> {
        self.0.person.as_ref()
    }

    /// What leaves or enters the stock: summed per product, sorted by product, never zero.
    pub fn stock(&self) -> &[StockMove] {
        &self.0.stock
    }

    /// The request to remember.
    pub fn request(&self) -> Option<&RequestRecord> {
        self.0.request.as_ref()
    }

    /// What becomes of the order's place on the agenda.
    pub fn agenda(&self) -> &AgendaChange {
        &self.0.agenda
    }

    /// When it happened: the time of its last event.
    pub fn at(&self) -> Timestamp {
        self.events().last().map_or(self.order().updated_at(), |recorded| recorded.at)
    }

    /// Whether the words that the order is found by may have changed.
    pub fn touches_search(&self) -> bool {
        self.person().is_some()
            || self.expected_version() == 0
            || self.events().iter().any(|recorded| {
                matches!(
                    recorded.event,
                    OrderEvent::Placed(_) | OrderEvent::Edited { .. } | OrderEvent::Shipped { .. }
                )
            })
    }

    /// Whether the products that the order is found by may have changed.
    pub fn touches_lines(&self) -> bool {
        self.events().iter().any(|recorded| {
            matches!(
                recorded.event,
                OrderEvent::Drafted(_)
                    | OrderEvent::Placed(_)
                    | OrderEvent::Edited { lines: Some(_), .. }
            )
        })
    }
}

/// What becomes of an order's place on the agenda. Whoever is busy with the order is not disturbed.
fn agenda_change(
    before: Option<&Order>,
    after: &Order,
    last: Option<&Recorded>,
    busy_until: Option<Timestamp>,
) -> AgendaChange {
    let now = last.map_or(after.updated_at(), |recorded| recorded.at);
    let has_place =
        |order: &Order| order.attention().is_some() || next_step(order, now) != Next::Never;
    let next_at = match next_step(after, now) {
        Next::Never => None,
        Next::Now(_) => Some(now),
        Next::At(at) => Some(at),
    };
    let attention = after.attention().map(|attention| attention.code.clone());
    match next_at {
        None if attention.is_none() && before.is_some_and(has_place) => AgendaChange::Remove,
        None if attention.is_none() => AgendaChange::Leave,
        next_at => {
            let next_at = next_at.map(|at| busy_until.map_or(at, |busy| at.max(busy)));
            AgendaChange::Put { next_at, attention }
        }
    }
}

/// What leaves or enters the stock between two states. An order holds its live units from when it
/// is placed until it is cancelled; what comes back enters only if somebody says so.
fn stock_moves(before: Option<&Order>, after: &Order, events: &[Recorded]) -> Vec<StockMove> {
    let mut held = BTreeMap::new();
    count_held(before, &mut held, 1);
    count_held(Some(after), &mut held, -1);
    for recorded in events {
        let OrderEvent::ReturnReceived { items, restock: true, .. } = &recorded.event else {
            continue;
        };
        for item in items {
            let line = after.lines().iter().find(|line| line.id == item.line_id);
            if let Some(line) = line.filter(|line| line.tracked) {
                *held.entry(&line.product_id).or_default() += i64::from(item.quantity);
            }
        }
    }
    let moved = held.into_iter().filter(|(_, delta)| *delta != 0);
    moved.map(|(product_id, delta)| StockMove { product_id: product_id.clone(), delta }).collect()
}

fn count_held<'a>(order: Option<&'a Order>, held: &mut BTreeMap<&'a ProductId, i64>, sign: i64) {
    let Some(order) = order else {
        return;
    };
    if matches!(order.lifecycle(), Lifecycle::Draft | Lifecycle::Cancelled) {
        return;
    }
    for line in order.lines().iter().filter(|line| line.tracked) {
        *held.entry(&line.product_id).or_default() += sign * i64::from(line.live());
    }
}
