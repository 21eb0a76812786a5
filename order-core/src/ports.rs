//! What the core needs from outside, and what it offers.

mod accounts;
mod agenda;
mod audit_log;
mod batch;
mod books;
mod callback;
mod catalog;
mod clock;
mod commit;
mod credentials;
mod feed;
mod ids;
mod inbox;
mod inventory;
mod lookups;
mod maintenance;
mod observer;
mod outbox;
mod payments;
mod publisher;
mod queries;
mod remote;
mod revalidation;
mod rollups;
mod store;
mod subscriptions;
mod sums;
mod webhooks;

pub use self::{
    accounts::{Accounts, UserPage, UserQuery},
    agenda::{Agenda, AgendaChange, AgendaEntry, Due},
    audit_log::{Act, AuditEntry, AuditLog, AuditPage, AuditQuery, KeptEntry, UnknownAct},
    batch::{Batch, OrderChange, StockChange},
    books::Books,
    callback::{CallbackError, CallbackReader},
    catalog::{Catalog, CatalogChange, ProductPage, ProductPlace, ProductQuery},
    clock::{Clock, SystemClock},
    commit::{Commit, Remembered, RequestKey, RequestRecord, StockMove},
    credentials::{Authenticator, CredentialError, PasswordHasher, TokenIssuer},
    feed::{DueStream, EventFeed, FeedOrder, LeftOut, Passage, Positioned, Settlement},
    ids::IdSource,
    inbox::{Inbox, KeptNotice, NoticeFate, NoticeState, Origin},
    inventory::{HoldAnswer, Inventory, StockHold},
    lookups::{CustomerLookup, ProductLookup},
    maintenance::{Audited, Finding, Maintenance, Severity},
    observer::Observer,
    outbox::{HeldStream, Hold, Outbox, RelayStatus},
    payments::{Outcome, PaymentAnswer, PaymentCall, PaymentNotice, Payments},
    publisher::{EventPublisher, PublishError, Refusal},
    queries::{
        Cursor, OrderPage, OrderQueries, OrderQuery, OrderView, PAGE_MAX, Place, Sort, Start,
        StatsBy, StatsQuery, StatsRow,
    },
    remote::RemoteError,
    revalidation::{Revalidated, Revalidation, Stamp},
    rollups::{FigureQuery, FigureRow, RankBy, RankQuery, RollUps},
    store::{CorruptRow, OrderStore, Store, StoreError, Stored},
    subscriptions::{
        DeliveryPage, DeliveryQuery, DeliverySettlement, DueDeliveries, Health, NewDelivery,
        Replay, Settled, Subscriptions,
    },
    sums::StatsSums,
    webhooks::{
        EndpointError, WebhookCall, WebhookMessage, WebhookOutcome, WebhookReply, WebhookSender,
    },
};

pub use crate::order::{Operation, PaymentFacts, RefundFact, Units};
