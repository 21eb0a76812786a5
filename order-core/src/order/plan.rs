//! How an order is to be driven to its end: decided when it is begun, then a part of it.

use serde::{Deserialize, Serialize};

use crate::{Label, Timestamp};

/// When a payment provider is asked for the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collection {
    /// Never: it is paid by invoice, or otherwise, and somebody records it.
    #[default]
    OnInvoice,
    /// It is authorized and captured before the order is confirmed.
    BeforeConfirm,
    /// It is authorized before the order is confirmed, and captured with the first parcel.
    OnShipment,
}

impl Collection {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::OnInvoice, Self::BeforeConfirm, Self::OnShipment];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnInvoice => "on_invoice",
            Self::BeforeConfirm => "before_confirm",
            Self::OnShipment => "on_shipment",
        }
    }
}

/// How an order is to be driven to its end. What a host decides for all orders is written into each
/// when it is begun, so that what happens next follows from the order alone, and another decision
/// leaves the orders alone that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// When the money is asked for.
    #[serde(default)]
    pub collect: Collection,
    /// Whether an inventory beside us holds the stock.
    #[serde(default, skip_serializing_if = "super::line::is_false")]
    pub hold: bool,
    /// Whether the order is confirmed by itself once its stock is held and its payment is there.
    #[serde(default, skip_serializing_if = "super::line::is_false")]
    pub confirm: bool,
    /// How long after its placement an order that is neither paid nor confirmed is cancelled, in
    /// milliseconds; never if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_after_ms: Option<i64>,
    /// How long after its last delivery a paid order is completed, in milliseconds; by hand if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_after_ms: Option<i64>,
}

impl Plan {
    /// Whether nothing outside is to be asked before the order can be confirmed.
    pub const fn is_plain(&self) -> bool {
        matches!(self.collect, Collection::OnInvoice) && !self.hold
    }

    /// When an order placed at this time expires.
    pub(crate) fn expires(&self, placed_at: Timestamp) -> Option<Timestamp> {
        self.expire_after_ms.map(|after| placed_at.plus_millis(after))
    }
}

/// What a customer pays with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayWith {
    /// How: `card`, `sepa`, …
    pub method: Label,
    /// A token that the provider gave to the customer's side; means nothing to anybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Label>,
}
