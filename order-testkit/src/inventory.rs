//! An inventory inside a test: stock, what is held of it, and calls that are lost.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use order_core::{
    OrderId, ProductId, Reason,
    ports::{HoldAnswer, Inventory, RemoteError, StockHold},
};

use crate::provider::seed::Seed;

/// What goes wrong with one call of an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldFault {
    /// Nothing.
    None,
    /// The call is lost on its way there: nothing is held.
    LostBefore,
    /// The answer is lost: it is held, and nobody knows.
    LostAfter,
}

/// Stock that a test sets. Clones share it. A product without a level is not sold here.
#[derive(Debug, Clone, Default)]
pub struct ScriptedInventory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    left: BTreeMap<ProductId, u64>,
    holds: BTreeMap<OrderId, Held>,
    plan: VecDeque<HoldFault>,
    seed: Option<Seed>,
    calls: u64,
}

#[derive(Debug, Default)]
struct Held {
    revision: u64,
    asked: BTreeMap<ProductId, u64>,
    units: BTreeMap<ProductId, u64>,
}

impl ScriptedInventory {
    /// An inventory with these levels.
    pub fn new(levels: impl IntoIterator<Item = (ProductId, u64)>) -> Self {
        let state = State { left: levels.into_iter().collect(), ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Loses every fifth call or its answer; which, only the seed and the number of the call decide.
    pub fn seed(&self, seed: u64) {
        self.state().seed = Some(Seed(seed));
    }

    /// What goes wrong with the next calls, one after the other.
    pub fn plan(&self, faults: impl IntoIterator<Item = HoldFault>) {
        self.state().plan.extend(faults);
    }

    /// Sets how many units of a product are left beside those that are held.
    pub fn set(&self, product_id: ProductId, left: u64) {
        self.state().left.insert(product_id, left);
    }

    /// How many units of a product are left beside those that are held.
    pub fn left(&self, product_id: &ProductId) -> u64 {
        self.state().left.get(product_id).copied().unwrap_or(0)
    }

    /// What is held for an order.
    pub fn held(&self, order_id: &OrderId) -> BTreeMap<ProductId, u64> {
        self.state().holds.get(order_id).map(|held| held.units.clone()).unwrap_or_default()
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Inventory for ScriptedInventory {
    async fn hold(&self, hold: &StockHold) -> Result<HoldAnswer, RemoteError> {
        let mut state = self.state();
        match state.fault() {
            HoldFault::None => state.hold(hold),
            HoldFault::LostBefore => Err(lost("the call was lost")),
            HoldFault::LostAfter => {
                state.hold(hold)?;
                Err(lost("the answer was lost"))
            }
        }
    }
}

impl State {
    fn fault(&mut self) -> HoldFault {
        self.calls += 1;
        if let Some(fault) = self.plan.pop_front() {
            return fault;
        }
        match self.seed.map(|seed| seed.number(&self.calls.to_string()) % 10) {
            Some(0) => HoldFault::LostBefore,
            Some(1) => HoldFault::LostAfter,
            _ => HoldFault::None,
        }
    }

    fn hold(&mut self, wanted: &StockHold) -> Result<HoldAnswer, RemoteError> {
        let mut asked = BTreeMap::new();
        for units in &wanted.units {
            let sum: &mut u64 = asked.entry(units.product_id.clone()).or_default();
            *sum = sum.checked_add(units.quantity).ok_or_else(|| wrong("quantity.too_large"))?;
        }
        let held = self.holds.entry(wanted.order_id.clone()).or_default();
        if wanted.revision < held.revision {
            return Ok(HoldAnswer::Held);
        }
        if wanted.revision == held.revision && wanted.revision > 0 && asked != held.asked {
            return Err(wrong("revision.reused"));
        }
        held.revision = wanted.revision;
        held.asked.clone_from(&asked);
        for (product_id, quantity) in &asked {
            let own = held.units.get(product_id).copied().unwrap_or(0);
            let free = self.left.get(product_id).copied().unwrap_or(0).saturating_add(own);
            if *quantity > free {
                let text = format!("only {free} of {product_id} are left");
                return Ok(HoldAnswer::Refused(Reason::try_from(text).expect("ids are short")));
            }
        }
        for (product_id, quantity) in std::mem::take(&mut held.units) {
            *self.left.entry(product_id).or_default() += quantity;
        }
        for (product_id, quantity) in &asked {
            *self.left.entry(product_id.clone()).or_default() -= quantity;
        }
        held.units = asked;
        held.units.retain(|_, quantity| *quantity > 0);
        Ok(HoldAnswer::Held)
    }
}

const SERVICE: &str = "inventory";

fn lost(what: &'static str) -> RemoteError {
    let source = io::Error::new(io::ErrorKind::ConnectionReset, what).into();
    RemoteError::Unavailable { service: SERVICE, source }
}

fn wrong(code: &str) -> RemoteError {
    let code = code.parse().expect("a code is a label");
    RemoteError::Misused { service: SERVICE, code }
}
