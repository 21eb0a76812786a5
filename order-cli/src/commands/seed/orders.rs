//! Made-up orders.

use std::collections::BTreeMap;

use order_core::{
    Content, Currency, ImportedReturn, ImportedSale, Line, LineId, LineQuantity, Money, OrderId,
    OrderNumber, Reason, ReturnId, Status, Timestamp,
};
use uuid::Builder;

use super::{people::Customer, random::Random, wares::Ware};
use crate::error::Done;

/// Of a thousand orders, about how many of the latest have not come further than a status.
const UNDER_WAY: [(u64, Status, u64); 4] = [
    // The last number is how many of a hundred are paid.
    (20, Status::Pending, 20),
    (45, Status::Confirmed, 70),
    (80, Status::Shipped, 90),
    (130, Status::Delivered, 95),
];
/// How many of a hundred orders are called off.
const CANCELLED: u64 = 6;
/// How many of a hundred completed orders come back, in part or whole.
const SENT_BACK: u64 = 6;
/// How many of a hundred returns are of the whole order.
const WHOLE: u64 = 30;
const DAY_MS: u64 = 86_400_000;
/// How many lines and units there are, as often as they stand here.
const LINES: [usize; 10] = [1, 1, 1, 1, 2, 2, 2, 3, 3, 5];
const UNITS: [u32; 8] = [1, 1, 1, 1, 1, 2, 2, 4];
const REASONS: [&str; 5] =
    ["arrived too late", "broken", "changed my mind", "does not fit", "not as described"];

/// What is made up.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) orders: u32,
    pub(super) customers: u32,
    pub(super) wares: Vec<Ware>,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) currency: Currency,
}

/// An order, and what came back of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) sale: ImportedSale,
    pub(super) back: Option<ImportedReturn>,
}

impl Plan {
    /// The order with this index, the same whichever are made before it.
    pub(super) fn order(&self, index: u32) -> Done<Made> {
        let mut random = Random::of(self.seed, index.into());
        let at = self.time(index, &mut random);
        let (status, paid) = self.status(index, &mut random);
        let customer = random.low_below(self.customers.into());
        let Customer { id: customer_id, country, person } = Customer::of(self.seed, customer)?;
        let number: OrderNumber = format!("S{}-{:06}", self.seed, index + 1).try_into()?;
        let lines = self.lines(&mut random);
        let id = id(at, &mut random);
        let is_back = status == Status::Completed && random.is_in_100(SENT_BACK);
        let back =
            if is_back { Some(self.back(&id, &number, &lines, at, &mut random)?) } else { None };
        let content = Content {
            number,
            customer_id: Some(customer_id),
            currency: self.currency,
            country: Some(country),
            lines,
            adjustments: Vec::new(),
            tags: Vec::new(),
            metadata: BTreeMap::new(),
            plan: None,
            pay_with: None,
        };
        Ok(Made { sale: ImportedSale { id, content, person, at, status, paid }, back })
    }

    /// Evenly from the beginning to the end.
    fn time(&self, index: u32, random: &mut Random) -> Timestamp {
        let span = u64::try_from(self.to.millis_since(self.from)).unwrap_or(1);
        let share = |index: u32| {
            let passed = u128::from(span) * u128::from(index) / u128::from(self.orders);
            u64::try_from(passed).unwrap_or(span)
        };
        let (first, next) = (share(index), share(index + 1));
        after(self.from, first + random.below((next - first).max(1)))
    }

    /// How far it came, and whether it is paid.
    fn status(&self, index: u32, random: &mut Random) -> (Status, bool) {
        if random.is_in_100(CANCELLED) {
            return (Status::Cancelled, false);
        }
        let later = u64::from(self.orders - 1 - index) * 1_000 / u64::from(self.orders);
        let place = later + random.below(20);
        let found = UNDER_WAY.iter().find(|(latest, ..)| place < *latest);
        found.map_or((Status::Completed, true), |(_, status, paid)| {
            (*status, random.is_in_100(*paid))
        })
    }

    fn lines(&self, random: &mut Random) -> Vec<Line> {
        let wanted = *random.pick(&LINES);
        let mut lines: Vec<Line> = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            let ware = random.low_below(self.wares.len() as u64);
            let Some(ware) = self.wares.get(usize::try_from(ware).unwrap_or_default()) else {
                continue;
            };
            if lines.iter().all(|line| line.product_id != ware.id) {
                let id = LineId::ordinal(lines.len() + 1, |_| false);
                let (product, name) = (ware.id.clone(), ware.name.clone());
                lines.push(Line::new(id, product, name, *random.pick(&UNITS), ware.unit_price));
            }
        }
        lines
    }

    /// What comes back of a completed order.
    fn back(
        &self,
        order: &OrderId,
        number: &OrderNumber,
        lines: &[Line],
        sold_at: Timestamp,
        random: &mut Random,
    ) -> Done<ImportedReturn> {
        let count = if random.is_in_100(WHOLE) { lines.len() } else { 1 };
        let mut amount = Money::zero(self.currency);
        let mut items = Vec::with_capacity(count);
        for line in lines.iter().take(count) {
            amount = amount.checked_add(line.total()?)?;
            items.push(LineQuantity { line_id: line.id.clone(), quantity: line.quantity });
        }
        let at = after(sold_at, random.below(20 * DAY_MS)).min(self.to);
        let id = ReturnId::try_from(format!("{number}/1"))?;
        let reason = Some(Reason::try_from(*random.pick(&REASONS))?);
        Ok(ImportedReturn { order_id: order.clone(), id, at, items, amount, reason })
    }
}

fn after(time: Timestamp, millis: u64) -> Timestamp {
    time.plus_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// An id as the service would have given it at that time.
fn id(at: Timestamp, random: &mut Random) -> OrderId {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.number().to_le_bytes());
    let millis = u64::try_from(at.millis()).unwrap_or_default();
    OrderId::of_uuid(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use order_core::{Currency, Status};

    use super::{super::wares::Ware, Made, Plan};

    fn plan(seed: u64) -> Plan {
        let currency = Currency::GBP;
        Plan {
            seed,
            orders: 2_000,
            customers: 100,
            wares: (0..50).map(|index| Ware::of(index, currency).unwrap()).collect(),
            from: "2025-01-01T00:00:00Z".parse().unwrap(),
            to: "2025-02-01T00:00:00Z".parse().unwrap(),
            currency,
        }
    }

    fn made(plan: &Plan) -> Vec<Made> {
        (0..plan.orders).map(|index| plan.order(index).unwrap()).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_orders_and_another_one_others() {
        assert_eq!(made(&plan(1)), made(&plan(1)));
        let both = [1, 2].map(|seed| made(&plan(seed)));
        let ids: HashSet<_> = both.iter().flatten().map(|made| &made.sale.id).collect();
        let numbers: HashSet<_> =
            both.iter().flatten().map(|made| &made.sale.content.number).collect();
        assert_eq!((ids.len(), numbers.len()), (4_000, 4_000));
    }

    #[test]
    fn orders_come_one_after_the_other_within_the_time() {
        let plan = plan(1);
        let made = made(&plan);
        assert!(made.is_sorted_by_key(|made| made.sale.at));
        for Made { sale, back } in &made {
            assert!(plan.from <= sale.at && sale.at < plan.to);
            assert!(back.as_ref().is_none_or(|back| sale.at <= back.at && back.at <= plan.to));
        }
    }

    #[test]
    fn most_are_completed_and_the_latest_under_way() {
        let made = made(&plan(1));
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for it in &made {
            *counts.entry(it.sale.status).or_default() += 1;
        }
        let completed = counts.remove(&Status::Completed).unwrap();
        assert!((1_500..1_900).contains(&completed), "{completed}");
        let cancelled = counts.remove(&Status::Cancelled).unwrap();
        assert!((80..160).contains(&cancelled), "{cancelled}");
        for status in [Status::Pending, Status::Confirmed, Status::Shipped, Status::Delivered] {
            assert!(counts[&status] > 5, "{counts:?}");
        }
        assert!(made.iter().filter(|made| made.back.is_some()).count() > 50);
        let is_done = |it: &Made| matches!(it.sale.status, Status::Completed | Status::Cancelled);
        assert!(made[..1_700].iter().all(is_done));
    }
}
