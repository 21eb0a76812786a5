//! The state of an order: what its events add up to.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    adjustment::Adjustment,
    command::Content,
    line::Line,
    payment::Payment,
    plan::{PayWith, Plan},
    process::{Attention, Call, Process, Units},
    returns::{Return, ReturnState},
    shipment::Shipment,
    status::{FulfillmentStatus, Lifecycle, ReturnStatus, Status},
    totals::Totals,
};
use crate::{
    Country, Currency, CustomerId, OrderId, OrderNumber, ProductId, Reason, RefundId, Tag,
    Timestamp,
};

/// An order. It comes only from its events ([`evolve`](super::evolve())) or from a document that a
/// store wrote of it, which is checked when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Order {
    pub(super) id: OrderId,
    pub(super) number: OrderNumber,
    pub(super) version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) customer_id: Option<CustomerId>,
    pub(super) currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<Country>,
    pub(super) lifecycle: Lifecycle,
    #[serde(default, skip_serializing_if = "super::line::is_false")]
    pub(super) on_hold: bool,
    #[serde(default, skip_serializing_if = "super::line::is_false")]
    pub(super) processing: bool,
    pub(super) lines: Vec<Line>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) adjustments: Vec<Adjustment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) payments: Vec<Payment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shipments: Vec<Shipment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) returns: Vec<Return>,
    /// The names of the refunds, so that none is made twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) refunds: Vec<RefundId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<Tag>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) notes: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<Reason>,
    pub(super) totals: Totals,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) placed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) archived_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) erased_at: Option<Timestamp>,
    /// None as long as nothing is to happen by itself. Behind a pointer: most orders have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) process: Option<Box<Process>>,
}

impl Serialize for Order {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Order {
    /// Reads a document that a store wrote, and refuses one whose ledgers do not add up.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let order = Self::deserialize(deserializer)?;
        order.check().map_err(serde::de::Error::custom)?;
        Ok(order)
    }
}

impl Order {
    pub(super) fn begin(
        id: OrderId,
        content: &Content,
        lifecycle: Lifecycle,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            number: content.number.clone(),
            version: 0,
            customer_id: content.customer_id.clone(),
            currency: content.currency,
            country: content.country.clone(),
            lifecycle,
            on_hold: false,
            processing: false,
            lines: content.lines.clone(),
            adjustments: content.adjustments.clone(),
            payments: Vec::new(),
            shipments: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
            tags: content.tags.clone(),
            metadata: content.metadata.clone(),
            notes: 0,
            reason: None,
            totals: Totals::zero(content.currency),
            created_at: at,
            updated_at: at,
            placed_at: None,
            archived_at: None,
            erased_at: None,
            process: Self::begin_process(content),
        }
    }

    fn begin_process(content: &Content) -> Option<Box<Process>> {
        let Content { plan, pay_with, .. } = content;
        (plan.is_some() || pay_with.is_some()).then(|| {
            let process = Process { plan: *plan, pay_with: pay_with.clone(), ..Process::default() };
            Box::new(process)
        })
    }

    /// Names the order for programs.
    pub const fn id(&self) -> &OrderId {
        &self.id
    }

    /// Names the order for people.
    pub const fn number(&self) -> &OrderNumber {
        &self.number
    }

    /// How many commits made the order what it is.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whose order it is; none for a guest.
    pub const fn customer_id(&self) -> Option<&CustomerId> {
        self.customer_id.as_ref()
    }

    /// The currency of every amount.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The country it is sold to.
    pub const fn country(&self) -> Option<&Country> {
        self.country.as_ref()
    }

    /// Where it stands in its life.
    pub const fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }

    /// Whether it is stopped from going on.
    pub const fn on_hold(&self) -> bool {
        self.on_hold
    }

    /// What is sold.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Every product of the lines, once, sorted.
    pub fn product_ids(&self) -> Vec<&ProductId> {
        let mut ids: Vec<_> = self.lines.iter().map(|line| &line.product_id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Discounts, shipping, fees and taxes.
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// The payments, oldest first.
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// The parcels, oldest first.
    pub fn shipments(&self) -> &[Shipment] {
        &self.shipments
    }

    /// The returns, oldest first.
    pub fn returns(&self) -> &[Return] {
        &self.returns
    }

    /// Words to find it by.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Facts the host attached.
    pub const fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Why it is held or was cancelled, if somebody said.
    pub const fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// What it comes to.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// When it was begun.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When anything last happened to it.
    pub const fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// When it was placed; none for a draft.
    pub const fn placed_at(&self) -> Option<Timestamp> {
        self.placed_at
    }

    /// When it was put away; none if it is not in the archive.
    pub const fn archived_at(&self) -> Option<Timestamp> {
        self.archived_at
    }

    /// When the person behind it was last forgotten; none if never.
    pub const fn erased_at(&self) -> Option<Timestamp> {
        self.erased_at
    }

    /// The time that lists are sorted by: when it was placed, for a draft when it was begun.
    pub fn listed_at(&self) -> Timestamp {
        self.placed_at.unwrap_or(self.created_at)
    }

    /// What it knows of the process that drives it; none if nothing is to happen by itself.
    pub fn process(&self) -> Option<&Process> {
        self.process.as_deref()
    }

    pub(super) fn process_mut(&mut self) -> &mut Process {
        self.process.get_or_insert_default()
    }

    /// Nothing to say of the process is said in one way only.
    pub(super) fn settle_process(&mut self) {
        if self.process.as_deref() == Some(&Process::default()) {
            self.process = None;
        }
    }

    /// How it is to be driven to its end.
    pub fn plan(&self) -> Option<&Plan> {
        self.process().and_then(|process| process.plan.as_ref())
    }

    /// What the customer pays with.
    pub fn pay_with(&self) -> Option<&PayWith> {
        self.process().and_then(|process| process.pay_with.as_ref())
    }

    /// Calls of a payment provider that are not answered yet, oldest first.
    pub fn calls(&self) -> &[Call] {
        self.process().map_or(&[], |process| &process.calls)
    }

    /// Why somebody has to look at it; none if nobody has to.
    pub fn attention(&self) -> Option<&Attention> {
        self.process().and_then(|process| process.attention.as_ref())
    }

    /// The live units that an inventory beside us has to hold: those that no counted stock of ours
    /// gives, by product.
    pub fn units_to_hold(&self) -> Vec<Units> {
        let mut units: BTreeMap<&ProductId, u64> = BTreeMap::new();
        if !matches!(self.lifecycle, Lifecycle::Draft | Lifecycle::Cancelled) {
            for line in self.lines.iter().filter(|line| !line.tracked && line.live() > 0) {
                *units.entry(&line.product_id).or_default() += u64::from(line.live());
            }
        }
        let units = units.into_iter();
        units.map(|(id, quantity)| Units { product_id: id.clone(), quantity }).collect()
    }

    /// What the quantity ledgers amount to.
    pub fn fulfillment_status(&self) -> FulfillmentStatus {
        let (mut live, mut shipped, mut delivered) = (0_u64, 0_u64, 0_u64);
        for line in &self.lines {
            live += u64::from(line.live());
            shipped += u64::from(line.shipped);
            delivered += u64::from(line.delivered);
        }
        if shipped == 0 {
            FulfillmentStatus::Unfulfilled
        } else if delivered == live {
            FulfillmentStatus::Delivered
        } else if delivered > 0 {
            FulfillmentStatus::PartiallyDelivered
        } else if shipped == live {
            FulfillmentStatus::Shipped
        } else {
            FulfillmentStatus::PartiallyShipped
        }
    }

    /// What came, or shall come, back.
    pub fn return_status(&self) -> ReturnStatus {
        if self.returns.is_empty() {
            return ReturnStatus::None;
        }
        let returned: u64 = self.lines.iter().map(|line| u64::from(line.returned)).sum();
        let live: u64 = self.lines.iter().map(|line| u64::from(line.live())).sum();
        if returned > 0 && returned == live {
            ReturnStatus::Returned
        } else if returned > 0 {
            ReturnStatus::PartiallyReturned
        } else if self.returns.iter().any(|item| item.state == ReturnState::Requested) {
            ReturnStatus::Requested
        } else {
            ReturnStatus::None
        }
    }

    /// The one word people see.
    pub fn status(&self) -> Status {
        match self.lifecycle {
            Lifecycle::Draft => Status::Draft,
            Lifecycle::Placed => Status::Pending,
            Lifecycle::Cancelled => Status::Cancelled,
            _ if self.return_status() == ReturnStatus::Returned => Status::Returned,
            Lifecycle::Completed => Status::Completed,
            Lifecycle::Confirmed => match self.fulfillment_status() {
                FulfillmentStatus::Unfulfilled if self.processing => Status::Processing,
                FulfillmentStatus::Unfulfilled => Status::Confirmed,
                FulfillmentStatus::Delivered => Status::Delivered,
                FulfillmentStatus::Shipped => Status::Shipped,
                _ if self.lines.iter().all(|line| line.open() == 0) => Status::Shipped,
                _ => Status::PartiallyShipped,
            },
        }
    }

    /// Recomputes the totals. They live in this one place.
    pub(super) fn retotal(&mut self) -> Result<(), crate::MoneyError> {
        self.totals = Totals::of(self.currency, &self.lines, &self.adjustments)?;
        Ok(())
    }

    /// Checks what must hold after every event.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self) -> Result<(), &'static str> {
        if !self.lines.iter().all(Line::is_sound) {
            return Err("a quantity ledger does not add up");
        }
        self.check_payments()?;
        match Totals::of(self.currency, &self.lines, &self.adjustments) {
            Ok(totals) if totals == self.totals => Ok(()),
            _ => Err("the totals do not follow from the lines"),
        }
    }

    /// Checks each payment, and that their sums can be held.
    pub(super) fn check_payments(&self) -> Result<(), &'static str> {
        let (mut captured, mut open) = (0_i64, 0_i64);
        for payment in &self.payments {
            if !payment.is_sound(self.currency) {
                return Err("a payment ledger does not add up");
            }
            let sums = (captured.checked_add(payment.captured.minor()))
                .zip(open.checked_add(payment.open()));
            (captured, open) = sums.ok_or("the payments cannot be held")?;
        }
        Ok(())
    }
}
