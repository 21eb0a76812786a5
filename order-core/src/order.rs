//! The order aggregate: what an order is, what may happen to it, and what then follows.
//!
//! [`decide`] turns a command into events or a [`Rejection`]; [`evolve`] folds an event into the
//! state. Both are pure. [`TRANSITIONS`] says as data which action leads from which status to which.

mod actions;
mod adjustment;
mod advance;
mod amend;
mod balance;
mod command;
mod decide;
mod event;
mod evolve;
mod facts;
mod fulfil;
mod line;
mod pay;
mod payment;
mod person;
mod plan;
mod process;
mod progress;
mod rejection;
mod returns;
mod send_back;
mod shipment;
mod state;
mod status;
mod totals;
mod transition;

pub use self::{
    actions::{Advice, allowed_actions},
    adjustment::{Adjustment, AdjustmentKind, AdjustmentValue},
    command::{Command, Content, Edit, LineQuantity, Person, Shipping},
    decide::decide,
    event::{Actor, EventId, OrderEvent, Recorded},
    evolve::{CorruptHistory, evolve, replay},
    facts::{Operation, PaymentFacts, RefundFact},
    line::Line,
    payment::{Payment, PaymentState},
    person::{Address, Note, PersonalData},
    plan::{Collection, PayWith, Plan},
    process::{Attention, Call, HoldAsked, Process, Units},
    progress::{PaymentRequest, Progress},
    rejection::Rejection,
    returns::{Return, ReturnState},
    shipment::Shipment,
    state::Order,
    status::{FulfillmentStatus, Lifecycle, PaymentStatus, ReturnStatus, Status, UnknownStatus},
    totals::Totals,
    transition::{Action, ActionSet, TRANSITIONS, Transition},
};

/// The most lines one order may have.
pub const LINES_MAX: usize = 5_000;
/// The most units of one line.
pub const QUANTITY_MAX: u32 = 1_000_000_000;
/// The most adjustments of one order.
pub const ADJUSTMENTS_MAX: usize = 200;
/// The most tags of one order.
pub const TAGS_MAX: usize = 50;
/// The most metadata entries of one order.
pub const METADATA_MAX: usize = 50;
/// The longest metadata key, in bytes.
pub const METADATA_KEY_MAX: usize = 100;
/// The longest metadata value, in bytes.
pub const METADATA_VALUE_MAX: usize = 2_000;
/// The most payments, shipments or returns of one order, each.
pub const LEDGER_MAX: usize = 1_000;
/// The most notes of one order.
pub const NOTES_MAX: usize = 1_000;
/// The longest note, in bytes.
pub const NOTE_MAX: usize = 10_000;
