//! The transition table: which action leads from which status to which.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq};

use super::status::{Status, UnknownStatus};

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $wire:literal),+ $(,)?) => {
        /// What can be done to an order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Action {
            $($(#[$doc])* #[serde(rename = $wire)] $variant),+
        }

        impl Action {
            /// Every action, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire),+ }
            }
        }
    };
}

actions! {
    /// Begin an order that is not placed yet.
    Draft = "draft",
    /// Place an order, new or drafted.
    Place = "place",
    /// Change lines, adjustments, addresses, tags or metadata.
    Edit = "edit",
    /// Accept a placed order.
    Confirm = "confirm",
    /// Begin to pick and pack.
    Process = "process",
    /// Stop the order from going on.
    Hold = "hold",
    /// Let a held order go on.
    Release = "release",
    /// Call off the whole order.
    Cancel = "cancel",
    /// Call off units of some lines.
    CancelItems = "cancel_items",
    /// Hand a parcel over to a carrier.
    Ship = "ship",
    /// Record that parcels arrived.
    Deliver = "deliver",
    /// Close a delivered and paid order.
    Complete = "complete",
    /// Put a finished order away.
    Archive = "archive",
    /// Take an order out of the archive.
    Unarchive = "unarchive",
    /// Record that money is authorized.
    Authorize = "authorize",
    /// Record that money is captured.
    Capture = "capture",
    /// Record that an authorization is given up.
    Void = "void",
    /// Record that a payment was declined.
    FailPayment = "fail_payment",
    /// Record that money went back.
    Refund = "refund",
    /// Ask to send units back.
    RequestReturn = "request_return",
    /// Record that units came back.
    ReceiveReturn = "receive_return",
    /// Refuse what has not come back of a return.
    RejectReturn = "reject_return",
    /// Record what the process asks outside, and what comes back.
    Advance = "advance",
    /// Write a note.
    Note = "note",
    /// Forget the person behind the order.
    Erase = "erase",
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Action {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|action| action.as_str() == text);
        known.copied().ok_or(UnknownStatus { axis: "action" })
    }
}

impl Action {
    /// Whether a held order still takes this action.
    pub const fn passes_hold(self) -> bool {
        !matches!(
            self,
            Self::Place
                | Self::Edit
                | Self::Confirm
                | Self::Process
                | Self::Hold
                | Self::Ship
                | Self::Complete
                | Self::Archive
        )
    }

    /// Whether it is offered to people and other programs: not what the process alone takes, nor what
    /// is asked of a person and not of an order.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Advance | Self::Erase)
    }

    /// Whether an archived order still takes this action.
    pub const fn passes_archive(self) -> bool {
        matches!(self, Self::Unarchive | Self::Advance | Self::Note | Self::Erase)
    }
}

/// A set of actions, in one machine word. Shown and written, it names only those that are
/// [public](Action::is_public).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ActionSet(u32);

impl ActionSet {
    /// The set of nothing.
    pub const EMPTY: Self = Self(0);

    /// This set and one more action.
    #[must_use]
    pub const fn with(self, action: Action) -> Self {
        Self(self.0 | (1 << action as u32))
    }

    /// Whether the action is in the set.
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u32) != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are offered to people and other programs.
    #[must_use]
    pub const fn public(self) -> Self {
        Self(self.0 & !(1 << Action::Advance as u32 | 1 << Action::Erase as u32))
    }

    /// The actions, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.iter().copied().filter(move |action| self.contains(*action))
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        actions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for ActionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for ActionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.public();
        if shown.is_empty() {
            return f.write_str("nothing");
        }
        for (index, action) in shown.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{action}")?;
        }
        Ok(())
    }
}

impl Serialize for ActionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for action in self.public().iter() {
            list.serialize_element(action.as_str())?;
        }
        list.end()
    }
}

/// One legal move. `from` is `None` where the action begins an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Transition {
    /// The status before.
    pub from: Option<Status>,
    /// What is done.
    pub action: Action,
    /// The status after.
    pub to: Status,
}

impl Transition {
    /// Whether the table has a row for `action` in `from`, whatever it leads to.
    pub const fn starts(from: Option<Status>, action: Action) -> bool {
        GOALS[place(from)][action as usize] != 0
    }

    /// Whether the table has this very row.
    pub const fn is_legal(self) -> bool {
        GOALS[place(self.from)][self.action as usize] & (1 << self.to as u16) != 0
    }
}

/// Where a status stands in [`GOALS`]; last what is not an order yet.
const fn place(from: Option<Status>) -> usize {
    match from {
        Some(status) => status as usize,
        None => Status::ALL.len(),
    }
}

/// The table once more, for looking up: the set of statuses that an action leads to from a status.
const GOALS: [[u16; Action::ALL.len()]; Status::ALL.len() + 1] = {
    let mut goals = [[0; Action::ALL.len()]; Status::ALL.len() + 1];
    let mut at = 0;
    while at < TRANSITIONS.len() {
        let Transition { from, action, to } = TRANSITIONS[at];
        goals[place(from)][action as usize] |= 1 << to as u16;
        at += 1;
    }
    goals
};

const fn begin(action: Action, to: Status) -> Transition {
    Transition { from: None, action, to }
}

const fn row(from: Status, action: Action, to: Status) -> Transition {
    Transition { from: Some(from), action, to }
}

/// A row for an action that leaves the status as it is.
const fn stay(status: Status, action: Action) -> Transition {
    row(status, action, status)
}

use Action as A;
use Status as S;

/// Every legal move, as data. [`decide`](super::decide()) obeys it; the documents, the diagram, the
/// command line and `allowedActions` print it. An exhaustive exploration shows that code and table
/// agree and that every row is reached.
pub const TRANSITIONS: &[Transition] = &[
    begin(A::Draft, S::Draft),
    begin(A::Place, S::Pending),
    // draft
    row(S::Draft, A::Place, S::Pending),
    stay(S::Draft, A::Edit),
    row(S::Draft, A::Cancel, S::Cancelled),
    stay(S::Draft, A::Note),
    stay(S::Draft, A::Erase),
    // pending
    row(S::Pending, A::Confirm, S::Confirmed),
    stay(S::Pending, A::Edit),
    stay(S::Pending, A::Hold),
    stay(S::Pending, A::Release),
    row(S::Pending, A::Cancel, S::Cancelled),
    stay(S::Pending, A::CancelItems),
    row(S::Pending, A::CancelItems, S::Cancelled),
    stay(S::Pending, A::Authorize),
    stay(S::Pending, A::Capture),
    stay(S::Pending, A::Void),
    stay(S::Pending, A::FailPayment),
    stay(S::Pending, A::Refund),
    stay(S::Pending, A::Advance),
    stay(S::Pending, A::Note),
    stay(S::Pending, A::Erase),
    // confirmed
    row(S::Confirmed, A::Process, S::Processing),
    row(S::Confirmed, A::Ship, S::PartiallyShipped),
    row(S::Confirmed, A::Ship, S::Shipped),
    stay(S::Confirmed, A::Edit),
    stay(S::Confirmed, A::Hold),
    stay(S::Confirmed, A::Release),
    row(S::Confirmed, A::Cancel, S::Cancelled),
    stay(S::Confirmed, A::CancelItems),
    row(S::Confirmed, A::CancelItems, S::Cancelled),
    stay(S::Confirmed, A::Authorize),
    stay(S::Confirmed, A::Capture),
    stay(S::Confirmed, A::Void),
    stay(S::Confirmed, A::FailPayment),
    stay(S::Confirmed, A::Refund),
    stay(S::Confirmed, A::Advance),
    stay(S::Confirmed, A::Note),
    stay(S::Confirmed, A::Erase),
    // processing
    row(S::Processing, A::Ship, S::PartiallyShipped),
    row(S::Processing, A::Ship, S::Shipped),
    stay(S::Processing, A::Hold),
    stay(S::Processing, A::Release),
    row(S::Processing, A::Cancel, S::Cancelled),
    stay(S::Processing, A::CancelItems),
    row(S::Processing, A::CancelItems, S::Cancelled),
    stay(S::Processing, A::Authorize),
    stay(S::Processing, A::Capture),
    stay(S::Processing, A::Void),
    stay(S::Processing, A::FailPayment),
    stay(S::Processing, A::Refund),
    stay(S::Processing, A::Advance),
    stay(S::Processing, A::Note),
    stay(S::Processing, A::Erase),
    // partially shipped
    stay(S::PartiallyShipped, A::Ship),
    row(S::PartiallyShipped, A::Ship, S::Shipped),
    stay(S::PartiallyShipped, A::Deliver),
    stay(S::PartiallyShipped, A::Hold),
    stay(S::PartiallyShipped, A::Release),
    stay(S::PartiallyShipped, A::CancelItems),
    row(S::PartiallyShipped, A::CancelItems, S::Shipped),
    row(S::PartiallyShipped, A::CancelItems, S::Delivered),
    row(S::PartiallyShipped, A::CancelItems, S::Returned),
    stay(S::PartiallyShipped, A::Authorize),
    stay(S::PartiallyShipped, A::Capture),
    stay(S::PartiallyShipped, A::Void),
    stay(S::PartiallyShipped, A::FailPayment),
    stay(S::PartiallyShipped, A::Refund),
    stay(S::PartiallyShipped, A::RequestReturn),
    stay(S::PartiallyShipped, A::ReceiveReturn),
    stay(S::PartiallyShipped, A::RejectReturn),
    stay(S::PartiallyShipped, A::Advance),
    stay(S::PartiallyShipped, A::Note),
    stay(S::PartiallyShipped, A::Erase),
    // shipped
    stay(S::Shipped, A::Deliver),
    row(S::Shipped, A::Deliver, S::Delivered),
    stay(S::Shipped, A::Hold),
    stay(S::Shipped, A::Release),
    stay(S::Shipped, A::Authorize),
    stay(S::Shipped, A::Capture),
    stay(S::Shipped, A::Void),
    stay(S::Shipped, A::FailPayment),
    stay(S::Shipped, A::Refund),
    stay(S::Shipped, A::RequestReturn),
    stay(S::Shipped, A::ReceiveReturn),
    stay(S::Shipped, A::RejectReturn),
    stay(S::Shipped, A::Advance),
    stay(S::Shipped, A::Note),
    stay(S::Shipped, A::Erase),
    // delivered
    row(S::Delivered, A::Complete, S::Completed),
    stay(S::Delivered, A::Hold),
    stay(S::Delivered, A::Release),
    stay(S::Delivered, A::Authorize),
    stay(S::Delivered, A::Capture),
    stay(S::Delivered, A::Void),
    stay(S::Delivered, A::FailPayment),
    stay(S::Delivered, A::Refund),
    stay(S::Delivered, A::RequestReturn),
    stay(S::Delivered, A::ReceiveReturn),
    row(S::Delivered, A::ReceiveReturn, S::Returned),
    stay(S::Delivered, A::RejectReturn),
    stay(S::Delivered, A::Advance),
    stay(S::Delivered, A::Note),
    stay(S::Delivered, A::Erase),
    // completed
    stay(S::Completed, A::Refund),
    stay(S::Completed, A::Void),
    stay(S::Completed, A::RequestReturn),
    stay(S::Completed, A::ReceiveReturn),
    row(S::Completed, A::ReceiveReturn, S::Returned),
    stay(S::Completed, A::RejectReturn),
    stay(S::Completed, A::Archive),
    stay(S::Completed, A::Unarchive),
    stay(S::Completed, A::Advance),
    stay(S::Completed, A::Note),
    stay(S::Completed, A::Erase),
    // cancelled
    stay(S::Cancelled, A::Void),
    stay(S::Cancelled, A::Refund),
    stay(S::Cancelled, A::Archive),
    stay(S::Cancelled, A::Unarchive),
    stay(S::Cancelled, A::Advance),
    stay(S::Cancelled, A::Note),
    stay(S::Cancelled, A::Erase),
    // returned
    stay(S::Returned, A::Void),
    stay(S::Returned, A::Refund),
    stay(S::Returned, A::Release),
    stay(S::Returned, A::Archive),
    stay(S::Returned, A::Unarchive),
    stay(S::Returned, A::Advance),
    stay(S::Returned, A::Note),
    stay(S::Returned, A::Erase),
];
