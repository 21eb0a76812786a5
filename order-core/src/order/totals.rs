//! The totals of an order: one pure function of lines and adjustments.

use serde::{Deserialize, Serialize};

use super::{
    adjustment::{Adjustment, AdjustmentKind, AdjustmentValue},
    line::Line,
};
use crate::{Currency, Money, MoneyError};

/// What an order comes to.
///
/// `total = subtotal − discount + shipping + fees + tax`. Percentages are rounded once per
/// adjustment, half away from zero ([`Money::share`]); line adjustments take the line's price as
/// their base, order-wide discounts, shipping and fees the subtotal, order-wide taxes
/// `subtotal − discount + shipping + fees`. Discounts never exceed the subtotal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Totals {
    /// The price of the live units.
    pub subtotal: Money,
    /// What is taken off, as a positive amount.
    pub discount: Money,
    /// Carriage.
    pub shipping: Money,
    /// Other charges.
    pub fees: Money,
    /// Taxes.
    pub tax: Money,
    /// What the order comes to.
    pub total: Money,
}

impl Totals {
    /// Nothing at all, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { subtotal: zero, discount: zero, shipping: zero, fees: zero, tax: zero, total: zero }
    }

    /// The totals of these lines and adjustments.
    ///
    /// # Errors
    /// [`MoneyError`] if an amount is in another currency or a sum exceeds what money can hold.
    pub fn of(
        currency: Currency,
        lines: &[Line],
        adjustments: &[Adjustment],
    ) -> Result<Self, MoneyError> {
        let mut subtotal = Money::zero(currency);
        for line in lines {
            subtotal = subtotal.checked_add(line.total()?)?;
        }
        let mut totals = Self { subtotal, total: subtotal, ..Self::zero(currency) };
        if adjustments.is_empty() {
            return Ok(totals);
        }
        let sum = |kind, base| sum_of(kind, base, currency, lines, adjustments);
        let discount = sum(AdjustmentKind::Discount, subtotal)?;
        totals.discount = if discount.minor() > subtotal.minor() { subtotal } else { discount };
        totals.shipping = sum(AdjustmentKind::Shipping, subtotal)?;
        totals.fees = sum(AdjustmentKind::Fee, subtotal)?;
        let taxable = subtotal
            .checked_sub(totals.discount)?
            .checked_add(totals.shipping)?
            .checked_add(totals.fees)?;
        totals.tax = sum(AdjustmentKind::Tax, taxable)?;
        totals.total = taxable.checked_add(totals.tax)?;
        Ok(totals)
    }
}

fn sum_of(
    kind: AdjustmentKind,
    base: Money,
    currency: Currency,
    lines: &[Line],
    adjustments: &[Adjustment],
) -> Result<Money, MoneyError> {
    let mut sum = Money::zero(currency);
    for adjustment in adjustments.iter().filter(|adjustment| adjustment.kind == kind) {
        let amount = match (adjustment.value, &adjustment.line_id) {
            (AdjustmentValue::Amount(amount), _) => amount,
            (AdjustmentValue::Percent(rate), None) => base.share(rate)?,
            (AdjustmentValue::Percent(rate), Some(id)) => {
                let line = lines.iter().find(|line| line.id == *id);
                line.map_or(Ok(Money::zero(currency)), Line::total)?.share(rate)?
            }
        };
        sum = sum.checked_add(amount)?;
    }
    Ok(sum)
}
