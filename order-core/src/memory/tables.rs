//! What is kept.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

use uuid::Uuid;

use super::subscriptions::Subscribed;
use crate::{
    CreditNote, CreditNoteId, Label, Order, OrderId, OrderNumber, PersonalData, Product, ProductId,
    Recorded, RefusedRow, SubscriptionId, Timestamp, UserId,
    accounts::Account,
    analytics::{FigureKey, Figures},
    ports::{
        AgendaEntry, Hold, KeptEntry, KeptNotice, LeftOut, OrderView, Origin, Remembered,
        RequestKey,
    },
    webhook::Delivery,
};

/// Everything, under one lock.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) orders: BTreeMap<OrderId, Kept>,
    pub(super) numbers: HashMap<OrderNumber, OrderId>,
    /// The orders as lists show them, oldest first.
    pub(super) listed: BTreeSet<(Timestamp, OrderId)>,
    pub(super) requests: HashMap<RequestKey, Remembered>,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) credit_notes: BTreeMap<CreditNoteId, CreditNote>,
    pub(super) refused: BTreeMap<(String, u64), RefusedRow>,
    pub(super) last_number: u64,
    /// Every event by its order and its index there, in the order of commits.
    pub(super) feed: Vec<(OrderId, usize)>,
    /// How many of the feed's events have a position.
    pub(super) sequenced: usize,
    pub(super) relays: BTreeMap<Label, Place>,
    /// The orders that relays hold.
    pub(super) streams: BTreeMap<(Label, OrderId), Stream>,
    pub(super) agenda: BTreeMap<OrderId, AgendaEntry>,
    /// By provider and id.
    pub(super) inbox: BTreeMap<(Label, Label), KeptNotice>,
    /// The events that changed the catalogue, and when they were taken.
    pub(super) taken: HashMap<Origin, Timestamp>,
    pub(super) accounts: BTreeMap<UserId, Account>,
    /// Whose an e-mail address is, in the form in which they are compared.
    pub(super) emails: HashMap<String, UserId>,
    pub(super) audit_log: Vec<KeptEntry>,
    pub(super) subscriptions: BTreeMap<SubscriptionId, Subscribed>,
    /// By subscription and position.
    pub(super) deliveries: BTreeMap<(SubscriptionId, u64), Delivery>,
    pub(super) figures: BTreeMap<FigureKey, Figures>,
    /// Up to which position events are counted; none before the first time.
    pub(super) counted: Option<u64>,
}

/// Where a relay is.
pub(super) struct Place {
    pub(super) position: u64,
    pub(super) holder: Uuid,
    pub(super) until: Timestamp,
}

/// An order that a relay holds, and the events that wait, by position.
pub(super) struct Stream {
    pub(super) hold: Hold,
    pub(super) left: BTreeMap<u64, LeftOut>,
}

/// One order.
pub(super) struct Kept {
    pub(super) order: Arc<Order>,
    pub(super) person: Arc<PersonalData>,
    pub(super) events: Vec<Recorded>,
    /// What it is found by.
    pub(super) words: String,
}

impl Kept {
    pub(super) fn view(&self) -> OrderView {
        OrderView { order: Arc::clone(&self.order), person: Arc::clone(&self.person) }
    }

    pub(super) fn place(&self) -> (Timestamp, OrderId) {
        (self.order.listed_at(), self.order.id().clone())
    }
}

impl Tables {
    /// Where the indexes disagree with an order.
    pub(super) fn amiss(&self, kept: &Kept) -> Vec<String> {
        let mut amiss = Vec::new();
        if self.numbers.get(kept.order.number()) != Some(kept.order.id()) {
            amiss.push("the order is not found by its number".to_owned());
        }
        if !self.listed.contains(&kept.place()) {
            amiss.push("the order is not listed at its time".to_owned());
        }
        amiss
    }
}

/// What comes after a key, or everything.
pub(super) fn after<'a, K: Ord, V>(
    map: &'a BTreeMap<K, V>,
    key: Option<&'a K>,
) -> impl Iterator<Item = (&'a K, &'a V)> {
    let start = key.map_or(Bound::Unbounded, Bound::Excluded);
    map.range((start, Bound::Unbounded))
}
