//! Figures, and what they are kept by.

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::grid::Grain;
use crate::{Currency, Timestamp};

/// What figures are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// All orders together; the key is empty.
    All,
    /// The country an order is sold to; empty if it names none.
    Country,
    /// The product of lines.
    Product,
    /// Whose orders they are; guests' are left out.
    Customer,
    /// The status that orders placed then have now.
    Status,
    /// Orders by the time from placement to the first parcel: the key is a bucket of [`Durations`],
    /// units are seconds.
    ///
    /// [`Durations`]: super::Durations
    Shipped,
    /// The same for the time until all of the order had arrived.
    Delivered,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 7] = [
        Self::All,
        Self::Country,
        Self::Product,
        Self::Customer,
        Self::Status,
        Self::Shipped,
        Self::Delivered,
    ];

    /// The name it is kept by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Country => "country",
            Self::Product => "product",
            Self::Customer => "customer",
            Self::Status => "status",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
        }
    }

    /// The grains that its figures are kept by, the coarsest first. Only the sums over all orders are
    /// kept by quarters of an hour, so only they follow the days of a zone; the others are kept by days of
    /// UTC. Products and customers, of which there are many, are kept by years too, so that long periods
    /// read few rows of each.
    pub const fn grains(self) -> &'static [Grain] {
        match self {
            Self::All => &[Grain::Month, Grain::Day, Grain::Quarter],
            Self::Country | Self::Status | Self::Shipped | Self::Delivered => {
                &[Grain::Month, Grain::Day]
            }
            Self::Product | Self::Customer => &[Grain::Year, Grain::Month, Grain::Day],
        }
    }

    /// The finest of them.
    pub const fn finest(self) -> Grain {
        match self {
            Self::All => Grain::Quarter,
            _ => Grain::Day,
        }
    }
}

/// What one row of figures is kept by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FigureKey {
    /// What it is grouped by.
    pub dimension: Dimension,
    /// How long its bucket is.
    pub grain: Grain,
    /// Where its bucket begins, in milliseconds since the Unix epoch.
    pub bucket: i64,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Which country, product, customer, … of the dimension.
    pub key: Arc<str>,
}

/// Sums over orders. Amounts are minor units of one currency, exact however many orders there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Orders that are not cancelled.
    pub orders: i64,
    /// Orders that are.
    pub cancelled_orders: i64,
    /// Units of orders that are not cancelled, without those called off.
    pub units: i64,
    /// What the orders come to that are not cancelled.
    pub sales: i128,
    /// What the cancelled ones came to.
    pub cancelled: i128,
    /// What went back of orders that are not cancelled; not negative.
    pub refunds: i128,
    /// Credit notes that belong to no order.
    pub notes: i64,
    /// What they come to; not positive.
    pub credits: i128,
}

impl Figures {
    /// Orders, cancelled or not.
    pub const fn placed_orders(&self) -> i64 {
        self.orders + self.cancelled_orders
    }

    /// All that was placed: sales and what was cancelled.
    pub const fn gross(&self) -> i128 {
        self.sales + self.cancelled
    }

    /// What came in less what went back.
    pub const fn net(&self) -> i128 {
        self.sales - self.refunds + self.credits
    }

    /// What an order comes to on average, rounded half away from zero; none without orders.
    pub fn average_order(&self) -> Option<i128> {
        let orders = i128::from(self.orders);
        (orders > 0).then(|| (2 * self.sales + orders * self.sales.signum()) / (2 * orders))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds others, so many times.
    pub fn add(&mut self, other: &Self, times: i64) {
        let wide = i128::from(times);
        self.orders += other.orders * times;
        self.cancelled_orders += other.cancelled_orders * times;
        self.units += other.units * times;
        self.notes += other.notes * times;
        self.sales += other.sales * wide;
        self.cancelled += other.cancelled * wide;
        self.refunds += other.refunds * wide;
        self.credits += other.credits * wide;
    }
}

/// What one unit of the first half of an amount is worth.
const HALF: i128 = 1_000_000_000;

/// An amount in two halves, for stores whose numbers have 64 bits: billions, and what is left, from 0 up
/// to a billion. Sums of halves are halves of the sum.
pub fn halves(amount: i128) -> (i64, i64) {
    let high = i64::try_from(amount.div_euclid(HALF));
    let low = i64::try_from(amount.rem_euclid(HALF));
    (high.unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX }), low.unwrap_or_default())
}

/// The amount of two halves, or of sums of them.
pub fn whole(high: i64, low: i64) -> i128 {
    i128::from(high) * HALF + i128::from(low)
}

/// What is to be added to figures; those to which nothing is added are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes(BTreeMap<FigureKey, Figures>);

impl Changes {
    /// How many rows they change.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether they change nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes by key.
    pub fn iter(&self) -> btree_map::Iter<'_, FigureKey, Figures> {
        self.0.iter()
    }

    /// Adds figures of a moment to every grain of a dimension.
    pub(super) fn put(
        &mut self,
        (dimension, key): (Dimension, &Arc<str>),
        at: Timestamp,
        currency: Currency,
        figures: &Figures,
    ) {
        for grain in dimension.grains() {
            let bucket = grain.floor(at.millis());
            let key = Arc::clone(key);
            self.add(FigureKey { dimension, grain: *grain, bucket, currency, key }, figures, 1);
        }
    }

    /// Adds other changes, or takes them back if `times` is −1.
    pub fn merge(&mut self, others: &Self, times: i64) {
        for (key, figures) in others {
            self.add(key.clone(), figures, times);
        }
    }

    /// Adds figures to one row, so many times.
    pub fn add(&mut self, key: FigureKey, figures: &Figures, times: i64) {
        match self.0.entry(key) {
            btree_map::Entry::Vacant(entry) => {
                let mut sum = Figures::default();
                sum.add(figures, times);
                if !sum.is_empty() {
                    entry.insert(sum);
                }
            }
            btree_map::Entry::Occupied(mut entry) => {
                entry.get_mut().add(figures, times);
                if entry.get().is_empty() {
                    entry.remove();
                }
            }
        }
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = (&'a FigureKey, &'a Figures);
    type IntoIter = btree_map::Iter<'a, FigureKey, Figures>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_the_whole() {
        let most = i128::from(i64::MAX);
        for amount in [0, 1, -1, 999_999_999, -1_000_000_000, most * 1_000, -most * 1_000] {
            let (high, low) = halves(amount);
            assert!((0..1_000_000_000).contains(&low), "{amount}: {low}");
            assert_eq!(whole(high, low), amount);
        }
        let ((high, low), (higher, lower)) = (halves(-5), halves(7));
        assert_eq!(whole(high + higher, low + lower), 2);
    }

    #[test]
    fn an_average_is_rounded_half_away_from_zero() {
        let of = |sales, orders| Figures { orders, sales, ..Figures::default() }.average_order();
        assert_eq!(of(5, 2), Some(3));
        assert_eq!(of(-5, 2), Some(-3));
        assert_eq!(of(4, 3), Some(1));
        assert_eq!(of(5, 0), None);
    }
}
