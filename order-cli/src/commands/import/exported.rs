//! Orders as `order export` writes them.
//!
//! An order is taken over with its lines, adjustments, tags, metadata and personal data, as far as
//! it came, with every return that was received. Units that were called off are left out. What
//! cannot be taken over as it is, such as a half-shipped order, is refused.

use std::collections::BTreeMap;

use order_core::{
    Address, Adjustment, AdjustmentId, AdjustmentKind, AdjustmentValue, Content, Country, Currency,
    CustomerId, Email, ImportRecord, ImportedReturn, ImportedSale, Label, Line, LineId,
    LineQuantity, Money, Name, OrderId, OrderNumber, PaymentStatus, Person, ProductId, Rate,
    Reason, ReturnId, Status, Tag, Timestamp,
};
use serde::Deserialize;

use super::{
    exact::Exact,
    row::{Fault, Place},
    unit::{Header, Part, Unit},
};

/// An order and what came back of it.
#[derive(Clone, Debug)]
pub(super) struct Exported {
    pub(super) sale: Unit,
    /// Oldest first.
    pub(super) returns: Vec<Unit>,
}

impl Exported {
    /// Reads an order; `place` gives the place of the next row, one for every line and for every
    /// line of a return.
    pub(super) fn read(text: &str, mut place: impl FnMut() -> Place) -> Result<Self, Fault> {
        let order: Document =
            serde_json::from_str(text).map_err(|error| Fault::json("no order of ours", &error))?;
        let header = Header {
            number: order.number.clone(),
            at: order.placed_at.unwrap_or(order.created_at),
            customer: order.customer_id.clone(),
            country: order.country.clone(),
            currency: order.currency,
        };
        let status = order.status()?;
        let paid = order.is_paid()?;
        let lines = order.lines(status)?;
        let backs = order.returns(&lines)?;
        let mut parts = Vec::with_capacity(lines.len());
        for line in &lines {
            let (place, quantity) = (place(), i64::from(line.quantity));
            parts.push(Part { place, quantity, amount: Exact::of(line.total()?) });
        }
        // What is not of one line, such as carriage, is counted with the first.
        let goods = parts.iter().fold(Exact::default(), |sum, part| sum.plus(part.amount));
        let total = Exact::of(Money::parse(&order.total, order.currency)?);
        if let (Some(first), Some(goods)) = (parts.first_mut(), goods.times(-1)) {
            first.amount = first.amount.plus(total).plus(goods);
        }
        let mut returns = Vec::with_capacity(backs.len());
        for back in backs {
            returns.push(unit_of(back, &header, &mut place)?);
        }
        let at = header.at;
        let id = order.id.clone();
        let (content, person) = order.content(lines)?;
        let sale = ImportedSale { id, content, person, at, status, paid };
        let record = ImportRecord::Sale(Box::new(sale));
        Ok(Self { sale: Unit { record, header, parts }, returns })
    }

    /// How many rows it stands for.
    pub(super) fn rows(&self) -> u64 {
        let returned: usize = self.returns.iter().map(|unit| unit.parts.len()).sum();
        (self.sale.parts.len() + returned) as u64
    }
}

fn unit_of(
    back: ImportedReturn,
    header: &Header,
    place: &mut impl FnMut() -> Place,
) -> Result<Unit, Fault> {
    let mut parts = Vec::with_capacity(back.items.len());
    for item in &back.items {
        let quantity = -i64::from(item.quantity);
        parts.push(Part { place: place(), quantity, amount: Exact::default() });
    }
    if let Some(first) = parts.first_mut() {
        first.amount = Exact::of(back.amount.checked_neg()?);
    }
    let header = Header { at: back.at, ..header.clone() };
    Ok(Unit { record: ImportRecord::Return(back), header, parts })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    id: OrderId,
    number: OrderNumber,
    customer_id: Option<CustomerId>,
    status: Status,
    payment_status: PaymentStatus,
    currency: Currency,
    country: Option<Country>,
    items: Vec<Item>,
    total: String,
    amount_refunded: String,
    #[serde(default)]
    adjustments: Vec<Charge>,
    email: Option<Email>,
    name: Option<Name>,
    phone: Option<Label>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
    #[serde(default)]
    returns: Vec<Back>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    tags: Vec<Tag>,
    created_at: Timestamp,
    placed_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: LineId,
    product_id: ProductId,
    name: Name,
    quantity: u32,
    unit_price: String,
    #[serde(default)]
    cancelled: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Charge {
    id: AdjustmentId,
    kind: AdjustmentKind,
    label: Label,
    line_id: Option<LineId>,
    amount: Option<String>,
    percent: Option<Rate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Back {
    id: ReturnId,
    #[serde(default)]
    received: Vec<LineQuantity>,
    reason: Option<Reason>,
    requested_at: Timestamp,
}

impl Document {
    fn status(&self) -> Result<Status, Fault> {
        match self.status {
            Status::Processing => Ok(Status::Confirmed),
            // What came back was completed before, or it could not have come back paid.
            Status::Returned => Ok(Status::Completed),
            Status::Draft | Status::PartiallyShipped => {
                let detail = format!("an order cannot be taken over while it is {}", self.status);
                Err(Fault::new("import.status", detail))
            }
            status => Ok(status),
        }
    }

    fn is_paid(&self) -> Result<bool, Fault> {
        match self.payment_status {
            PaymentStatus::Paid | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => {
                Ok(true)
            }
            PaymentStatus::Unpaid | PaymentStatus::Voided | PaymentStatus::Failed => Ok(false),
            status => {
                let detail = format!("an order cannot be taken over while it is {status}");
                Err(Fault::new("import.payment_status", detail))
            }
        }
    }

    fn lines(&self, status: Status) -> Result<Vec<Line>, Fault> {
        let mut lines = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let quantity = match status {
                Status::Cancelled => item.quantity,
                _ => item.quantity.saturating_sub(item.cancelled),
            };
            if quantity > 0 {
                let price = Money::parse(&item.unit_price, self.currency)?;
                let (id, product) = (item.id.clone(), item.product_id.clone());
                lines.push(Line::new(id, product, item.name.clone(), quantity, price));
            }
        }
        if lines.is_empty() {
            return Err(Fault::new("import.no_lines", "the order has no live line"));
        }
        Ok(lines)
    }

    /// What came back. Who refunded how much for which return is not written, so the price of the
    /// units must account for it, or there must be one return only.
    fn returns(&self, lines: &[Line]) -> Result<Vec<ImportedReturn>, Fault> {
        let refunded = Money::parse(&self.amount_refunded, self.currency)?;
        let mut backs = Vec::new();
        let mut sum = Money::zero(self.currency);
        for back in self.returns.iter().filter(|back| !back.received.is_empty()) {
            let mut amount = Money::zero(self.currency);
            for item in &back.received {
                let line = lines.iter().find(|line| line.id == item.line_id);
                let price = line.map_or(Money::zero(self.currency), |line| line.unit_price);
                amount = amount.checked_add(price.checked_mul(i64::from(item.quantity))?)?;
            }
            sum = sum.checked_add(amount)?;
            backs.push(ImportedReturn {
                order_id: self.id.clone(),
                id: self.return_id(&back.id)?,
                at: back.requested_at,
                items: back.received.clone(),
                amount,
                reason: back.reason.clone(),
            });
        }
        match backs.as_mut_slice() {
            _ if sum == refunded => Ok(backs),
            [only] => {
                only.amount = refunded;
                Ok(backs)
            }
            _ => {
                let detail = format!("{refunded} went back, but what came back is worth {sum}");
                Err(Fault::new("import.refunds", detail))
            }
        }
    }

    /// A return's name must differ from that of every other order's returns.
    fn return_id(&self, id: &ReturnId) -> Result<ReturnId, Fault> {
        if id.as_str().contains('/') {
            return Ok(id.clone());
        }
        Ok(ReturnId::try_from(format!("{}/{id}", self.id))?)
    }

    fn content(self, lines: Vec<Line>) -> Result<(Content, Person), Fault> {
        let mut adjustments = Vec::with_capacity(self.adjustments.len());
        for charge in self.adjustments {
            let value = match (charge.amount, charge.percent) {
                (_, Some(percent)) => AdjustmentValue::Percent(percent),
                (amount, None) => {
                    let amount = amount.unwrap_or_default();
                    AdjustmentValue::Amount(Money::parse(&amount, self.currency)?)
                }
            };
            let Charge { id, kind, label, line_id, .. } = charge;
            adjustments.push(Adjustment { id, kind, label, line_id, value });
        }
        let content = Content {
            number: self.number,
            customer_id: self.customer_id,
            currency: self.currency,
            country: self.country,
            lines,
            adjustments,
            tags: self.tags,
            metadata: self.metadata,
            plan: None,
            pay_with: None,
        };
        let person = Person {
            email: self.email,
            name: self.name,
            phone: self.phone,
            shipping_address: self.shipping_address,
            billing_address: self.billing_address,
        };
        Ok((content, person))
    }
}
