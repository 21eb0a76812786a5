//! What requests say: how each body is read, and beside it how the OpenAPI document describes it.
//!
//! The described types can be written as JSON, so a program in Rust may use them to ask. Reading
//! takes more than they say: every name that the clients of other order services use.

mod action;
mod adjustment;
mod erase;
mod item;
mod order;
mod outbox;
mod payment;
mod person;
mod product;
mod user;
mod webhook;

use utoipa::ToSchema;

pub(crate) use self::{
    action::{Cancel, Deliver, Nothing, Receive, Remark, SendBack, Ship, StatusChange, Why},
    erase::Erase,
    item::{Pick, Picked},
    order::{Fixed, Update},
    outbox::Skip,
    payment::{Amount, Capture, Pay, Refund},
    product::StockChange,
    user::SignIn,
    webhook::Since,
};
pub use self::{
    action::{
        CancelRequest, DeliverRequest, EmptyRequest, ImportRequest, NoteRequest, ReasonRequest,
        ReceiveRequest, ReturnRequest, ShipRequest, StatusRequest,
    },
    adjustment::AdjustmentRequest,
    erase::EraseRequest,
    item::{ItemRequest, PickRequest},
    order::{PlaceRequest, UpdateRequest},
    outbox::SkipRequest,
    payment::{CaptureRequest, PayWithRequest, PaymentRequest, RefundRequest},
    product::{ProductChangeRequest, ProductRequest, StockRequest},
    user::{SignInRequest, UserChangeRequest, UserRequest},
    webhook::{ReplayRequest, RotationRequest, WebhookChangeRequest, WebhookRequest},
};
use crate::extract::Fields;

/// A request body that is a JSON object.
pub(crate) trait Read: Sized {
    /// What the OpenAPI document says of it.
    type Doc: ToSchema;
    /// Whether no body at all is the same as `{}`.
    const OPTIONAL: bool;

    /// Reads it. What is amiss is noted with the fields; then the answer counts for nothing.
    fn read(fields: Fields<'_>) -> Option<Self>;
}
