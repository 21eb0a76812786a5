//! The four axes of an order and the one word people see.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that names no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a known {axis}")]
pub struct UnknownStatus {
    /// Which axis the text was read for.
    pub axis: &'static str,
}

impl UnknownStatus {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        "status.unknown"
    }
}

/// Declares an axis: an enum with fixed wire names and synonyms that are read in any case.
macro_rules! axis {
    ($(#[$meta:meta])* $name:ident, $axis:literal { $($(#[$doc:meta])* $variant:ident = $wire:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $wire)] $variant),+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownStatus;

            /// Reads any case; blanks and hyphens count as underscores.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if text.len() > 40 {
                    return Err(UnknownStatus { axis: $axis });
                }
                let word = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
                match word.as_str() {
                    $($wire $(| $alias)* => Ok(Self::$variant),)+
                    _ => Err(UnknownStatus { axis: $axis }),
                }
            }
        }
    };
}

axis! {
    /// Where the order stands in its life; moved only by commands, never computed.
    Lifecycle, "lifecycle" {
        /// Being put together; nothing is promised yet.
        Draft = "draft",
        /// Placed by the customer, stock is held.
        Placed = "placed",
        /// Accepted by the seller.
        Confirmed = "confirmed",
        /// Delivered, paid, done.
        Completed = "completed",
        /// Called off as a whole.
        Cancelled = "cancelled",
    }
}

axis! {
    /// What the payment ledger amounts to.
    PaymentStatus, "payment status" {
        /// Nothing was authorized or captured.
        Unpaid = "unpaid",
        /// An authorization was asked for and not yet answered.
        Pending = "pending",
        /// Money is authorized, none is captured.
        Authorized = "authorized",
        /// Less than the total is captured.
        PartiallyPaid = "partially_paid",
        /// The total is captured.
        Paid = "paid",
        /// More than what is owed is captured; the rest is due back.
        Overpaid = "overpaid",
        /// A part of what was captured went back.
        PartiallyRefunded = "partially_refunded",
        /// All that was captured went back.
        Refunded = "refunded",
        /// Every authorization was voided.
        Voided = "voided",
        /// The last attempt to pay failed.
        Failed = "failed",
    }
}

axis! {
    /// What the quantity ledgers of the lines amount to.
    FulfillmentStatus, "fulfillment status" {
        /// Nothing left the house.
        Unfulfilled = "unfulfilled",
        /// Some units are on their way.
        PartiallyShipped = "partially_shipped",
        /// Every unit left the house.
        Shipped = "shipped",
        /// Some units arrived.
        PartiallyDelivered = "partially_delivered",
        /// Every unit arrived.
        Delivered = "delivered",
    }
}

axis! {
    /// What came, or shall come, back.
    ReturnStatus, "return status" {
        /// Nothing is asked back.
        None = "none",
        /// A return is open and nothing came back yet.
        Requested = "requested",
        /// Some units came back.
        PartiallyReturned = "partially_returned",
        /// Every unit came back.
        Returned = "returned",
    }
}

axis! {
    /// The one word people see: a pure function of the axes.
    Status, "status" {
        /// Being put together.
        Draft = "draft",
        /// Placed, waiting to be confirmed.
        Pending = "pending" | "placed" | "created" | "new" | "open",
        /// Accepted by the seller.
        Confirmed = "confirmed" | "accepted",
        /// Being picked and packed.
        Processing = "processing" | "preparing" | "preparing_for_shipment" | "in_progress",
        /// Some units left the house.
        PartiallyShipped = "partially_shipped",
        /// Every unit left the house.
        Shipped = "shipped" | "out_for_delivery" | "in_transit",
        /// Every unit arrived.
        Delivered = "delivered",
        /// Delivered, paid, done.
        Completed = "completed" | "complete" | "done",
        /// Called off.
        Cancelled = "cancelled" | "canceled",
        /// Every unit came back.
        Returned = "returned" | "refund" | "refunded",
    }
}

impl Status {
    /// Whether nothing more needs to happen in this status. An order may still be returned from
    /// `completed`, refunded, or archived.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Returned)
    }
}
