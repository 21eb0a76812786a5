//! Credit notes that belong to no order, and rows that an import refused.

use serde::{Deserialize, Serialize};

use crate::{
    Country, CreditNoteId, Currency, CustomerId, Money, MoneyError, Name, ProductId, Reason,
    Timestamp,
};

/// One line of a credit note, as it was booked: quantity or price may be negative.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditLine {
    /// What was credited.
    pub product_id: ProductId,
    /// What it was called.
    pub name: Name,
    /// Units; negative for units that came back.
    pub quantity: i64,
    /// The price of one unit; negative for money written off.
    pub unit_price: Money,
}

impl CreditLine {
    /// What the line comes to.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if it exceeds what money can hold.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.unit_price.checked_mul(self.quantity)
    }
}

/// Money given back that belongs to no order of ours: a record that never changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditNote {
    /// Names the note.
    pub id: CreditNoteId,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// In which country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// What was credited.
    pub lines: Vec<CreditLine>,
    /// What it comes to: the sum of the lines, never positive.
    pub total: Money,
    /// When.
    pub issued_at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl CreditNote {
    /// Whether the total is the sum of the lines and not positive.
    ///
    /// # Errors
    /// [`MoneyError`] if the lines are in several currencies or their sum cannot be held.
    pub fn is_sound(&self) -> Result<bool, MoneyError> {
        let mut sum = Money::zero(self.total.currency());
        for line in &self.lines {
            sum = sum.checked_add(line.total()?)?;
        }
        Ok(sum == self.total && !sum.is_positive() && !self.lines.is_empty())
    }
}

/// A row of an import that was not taken, and why: kept so that the books still add up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedRow {
    /// What was imported: the name of the source.
    pub source: String,
    /// The line, or the number of the row within the source, from 1.
    pub line: u64,
    /// The number of the order or invoice it belongs to, as far as it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub detail: String,
    /// When it was booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// In which country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// In which currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// What it comes to, as an exact decimal text that need not fit the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}
