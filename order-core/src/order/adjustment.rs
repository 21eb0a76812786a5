//! Discounts, shipping, fees and taxes.

use serde::{Deserialize, Serialize};

use crate::{AdjustmentId, Label, LineId, Money, Rate};

/// What an adjustment is for; it decides where its amount is added or taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentKind {
    /// Taken off; all discounts together never exceed the subtotal.
    Discount,
    /// Added for carriage.
    Shipping,
    /// Added for anything else, such as gift wrapping.
    Fee,
    /// Added on what is left after discounts, with shipping and fees.
    Tax,
}

/// How much an adjustment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AdjustmentValue {
    /// A fixed amount, never negative.
    Amount(Money),
    /// A percentage of the base (see [`Totals`](super::Totals)).
    Percent(Rate),
}

/// One discount, shipping charge, fee or tax.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// Names the adjustment within its order.
    pub id: AdjustmentId,
    /// What it is for.
    pub kind: AdjustmentKind,
    /// What people read on the invoice.
    pub label: Label,
    /// The line it is about; none for the whole order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_id: Option<LineId>,
    /// How much.
    pub value: AdjustmentValue,
}
