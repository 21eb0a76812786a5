//! One parcel.

use serde::{Deserialize, Serialize};

use super::command::LineQuantity;
use crate::{Carrier, ShipmentId, Timestamp, TrackingNumber};

/// One parcel on its way, or arrived.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// Names the parcel within its order.
    pub id: ShipmentId,
    /// Who carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Carrier>,
    /// The carrier's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<TrackingNumber>,
    /// What is in it.
    pub items: Vec<LineQuantity>,
    /// When it was handed over.
    pub shipped_at: Timestamp,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}
