//! What the core needs from outside, and what it offers.

mod accounts;
mod agenda;
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
mod payments;
mod publisher;
mod queries;
mod remote;
mod revalidation;
mod store;
mod sums;

pub use self::{
    accounts::{Accounts, UserPage, UserQuery},
    agenda::{Agenda, AgendaChange, AgendaEntry, Due},
    batch::{Batch, OrderChange, StockChange},
    books::Books,
    callback::{CallbackError, CallbackReader},
    catalog::{Catalog, ProductPage, ProductPlace, ProductQuery},
    clock::{Clock, SystemClock},
    commit::{Commit, Remembered, RequestKey, RequestRecord, StockMove},
    credentials::{Authenticator, CredentialError, PasswordHasher, TokenIssuer},
    feed::{EventFeed, Positioned},
    ids::IdSource,
    inbox::{Inbox, KeptNotice, NoticeFate, NoticeState},
    inventory::{HoldAnswer, Inventory, StockHold},
    lookups::{CustomerLookup, ProductLookup},
    maintenance::{Audited, Finding, Maintenance, Severity},
    payments::{Outcome, PaymentAnswer, PaymentCall, PaymentNotice, Payments},
    publisher::{EventPublisher, PublishError},
    queries::{
        Cursor, OrderPage, OrderQueries, OrderQuery, OrderView, PAGE_MAX, Place, Sort, Start,
        StatsBy, StatsQuery, StatsRow,
    },
    remote::RemoteError,
    revalidation::{Revalidated, Revalidation, Stamp},
    store::{CorruptRow, OrderStore, Store, StoreError, Stored},
    sums::StatsSums,
};

pub use crate::order::{Operation, PaymentFacts, RefundFact, Units};
