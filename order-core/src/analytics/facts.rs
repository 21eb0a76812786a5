//! What one order adds to which figure.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use super::{
    durations::Durations,
    figures::{Changes, Dimension, Figures},
};
use crate::{
    CorruptHistory, Country, CreditNote, FulfillmentStatus, Lifecycle, Order, OrderEvent, Recorded,
    Timestamp, evolve,
};

/// The key of what has none.
static NO_KEY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));

/// What of an order's history counts: its state, and what the state does not keep.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    order: Option<Order>,
    /// When the money went back, and how much in minor units.
    refunds: Vec<(Timestamp, i64)>,
    /// The commit that placed it.
    placed_in: Option<u64>,
    /// When the first parcel was handed over, and the commit.
    shipped: Option<(Timestamp, u64)>,
    /// When all of it had arrived first, and the commit.
    delivered: Option<(Timestamp, u64)>,
}

impl Facts {
    /// Adds the next event of the order.
    ///
    /// # Errors
    /// [`CorruptHistory`] if it does not follow; nothing is known of the order any more.
    pub fn learn(&mut self, recorded: &Recorded) -> Result<(), CorruptHistory> {
        let order = evolve(self.order.take(), recorded)?;
        let moment = (recorded.at, recorded.id.version);
        match &recorded.event {
            OrderEvent::Placed(_) => self.placed_in = Some(recorded.id.version),
            OrderEvent::Shipped { .. } => self.shipped = self.shipped.or(Some(moment)),
            OrderEvent::PaymentRefunded { amount, .. } => {
                self.refunds.push((recorded.at, amount.minor()));
            }
            OrderEvent::Delivered { .. }
                if order.fulfillment_status() == FulfillmentStatus::Delivered =>
            {
                self.delivered = self.delivered.or(Some(moment));
            }
            _ => {}
        }
        self.order = Some(order);
        Ok(())
    }

    /// All that the order adds to figures: nothing unless it was placed.
    pub fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        if let Some((order, placed_at)) = self.order.as_ref().zip(self.placed_at()) {
            let is_cancelled = order.lifecycle() == Lifecycle::Cancelled;
            let total = order.totals().total.minor().into();
            let whole = if is_cancelled {
                Figures { cancelled_orders: 1, cancelled: total, ..Figures::default() }
            } else {
                let units = order.lines().iter().map(|line| i64::from(line.live())).sum();
                Figures { orders: 1, units, sales: total, ..Figures::default() }
            };
            put_whole(&mut changes, order, placed_at, &whole);
            if !is_cancelled {
                for (at, amount) in &self.refunds {
                    let refund = Figures { refunds: (*amount).into(), ..Figures::default() };
                    put_whole(&mut changes, order, *at, &refund);
                }
            }
            put_products(&mut changes, order, placed_at, is_cancelled);
            let status = Arc::from(order.status().as_str());
            let of_status =
                Figures { orders: 1, units: whole.units, sales: total, ..Figures::default() };
            let place = (Dimension::Status, &status);
            changes.put(place, placed_at, order.currency(), &of_status);
            for (dimension, end) in
                [(Dimension::Shipped, self.shipped), (Dimension::Delivered, self.delivered)]
            {
                self.put_duration(&mut changes, order, (dimension, end));
            }
        }
        changes
    }

    fn placed_at(&self) -> Option<Timestamp> {
        self.order.as_ref().and_then(Order::placed_at)
    }

    /// How long something took. Of what was placed and shipped in one commit nobody knows it: an import
    /// that only knew how it ended.
    fn put_duration(
        &self,
        changes: &mut Changes,
        order: &Order,
        (dimension, end): (Dimension, Option<(Timestamp, u64)>),
    ) {
        let Some((placed_at, (end, version))) = self.placed_at().zip(end) else {
            return;
        };
        if self.placed_in == Some(version) {
            return;
        }
        // A clock may have gone back.
        let seconds = end.millis_since(placed_at).max(0) / 1_000;
        let key = Durations::bucket(seconds.unsigned_abs()).to_string().into();
        let figures = Figures { orders: 1, units: seconds, ..Figures::default() };
        changes.put((dimension, &key), placed_at, order.currency(), &figures);
    }
}

/// Adds to the dimensions that an order belongs to as a whole.
fn put_whole(changes: &mut Changes, order: &Order, at: Timestamp, figures: &Figures) {
    let country = order.country().map_or_else(|| Arc::clone(&NO_KEY), Country::shared);
    changes.put((Dimension::All, &NO_KEY), at, order.currency(), figures);
    changes.put((Dimension::Country, &country), at, order.currency(), figures);
    if let Some(customer) = order.customer_id() {
        let customer = customer.shared();
        changes.put((Dimension::Customer, &customer), at, order.currency(), figures);
    }
}

fn put_products(changes: &mut Changes, order: &Order, at: Timestamp, is_cancelled: bool) {
    let mut products = BTreeMap::new();
    for line in order.lines() {
        let (units, price) = products.entry(&line.product_id).or_insert((0_i64, 0_i128));
        *units += i64::from(line.live());
        *price += i128::from(line.unit_price.minor()) * i128::from(line.live());
    }
    for (product, (units, price)) in products {
        let figures = if is_cancelled {
            Figures { cancelled_orders: 1, cancelled: price, ..Figures::default() }
        } else {
            Figures { orders: 1, units, sales: price, ..Figures::default() }
        };
        let product = product.shared();
        changes.put((Dimension::Product, &product), at, order.currency(), &figures);
    }
}

/// What a credit note that belongs to no order adds.
pub fn note_changes(note: &CreditNote) -> Changes {
    let mut changes = Changes::default();
    let (at, currency) = (note.issued_at, note.total.currency());
    let figures = Figures { notes: 1, credits: note.total.minor().into(), ..Figures::default() };
    let country = note.country.as_ref().map_or_else(|| Arc::clone(&NO_KEY), Country::shared);
    changes.put((Dimension::All, &NO_KEY), at, currency, &figures);
    changes.put((Dimension::Country, &country), at, currency, &figures);
    if let Some(customer) = &note.customer_id {
        changes.put((Dimension::Customer, &customer.shared()), at, currency, &figures);
    }
    changes
}
