//! The order domain: money, the order aggregate, its transitions, the ports and the use cases.
//!
//! The core is pure: it knows no runtime, no database and no wire protocol. A host picks a store
//! that implements the [`ports`], makes an [`OrderService`] over it and calls the [`Orders`] port.
//!
//! - [`Order`] comes only from events: [`decide`] says what a command does, [`evolve`] folds it.
//! - [`TRANSITIONS`] is the table of every legal move, as data.
//! - [`Relay`] brings every event to an [`EventPublisher`](ports::EventPublisher).
//! - [`webhook`] brings events to whoever subscribed to them.
//! - [`analytics`] keeps numbers over all orders as they change.
//! - [`Money`] is whole minor units of an ISO 4217 currency, always checked.

pub mod accounts;
pub mod analytics;
mod books;
pub mod catalog;
mod currency;
mod decimal;
mod error;
pub mod memory;
mod money;
pub mod order;
pub mod ports;
pub mod process;
pub mod relay;
pub mod search;
mod service;
mod text;
mod time;
pub mod webhook;

pub use accounts::{RoleKind, User};
pub use books::{CreditLine, CreditNote, RefusedRow};
pub use catalog::Product;
pub use currency::{Currency, UnknownCurrency};
pub use error::ErrorKind;
pub use money::{Amount, Money, MoneyError, Rate, round_half_away};
pub use order::{
    Action, ActionSet, Actor, Address, Adjustment, AdjustmentKind, AdjustmentValue, Advice,
    Attention, Call, Collection, Command, Content, CorruptHistory, Edit, EventId,
    FulfillmentStatus, HoldAsked, Lifecycle, Line, LineQuantity, Note, Operation, Order,
    OrderEvent, PayWith, Payment, PaymentFacts, PaymentRequest, PaymentState, PaymentStatus,
    Person, PersonalData, Plan, Process, Progress, Recorded, RefundFact, Rejection, Return,
    ReturnState, ReturnStatus, Shipment, Shipping, Status, TRANSITIONS, Totals, Transition, Units,
    UnknownStatus, allowed_actions, decide, evolve, replay,
};
pub use relay::{Relay, RelayError, Step};
pub use service::{
    ATTEMPTS_MAX, AdjustmentInput, AdjustmentValueInput, Analytics, Confirmation, DataSubject,
    ERASE_MAX, Erasure, FEED_PAGE_MAX, FeedEvent, FeedPage, FeedQuery, Funnel, FunnelQuery,
    ImportOutcome, ImportRecord, ImportedReturn, ImportedSale, Incoming, Intake, ItemInput, Meta,
    NewOrder, NewProduct, NewSubscription, NewUser, OFFSET_MAX, OrderService, Orders, OutboxPage,
    OutboxQuery, PERIODS_MAX, Policy, Principal, ProductChange, RANKING_MAX, Ranked, Ranking,
    RankingQuery, RankingRow, Receipt, Refusal, RelaySteering, Report, ReportRow, Revenue,
    RevenueQuery, RevenueRow, Revision, Role, Rotation, ServiceError, Share, Shares, SignedIn,
    Spread, Standing, Steering, SubscriptionChange, Told, UserChange, UserService, Users,
    VERIFY_PAGE_MAX, VerifyPage, WebhookService, Webhooks,
};
pub use text::{
    AdjustmentId, Carrier, Category, Country, CreditNoteId, CustomerId, Email, EndpointUrl,
    IdempotencyKey, Label, LineId, Name, NoteId, OrderId, OrderNumber, PaymentId, ProductId,
    Reason, RefundId, ReturnId, ShipmentId, SubscriptionId, Tag, TextError, TextErrorKind,
    TrackingNumber, UserId,
};
pub use time::{Timestamp, TimestampError};
