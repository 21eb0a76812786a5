//! What is done to an order, payments aside.

use order_core::{
    Carrier, Command, IdempotencyKey, ImportRecord, NoteId, Reason, ReturnId, ShipmentId, Shipping,
    Status, TrackingNumber, UnknownStatus,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Read,
    item::{Pick, PickRequest, read_picks},
};
use crate::{
    error::ApiError,
    extract::{Call, Fields, Value},
};

const TRACKING_NUMBER: &[&str] = &["trackingNumber", "tracking_number"];

/// Nothing need be said; `{}` or no body at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EmptyRequest {}

/// Nothing.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Read for Nothing {
    type Doc = EmptyRequest;
    const OPTIONAL: bool = true;

    fn read(_fields: Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// Why something is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReasonRequest {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why.
#[derive(Debug)]
pub(crate) struct Why(pub(crate) Option<Reason>);

impl Read for Why {
    type Doc = ReasonRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self(read_reason(fields)))
    }
}

pub(super) fn read_reason(fields: Fields<'_>) -> Option<Reason> {
    fields.typed(&["reason"])
}

/// What to call off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelRequest {
    /// Units of some lines; the whole order if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<PickRequest>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What to call off.
#[derive(Debug)]
pub(crate) struct Cancel {
    items: Option<Vec<Pick>>,
    reason: Option<Reason>,
}

impl Cancel {
    /// What is to be done.
    pub(crate) async fn command(self, call: &Call) -> Result<Command, ApiError> {
        let Self { items, reason } = self;
        Ok(match call.lines(items).await? {
            None => Command::Cancel { reason },
            Some(items) => Command::CancelItems { items, reason },
        })
    }
}

impl Read for Cancel {
    type Doc = CancelRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self { items: read_picks(fields), reason: read_reason(fields) })
    }
}

/// A status to bring the order to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusRequest {
    /// The status, in any case; `canceled`, `refund`, `preparing for shipment` and `out for delivery`
    /// are read too.
    #[schema(example = "shipped")]
    pub status: String,
    /// The carrier's number for the parcel. Also read as `tracking_number`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1Z999AA10123456789")]
    pub tracking_number: Option<String>,
    /// Who carries the parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is shipped, cancelled or sent back; everything if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<PickRequest>>,
    /// Whether what comes back goes back into the stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restock: Option<bool>,
}

/// A status to bring the order to.
#[derive(Debug)]
pub(crate) struct StatusChange {
    pub(crate) status: Status,
    pub(crate) carrier: Option<Carrier>,
    pub(crate) tracking_number: Option<TrackingNumber>,
    pub(crate) reason: Option<Reason>,
    pub(crate) items: Option<Vec<Pick>>,
    pub(crate) restock: bool,
}

impl StatusChange {
    /// A status and nothing else.
    pub(super) const fn to(status: Status) -> Self {
        let (carrier, tracking_number, reason, items) = (None, None, None, None);
        Self { status, carrier, tracking_number, reason, items, restock: false }
    }

    /// Whether it names a status and nothing else.
    pub(crate) const fn is_bare(&self) -> bool {
        self.carrier.is_none()
            && self.tracking_number.is_none()
            && self.reason.is_none()
            && self.items.is_none()
    }

    /// A status and what the fields say besides.
    pub(super) fn read_rest(fields: Fields<'_>, status: Status) -> Self {
        Self {
            status,
            carrier: fields.typed(&["carrier"]),
            tracking_number: fields.typed(TRACKING_NUMBER),
            reason: read_reason(fields),
            items: read_picks(fields),
            restock: read_restock(fields),
        }
    }
}

impl Read for StatusChange {
    type Doc = StatusRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let status = fields.required(&["status"]).and_then(|value| read_status(&value));
        // The rest is read all the same, so that all its faults are told at once.
        let rest = Self::read_rest(fields, status.unwrap_or(Status::Draft));
        status.map(|status| Self { status, ..rest })
    }
}

pub(super) fn read_status(value: &Value<'_>) -> Option<Status> {
    let unknown = UnknownStatus { axis: "status" };
    value.word(|word| word.parse().ok(), unknown.code(), &unknown.to_string())
}

fn read_restock(fields: Fields<'_>) -> bool {
    fields.get(&["restock"]).and_then(|value| value.flag()).unwrap_or(false)
}

/// A parcel to hand over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipRequest {
    /// Names the parcel; the next number if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is in it; all that is still open if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<PickRequest>>,
    /// Who carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The carrier's number for it. Also read as `tracking_number`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
}

/// A parcel to hand over.
#[derive(Debug)]
pub(crate) struct Ship {
    id: Option<ShipmentId>,
    items: Option<Vec<Pick>>,
    carrier: Option<Carrier>,
    tracking_number: Option<TrackingNumber>,
}

impl Ship {
    /// What is to be done.
    pub(crate) async fn command(self, call: &Call) -> Result<Command, ApiError> {
        let Self { id, items, carrier, tracking_number } = self;
        let items = call.lines(items).await?;
        Ok(Command::Ship(Shipping { id, items, carrier, tracking_number }))
    }
}

impl Read for Ship {
    type Doc = ShipRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.text(&["id"]),
            items: read_picks(fields),
            carrier: fields.typed(&["carrier"]),
            tracking_number: fields.typed(TRACKING_NUMBER),
        })
    }
}

/// Which parcel arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliverRequest {
    /// The parcel; every one on its way if absent. Also read as `shipment_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<String>,
}

/// Which parcel arrived.
#[derive(Debug)]
pub(crate) struct Deliver(pub(crate) Option<ShipmentId>);

impl Read for Deliver {
    type Doc = DeliverRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self(fields.text(&["shipmentId", "shipment_id"])))
    }
}

/// What somebody wants to send back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnRequest {
    /// Names the return; the next number if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which units; all that arrived if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<PickRequest>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What somebody wants to send back.
#[derive(Debug)]
pub(crate) struct SendBack {
    id: Option<ReturnId>,
    items: Option<Vec<Pick>>,
    reason: Option<Reason>,
}

impl SendBack {
    /// What is to be done.
    pub(crate) async fn command(self, call: &Call) -> Result<Command, ApiError> {
        let Self { id, items, reason } = self;
        let items = call.lines(items).await?;
        Ok(Command::RequestReturn { id, items, reason })
    }
}

impl Read for SendBack {
    type Doc = ReturnRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let (items, reason) = (read_picks(fields), read_reason(fields));
        Some(Self { id: fields.text(&["id"]), items, reason })
    }
}

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiveRequest {
    /// Which units; all that are awaited if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<PickRequest>>,
    /// Whether they go back into the stock; they do not if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restock: Option<bool>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Receive {
    items: Option<Vec<Pick>>,
    restock: bool,
}

impl Receive {
    /// What is to be done with the return of the path.
    pub(crate) async fn command(self, call: &Call) -> Result<Command, ApiError> {
        let Self { items, restock } = self;
        let id = Some(call.part("returnId", "return")?);
        let items = call.lines(items).await?;
        Ok(Command::ReceiveReturn { id, items, restock })
    }
}

impl Read for Receive {
    type Doc = ReceiveRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self { items: read_picks(fields), restock: read_restock(fields) })
    }
}

/// A note to write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoteRequest {
    /// What it says. Also read as `note`.
    pub text: String,
}

/// A note to write.
#[derive(Debug)]
pub(crate) struct Remark(String);

impl Remark {
    /// A note of this text.
    #[cfg(feature = "graphql")]
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }

    /// What is to be done to the order of the path.
    pub(crate) fn command(self, call: &Call, key: Option<&IdempotencyKey>) -> Command {
        // A repeat with the same key must be the same request, so its note has the same id.
        let id = match key {
            Some(key) => NoteId::of_uuid(uuid_of(call.reference(), key.as_str())),
            None => NoteId::of_uuid(uuid::Uuid::now_v7()),
        };
        Command::Note { id, text: self.0 }
    }
}

/// A UUID (version 8) that two texts always give.
fn uuid_of(first: &str, second: &str) -> uuid::Uuid {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let bytes = first.bytes().chain([0]).chain(second.bytes());
    let hash = bytes.fold(OFFSET_BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}

impl Read for Remark {
    type Doc = NoteRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let text = fields.required(&["text", "note"])?;
        text.string().map(|text| Self(text.to_owned()))
    }
}

/// Records of another system: each `{"sale": …}`, `{"return": …}`, `{"credit_note": …}` or
/// `{"refused": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = Vec<Object>)]
pub struct ImportRequest(pub Vec<ImportRecord>);
