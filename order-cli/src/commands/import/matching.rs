//! Which sale a credit belongs to.
//!
//! A credited row belongs to a sold line of the same customer, product and unit price and the
//! opposite quantity, sold no later than the credit; of several, to the one sold last. Each sold
//! line takes one credit at most. Credits of one invoice for one order become one return; what
//! belongs to no sale becomes one credit note per invoice.

use std::collections::HashMap;

use order_core::{
    CreditLine, CreditNote, CreditNoteId, CustomerId, ImportRecord, ImportedReturn, Line, LineId,
    LineQuantity, Money, OrderId, ProductId, ReturnId, Timestamp,
};

use super::{
    row::{Fault, Place},
    unit::{Header, Part, Piece, Unit},
};

/// A credited line and the row it came from.
pub(super) type Credit = (Part, CreditLine);

/// What a sale and its credit have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Goods {
    customer: CustomerId,
    product: ProductId,
    price: Money,
    quantity: i64,
}

/// A line that was sold, and might be credited.
#[derive(Clone, Debug)]
struct Sold {
    at: Timestamp,
    place: Place,
    order: OrderId,
    line: LineId,
}

/// The credited rows of one invoice.
#[derive(Debug)]
struct Invoice {
    header: Header,
    rows: Vec<Credit>,
}

/// The sold lines that a credit might name, and all credits: they are few, and are matched when all
/// sales are known, for a file need not be sorted by time.
#[derive(Debug, Default)]
pub(super) struct Matching {
    sold: HashMap<Goods, Vec<Sold>>,
    credited: Vec<Invoice>,
}

/// What became of the credits.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Credit notes, and credits that cannot be taken.
    pub(super) notes: Vec<Piece>,
    /// Returns in rounds: an order has one return a round at most, its oldest in the first.
    pub(super) returns: Vec<Vec<Unit>>,
}

/// The line of an order that a credited row belongs to.
type Home = (OrderId, LineId);

impl Matching {
    /// Keeps a line that was sold.
    pub(super) fn sell(&mut self, header: &Header, order: &OrderId, place: Place, line: &Line) {
        let Some(customer) = &header.customer else {
            return;
        };
        let goods = Goods {
            customer: customer.clone(),
            product: line.product_id.clone(),
            price: line.unit_price,
            quantity: i64::from(line.quantity),
        };
        let sold = Sold { at: header.at, place, order: order.clone(), line: line.id.clone() };
        self.sold.entry(goods).or_default().push(sold);
    }

    /// Keeps the credited rows of an invoice.
    pub(super) fn credit(&mut self, header: Header, rows: Vec<Credit>) {
        self.credited.push(Invoice { header, rows });
    }

    /// Matches every credit.
    pub(super) fn settle(mut self, source: &str) -> Settled {
        let first = |invoice: &Invoice| invoice.rows.first().map(|(part, _)| part.place);
        self.credited.sort_by_key(|invoice| (invoice.header.at, first(invoice)));
        let homes = self.find_homes();
        let mut settled = Settled::default();
        let mut rounds: HashMap<OrderId, usize> = HashMap::new();
        for (index, invoice) in self.credited.into_iter().enumerate() {
            let Invoice { header, rows } = invoice;
            let mut rest = Vec::new();
            let mut orders: Vec<(OrderId, Vec<(LineId, Credit)>)> = Vec::new();
            for (at, row) in rows.into_iter().enumerate() {
                let Some((order, line)) = homes.get(&(index, at)) else {
                    rest.push(row);
                    continue;
                };
                match orders.iter_mut().find(|(other, _)| other == order) {
                    Some((_, rows)) => rows.push((line.clone(), row)),
                    None => orders.push((order.clone(), vec![(line.clone(), row)])),
                }
            }
            for (count, (order, rows)) in orders.into_iter().enumerate() {
                let parts: Vec<_> = rows.iter().map(|(_, (part, _))| *part).collect();
                match return_of(&header, &order, count + 1, &rows) {
                    Ok(back) => {
                        let record = ImportRecord::Return(back);
                        let unit = Unit { record, header: header.clone(), parts };
                        let round = rounds.entry(order).or_default();
                        if *round == settled.returns.len() {
                            settled.returns.push(Vec::new());
                        }
                        settled.returns[*round].push(unit);
                        *round += 1;
                    }
                    Err(fault) => {
                        settled.notes.extend(Piece::refused(source, &header, &parts, &fault));
                    }
                }
            }
            if !rest.is_empty() {
                settled.notes.extend(note_of(source, header, rest));
            }
        }
        settled
    }

    /// The sold line of each credit that has one, by invoice and row.
    fn find_homes(&mut self) -> HashMap<(usize, usize), Home> {
        let mut wanted: HashMap<Goods, Vec<(usize, usize)>> = HashMap::new();
        for (index, invoice) in self.credited.iter().enumerate() {
            let Some(customer) = &invoice.header.customer else {
                continue;
            };
            for (at, (_, line)) in invoice.rows.iter().enumerate() {
                let goods = Goods {
                    customer: customer.clone(),
                    product: line.product_id.clone(),
                    price: line.unit_price,
                    quantity: line.quantity.saturating_neg(),
                };
                if self.sold.contains_key(&goods) {
                    wanted.entry(goods).or_default().push((index, at));
                }
            }
        }
        let mut homes = HashMap::new();
        for (goods, credits) in wanted {
            let mut sold = self.sold.remove(&goods).unwrap_or_default();
            sold.sort_by_key(|sold| (sold.at, sold.place));
            let mut later = sold.into_iter().peekable();
            // Credits come by time, so the line sold last before each is on top.
            let mut earlier = Vec::new();
            for credit in credits {
                let at = self.credited[credit.0].header.at;
                while let Some(sold) = later.next_if(|sold| sold.at <= at) {
                    earlier.push(sold);
                }
                if let Some(sold) = earlier.pop() {
                    homes.insert(credit, (sold.order, sold.line));
                }
            }
        }
        homes
    }
}

/// The return of some lines of one order, the `count`th of a credit invoice.
fn return_of(
    header: &Header,
    order: &OrderId,
    count: usize,
    rows: &[(LineId, Credit)],
) -> Result<ImportedReturn, Fault> {
    let mut amount = Money::zero(header.currency);
    let mut items = Vec::with_capacity(rows.len());
    for (line_id, (_, line)) in rows {
        amount = amount.checked_sub(line.total()?)?;
        let quantity = u32::try_from(line.quantity.unsigned_abs()).unwrap_or(u32::MAX);
        items.push(LineQuantity { line_id: line_id.clone(), quantity });
    }
    let id = ReturnId::try_from(format!("{}/{count}", header.number))?;
    Ok(ImportedReturn { order_id: order.clone(), id, at: header.at, items, amount, reason: None })
}

/// The credit note of all rows of an invoice that belong to no order.
fn note_of(source: &str, header: Header, rows: Vec<Credit>) -> Vec<Piece> {
    let (parts, lines): (Vec<Part>, Vec<CreditLine>) = rows.into_iter().unzip();
    let sum = lines
        .iter()
        .try_fold(Money::zero(header.currency), |sum, line| sum.checked_add(line.total()?));
    let id = CreditNoteId::try_from(header.number.as_str());
    let total = match (sum.map_err(Fault::from), id.map_err(Fault::from)) {
        (Ok(total), Ok(id)) => (total, id),
        (Err(fault), _) | (_, Err(fault)) => {
            return Piece::refused(source, &header, &parts, &fault);
        }
    };
    let (total, id) = total;
    let record = ImportRecord::CreditNote(CreditNote {
        id,
        customer_id: header.customer.clone(),
        country: header.country.clone(),
        lines,
        total,
        issued_at: header.at,
        reason: None,
    });
    vec![Piece::Taken(Unit { record, header, parts })]
}
