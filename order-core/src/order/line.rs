//! One line of an order and its quantity ledger.

use serde::{Deserialize, Serialize};

use crate::{LineId, Money, MoneyError, Name, ProductId};

/// One line: what was ordered at which price, and what became of the units.
///
/// `0 ≤ returned + return_requested ≤ delivered ≤ shipped ≤ quantity − cancelled` holds after every
/// command.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Names the line within its order.
    pub id: LineId,
    /// What is sold.
    pub product_id: ProductId,
    /// The product's name when it was ordered.
    pub name: Name,
    /// Units ordered.
    pub quantity: u32,
    /// The price of one unit when it was ordered.
    pub unit_price: Money,
    /// Whether the units are taken from a stock that is counted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tracked: bool,
    /// Units called off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cancelled: u32,
    /// Units handed over to a carrier.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shipped: u32,
    /// Units that arrived.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delivered: u32,
    /// Units that somebody asked to send back and that are neither received nor refused yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub return_requested: u32,
    /// Units that came back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub returned: u32,
}

impl Line {
    /// A line of which nothing happened yet; its units are not taken from a counted stock.
    pub const fn new(
        id: LineId,
        product_id: ProductId,
        name: Name,
        quantity: u32,
        unit_price: Money,
    ) -> Self {
        Self {
            id,
            product_id,
            name,
            quantity,
            unit_price,
            tracked: false,
            cancelled: 0,
            shipped: 0,
            delivered: 0,
            return_requested: 0,
            returned: 0,
        }
    }

    /// Units that were not called off.
    pub const fn live(&self) -> u32 {
        self.quantity.saturating_sub(self.cancelled)
    }

    /// Units that can still be shipped or called off.
    pub const fn open(&self) -> u32 {
        self.live().saturating_sub(self.shipped)
    }

    /// Units that arrived and that nobody asked to send back.
    pub const fn returnable(&self) -> u32 {
        self.delivered.saturating_sub(self.return_requested).saturating_sub(self.returned)
    }

    /// The price of the live units, before adjustments.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if it exceeds what money can hold.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.unit_price.checked_mul(i64::from(self.live()))
    }

    /// Whether the quantity ledger is in order.
    pub(crate) const fn is_sound(&self) -> bool {
        self.quantity > 0
            && self.cancelled <= self.quantity
            && self.shipped <= self.quantity - self.cancelled
            && self.delivered <= self.shipped
            && self.returned <= self.delivered
            && self.return_requested <= self.delivered - self.returned
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) const fn is_false(flag: &bool) -> bool {
    !*flag
}
