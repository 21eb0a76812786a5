//! What can be asked of an order, with all that the decision needs already looked up.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    adjustment::Adjustment,
    line::Line,
    person::Address,
    plan::{PayWith, Plan},
    progress::Progress,
    transition::Action,
};
use crate::{
    Carrier, Country, Currency, CustomerId, Email, Label, LineId, Money, Name, NoteId, OrderNumber,
    PaymentId, Reason, RefundId, ReturnId, ShipmentId, Tag, TrackingNumber,
};

/// Units of one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineQuantity {
    /// Which line.
    pub line_id: LineId,
    /// How many units.
    pub quantity: u32,
}

/// What an order is about, as it is drafted or placed. Holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// What people call the order.
    pub number: OrderNumber,
    /// Whose order it is; none for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// The currency of every amount in the order.
    pub currency: Currency,
    /// The country it is sold to, for reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// What is sold, with prices looked up; ledgers empty.
    pub lines: Vec<Line>,
    /// Discounts, shipping, fees and taxes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Adjustment>,
    /// Words to find the order by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Facts the host attaches. Not for personal data: events are for ever.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// How it is to be driven to its end; by hand if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What the customer pays with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_with: Option<PayWith>,
}

/// Personal data given with a command; parts left out stay as they are.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Person {
    /// Where to write.
    pub email: Option<Email>,
    /// The customer's name.
    pub name: Option<Name>,
    /// Where to call.
    pub phone: Option<Label>,
    /// Where the parcels go.
    pub shipping_address: Option<Address>,
    /// Where the invoice goes.
    pub billing_address: Option<Address>,
}

impl fmt::Debug for Person {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

/// A change of an order; parts left out stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// The lines that replace the present ones.
    pub lines: Option<Vec<Line>>,
    /// The adjustments that replace the present ones.
    pub adjustments: Option<Vec<Adjustment>>,
    /// The tags that replace the present ones.
    pub tags: Option<Vec<Tag>>,
    /// The metadata that replaces the present.
    pub metadata: Option<BTreeMap<String, String>>,
    /// The country it is sold to.
    pub country: Option<Country>,
    /// Personal data.
    pub person: Option<Box<Person>>,
}

/// A parcel to hand over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipping {
    /// Its name within the order; the next free number if none.
    pub id: Option<ShipmentId>,
    /// What is in it; all that is still open if none.
    pub items: Option<Vec<LineQuantity>>,
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's number for it.
    pub tracking_number: Option<TrackingNumber>,
}

/// What can be asked of an order. Ids left out become the next free number within the order.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Begin an order that is not placed yet.
    Draft {
        /// What it is about.
        content: Arc<Content>,
        /// Personal data.
        person: Option<Box<Person>>,
    },
    /// Place a new order, or a drafted one.
    Place {
        /// What a new order is about; none for a draft, which is placed as it was drafted.
        content: Option<Arc<Content>>,
        /// Personal data.
        person: Option<Box<Person>>,
    },
    /// Change an order.
    Edit(Edit),
    /// Accept a placed order.
    Confirm,
    /// Begin to pick and pack.
    Process,
    /// Stop the order from going on.
    Hold {
        /// Why.
        reason: Option<Reason>,
    },
    /// Let a held order go on.
    Release,
    /// Call off the whole order.
    Cancel {
        /// Why.
        reason: Option<Reason>,
    },
    /// Call off units of some lines. Calling off every unit of an unshipped order cancels it.
    CancelItems {
        /// Which.
        items: Vec<LineQuantity>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Hand a parcel over to a carrier.
    Ship(Shipping),
    /// Record that a parcel arrived; every parcel on its way if none is named.
    Deliver {
        /// Which parcel.
        shipment_id: Option<ShipmentId>,
    },
    /// Close a delivered and paid order.
    Complete,
    /// Put a finished order away.
    Archive,
    /// Take an order out of the archive.
    Unarchive,
    /// Record that money is authorized.
    Authorize {
        /// Names the payment.
        id: Option<PaymentId>,
        /// How much; all that is not covered yet if none.
        amount: Option<Money>,
        /// How it is paid.
        method: Option<Label>,
        /// The provider's own reference.
        reference: Option<Label>,
    },
    /// Record that money is captured: of an authorization, or at once.
    Capture {
        /// Which payment; with none the oldest open authorization, else a new payment.
        id: Option<PaymentId>,
        /// How much; all that is open of the payment, or due on the order, if none.
        amount: Option<Money>,
        /// How it is paid, for a new payment.
        method: Option<Label>,
        /// The provider's own reference, for a new payment.
        reference: Option<Label>,
    },
    /// Record that what is open of an authorization is given up; of every one if none is named.
    Void {
        /// Which payment.
        id: Option<PaymentId>,
    },
    /// Record that a payment was declined.
    FailPayment {
        /// Names the payment; an open one that failed, or a new one.
        id: Option<PaymentId>,
        /// How it was to be paid.
        method: Option<Label>,
        /// Why it failed.
        reason: Option<Reason>,
    },
    /// Record that money went back.
    Refund {
        /// Names the refund.
        id: Option<RefundId>,
        /// From which payment; with none from the oldest that still hold money, in turn.
        payment_id: Option<PaymentId>,
        /// How much; with none all that these items are worth, else all that is left.
        amount: Option<Money>,
        /// The units whose worth goes back.
        items: Option<Vec<LineQuantity>>,
        /// The return it belongs to.
        return_id: Option<ReturnId>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Ask to send units back.
    RequestReturn {
        /// Names the return.
        id: Option<ReturnId>,
        /// Which units; all that arrived and are not asked back yet if none.
        items: Option<Vec<LineQuantity>>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Record that units came back.
    ReceiveReturn {
        /// Which return; the only open one if none.
        id: Option<ReturnId>,
        /// Which units; all that are awaited if none.
        items: Option<Vec<LineQuantity>>,
        /// Whether they go back into the stock.
        restock: bool,
    },
    /// Refuse what has not come back of a return.
    RejectReturn {
        /// Which return; the only open one if none.
        id: Option<ReturnId>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Record what the process asks outside, and what comes back.
    Advance(Progress),
    /// Write a note.
    Note {
        /// Names the note.
        id: NoteId,
        /// What it says. Kept with the personal data, not in the event.
        text: String,
    },
    /// Forget the person behind the order: all personal data goes, the order stays. Whoever writes
    /// personal data afterwards writes new data.
    Erase,
}

impl fmt::Debug for Command {
    /// As derived, but for what a note says: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        macro_rules! show {
            ($($variant:ident { $($field:ident),* })+) => {
                match self {
                    $(Self::$variant { $($field),* } => {
                        let mut shown = f.debug_struct(stringify!($variant));
                        $(shown.field(stringify!($field), $field);)*
                        shown.finish()
                    })+
                    Self::Edit(edit) => f.debug_tuple("Edit").field(edit).finish(),
                    Self::Advance(progress) => f.debug_tuple("Advance").field(progress).finish(),
                    Self::Ship(shipping) => f.debug_tuple("Ship").field(shipping).finish(),
                    Self::Note { id, text: _ } => {
                        f.debug_struct("Note").field("id", id).finish_non_exhaustive()
                    }
                }
            };
        }
        show! {
            Draft { content, person }
            Place { content, person }
            Confirm {}
            Process {}
            Hold { reason }
            Release {}
            Cancel { reason }
            CancelItems { items, reason }
            Deliver { shipment_id }
            Complete {}
            Archive {}
            Unarchive {}
            Authorize { id, amount, method, reference }
            Capture { id, amount, method, reference }
            Void { id }
            FailPayment { id, method, reason }
            Refund { id, payment_id, amount, items, return_id, reason }
            RequestReturn { id, items, reason }
            ReceiveReturn { id, items, restock }
            RejectReturn { id, reason }
            Erase {}
        }
    }
}

impl Command {
    /// The action this command asks for.
    pub const fn action(&self) -> Action {
        match self {
            Self::Draft { .. } => Action::Draft,
            Self::Place { .. } => Action::Place,
            Self::Edit(_) => Action::Edit,
            Self::Confirm => Action::Confirm,
            Self::Process => Action::Process,
            Self::Hold { .. } => Action::Hold,
            Self::Release => Action::Release,
            Self::Cancel { .. } => Action::Cancel,
            Self::CancelItems { .. } => Action::CancelItems,
            Self::Ship(_) => Action::Ship,
            Self::Deliver { .. } => Action::Deliver,
            Self::Complete => Action::Complete,
            Self::Archive => Action::Archive,
            Self::Unarchive => Action::Unarchive,
            Self::Authorize { .. } => Action::Authorize,
            Self::Capture { .. } => Action::Capture,
            Self::Void { .. } => Action::Void,
            Self::FailPayment { .. } => Action::FailPayment,
            Self::Refund { .. } => Action::Refund,
            Self::RequestReturn { .. } => Action::RequestReturn,
            Self::ReceiveReturn { .. } => Action::ReceiveReturn,
            Self::RejectReturn { .. } => Action::RejectReturn,
            Self::Advance(_) => Action::Advance,
            Self::Note { .. } => Action::Note,
            Self::Erase => Action::Erase,
        }
    }
}
