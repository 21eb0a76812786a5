//! From the texts of a row to what it means.

use std::collections::HashMap;

use order_core::{
    Country, CreditLine, Currency, CustomerId, Line, LineId, Money, Name, OrderId, OrderNumber,
    ProductId, Status, TextError, order::QUANTITY_MAX,
};

use super::{
    field::{Field, moment, whole_number, without_float_zero},
    row::{Fault, RawRow, shortened},
    unit::Header,
};

/// How many texts of a kind are remembered, so that equal ones share their memory.
const SHARED_MAX: usize = 50_000;
/// What every row of an order must agree on.
const SAME: [Field; 3] = [Field::Customer, Field::Country, Field::Currency];

/// What the first readable row of an order says of the whole order.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) id: OrderId,
    pub(super) status: Status,
    pub(super) header: Header,
    texts: [Box<str>; SAME.len()],
}

/// What a row is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Units that were sold, maybe for nothing.
    Sold(Line),
    /// Units that came back, or money written off.
    Credited(CreditLine),
}

/// Reads rows, and remembers texts that it has checked.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The currency of rows that name none.
    currency: Option<Currency>,
    customers: Shared<CustomerId>,
    countries: Shared<Country>,
    products: Shared<ProductId>,
    names: Shared<Name>,
    line_ids: Vec<LineId>,
}

impl Reading {
    pub(super) fn new(currency: Option<Currency>) -> Self {
        Self { currency, ..Self::default() }
    }

    /// Reads what a row says of its whole order.
    pub(super) fn opening(&mut self, number: &str, row: &RawRow<'_>) -> Result<Opening, Fault> {
        let id = match without_float_zero(row.get(Field::Id)) {
            "" => number,
            id => id,
        };
        let status = match row.get(Field::Status) {
            "" => Status::Completed,
            text => status_of(text)?,
        };
        let header = Header {
            number: OrderNumber::try_from(number)?,
            at: moment(row.get(Field::At))?,
            customer: self.customer(row)?,
            country: self.countries.get_some(row.get(Field::Country))?,
            currency: self.currency(row)?,
        };
        let texts = SAME.map(|field| row.get(field).into());
        Ok(Opening { id: OrderId::try_from(id)?, status, header, texts })
    }

    /// Checks that a further row agrees with the first.
    pub(super) fn check(&mut self, opening: &Opening, row: &RawRow<'_>) -> Result<(), Fault> {
        if SAME.iter().zip(&opening.texts).all(|(field, text)| row.get(*field) == &**text) {
            return Ok(());
        }
        let header = &opening.header;
        let same = [
            self.customer(row)? == header.customer,
            self.countries.get_some(row.get(Field::Country))? == header.country,
            self.currency(row)? == header.currency,
        ];
        let other = SAME.iter().zip(&opening.texts).zip(same).find(|(_, same)| !same);
        let Some(((field, first), _)) = other else {
            return Ok(());
        };
        let (name, text) = (field.name(), shortened(row.get(*field)));
        let detail = format!("the {name} is {text:?}, but {first:?} in the order's first row");
        Err(Fault::new("import.order_differs", detail))
    }

    /// Reads what a row says of its line; `count` lines of the order are known.
    pub(super) fn entry(
        &mut self,
        opening: &Opening,
        count: usize,
        row: &RawRow<'_>,
    ) -> Result<Entry, Fault> {
        // The time of a further row is not used, but a row whose time makes no sense is broken.
        moment(row.get(Field::At))?;
        let text = row.get(Field::Quantity);
        let quantity = whole_number(text).ok_or_else(|| quantity_fault(text))?;
        if quantity == 0 || quantity.unsigned_abs() > u64::from(QUANTITY_MAX) {
            return Err(quantity_fault(text));
        }
        let unit_price = Money::parse(row.get(Field::Price), opening.header.currency)?;
        let product_id = self.products.get(without_float_zero(row.get(Field::Product)))?;
        let name = match row.get(Field::Name) {
            "" => self.names.get(product_id.as_str())?,
            name => self.names.get(name)?,
        };
        if quantity < 0 && unit_price.is_zero() {
            let detail = "units were written off at no price: nothing was sold or credited";
            return Err(Fault::new("import.stock_write_off", detail));
        }
        let total = unit_price.checked_mul(quantity)?;
        if total.is_negative() {
            return Ok(Entry::Credited(CreditLine { product_id, name, quantity, unit_price }));
        }
        let Ok(quantity) = u32::try_from(quantity) else {
            let detail = "a negative quantity at a negative price means nothing";
            return Err(Fault::new("import.sign", detail));
        };
        let id = match row.get(Field::LineId) {
            "" => self.line_id(count),
            id => id.parse()?,
        };
        Ok(Entry::Sold(Line::new(id, product_id, name, quantity, unit_price)))
    }

    fn customer(&mut self, row: &RawRow<'_>) -> Result<Option<CustomerId>, TextError> {
        self.customers.get_some(without_float_zero(row.get(Field::Customer)))
    }

    fn currency(&self, row: &RawRow<'_>) -> Result<Currency, Fault> {
        match row.get(Field::Currency) {
            "" => self
                .currency
                .ok_or_else(|| Fault::new("import.currency_missing", "the row names no currency")),
            code => code.parse().map_err(|error| Fault::from(order_core::MoneyError::from(error))),
        }
    }

    /// The name of the line after so many others.
    fn line_id(&mut self, count: usize) -> LineId {
        while self.line_ids.len() <= count {
            let id = LineId::ordinal(self.line_ids.len() + 1, |_| false);
            self.line_ids.push(id);
        }
        self.line_ids[count].clone()
    }
}

fn quantity_fault(text: &str) -> Fault {
    let text = shortened(text);
    let rule = format!("must be a whole number other than 0, at most {QUANTITY_MAX}");
    Fault::new("import.quantity", format!("the quantity {rule}, not {text:?}"))
}

/// The status that an imported order can have, in any case.
fn status_of(text: &str) -> Result<Status, Fault> {
    let lower = text.to_ascii_lowercase();
    match lower.parse() {
        // What is being packed is confirmed; what came back whole was completed before.
        Ok(Status::Processing) => Ok(Status::Confirmed),
        Ok(Status::Returned) => Ok(Status::Completed),
        Ok(Status::Draft | Status::PartiallyShipped) | Err(_) => {
            let text = shortened(text);
            let rule = "pending, confirmed, shipped, delivered, completed or cancelled";
            let detail = format!("an order can be imported as {rule}, not as {text:?}");
            Err(Fault::new("import.status", detail))
        }
        Ok(status) => Ok(status),
    }
}

/// Texts that were checked already.
#[derive(Debug)]
struct Shared<T>(HashMap<Box<str>, T>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone + for<'a> TryFrom<&'a str, Error = TextError>> Shared<T> {
    fn get(&mut self, text: &str) -> Result<T, TextError> {
        if let Some(known) = self.0.get(text) {
            return Ok(known.clone());
        }
        let fresh = T::try_from(text)?;
        if self.0.len() >= SHARED_MAX {
            self.0.clear();
        }
        self.0.insert(text.into(), fresh.clone());
        Ok(fresh)
    }

    fn get_some(&mut self, text: &str) -> Result<Option<T>, TextError> {
        if text.is_empty() { Ok(None) } else { self.get(text).map(Some) }
    }
}
