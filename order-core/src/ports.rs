//! What the core needs from outside, and what it offers.

mod batch;
mod books;
mod callback;
mod catalog;
mod clock;
mod commit;
mod feed;
mod ids;
mod inventory;
mod lookups;
mod maintenance;
mod payments;
mod publisher;
mod queries;
mod remote;
mod store;
mod sums;

pub use self::{
    batch::{Batch, OrderChange, StockChange},
    books::Books,
    callback::{CallbackError, CallbackReader},
    catalog::{Catalog, ProductPage, ProductQuery},
    clock::{Clock, SystemClock},
    commit::{Commit, Remembered, RequestKey, RequestRecord, StockMove},
    feed::{EventFeed, Positioned},
    ids::IdSource,
    inventory::{HoldAnswer, Inventory, StockHold, Units},
    lookups::{CustomerLookup, ProductLookup},
    maintenance::{Audited, Finding, Maintenance, Severity},
    payments::{
        Operation, Outcome, PaymentAnswer, PaymentCall, PaymentFacts, PaymentNotice, Payments,
        RefundFact,
    },
    publisher::{EventPublisher, PublishError},
    queries::{
        Cursor, OrderPage, OrderQueries, OrderQuery, OrderView, PAGE_MAX, Place, Sort, Start,
        StatsBy, StatsQuery, StatsRow,
    },
    remote::RemoteError,
    store::{CorruptRow, OrderStore, Store, StoreError, Stored},
    sums::StatsSums,
};
