//! What answers say, as types that programs in Rust can read too.

mod address;
mod analytics;
mod audit;
mod decimal;
mod feed;
mod health;
mod history;
mod list;
mod order;
mod outbox;
mod part;
mod problem;
mod process;
mod product;
mod report;
mod user;
mod webhook;

pub(crate) use self::analytics::open;
pub use self::{
    address::AddressBody,
    analytics::{
        AsOfBody, FiguresBody, FunnelBody, PeriodBody, RankedBody, RankingBody, RevenueBody,
        SpreadBody, StatusCountBody, SummaryBody, TotalBody,
    },
    audit::{AuditBody, AuditEntryBody, ErasureBody},
    decimal::Decimal,
    feed::{FeedBody, FeedEventBody},
    health::{CheckBody, HealthBody, LatencyBody},
    history::{
        ActionListBody, AdviceBody, DryRunBody, EventBody, EventKindBody, EventListBody,
        TransitionBody, TransitionListBody,
    },
    list::{
        CreditNoteListBody, DoctorBody, FindingBody, ImportOutcomeListBody, OrderListBody,
        ProductListBody, RefusedRowListBody, VerifyBody,
    },
    order::OrderBody,
    outbox::{HeldBody, OutboxBody, RelayBody, SteeredBody},
    part::{
        AdjustmentBody, ItemBody, LineQuantityBody, NoteBody, PaymentBody, ReturnBody, ShipmentBody,
    },
    problem::{FieldProblem, ProblemBody},
    process::{
        AttentionBody, CallbackBody, NoticeBody, NoticeListBody, PendingCallBody, ProcessBody,
        ProcessListBody,
    },
    product::{ProductBody, StockBody},
    report::{StatsBody, StatsRowBody},
    user::{SignedInBody, UserBody, UserListBody},
    webhook::{
        AttemptBody, DeliveryBody, DeliveryListBody, ReplayedBody, WebhookBody, WebhookListBody,
    },
};
