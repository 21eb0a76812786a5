//! What the core needs from outside, and what it offers.

mod accounts;
mod batch;
mod books;
mod catalog;
mod clock;
mod commit;
mod credentials;
mod feed;
mod ids;
mod maintenance;
mod publisher;
mod queries;
mod store;
mod sums;

pub use self::{
    accounts::{Accounts, UserPage, UserQuery},
    batch::{Batch, OrderChange, StockChange},
    books::Books,
    catalog::{Catalog, ProductPage, ProductQuery},
    clock::{Clock, SystemClock},
    commit::{Commit, Remembered, RequestKey, RequestRecord, StockMove},
    credentials::{Authenticator, CredentialError, PasswordHasher, TokenIssuer},
    feed::{EventFeed, Positioned},
    ids::IdSource,
    maintenance::{Audited, Finding, Maintenance, Severity},
    publisher::{EventPublisher, PublishError},
    queries::{
        Cursor, OrderPage, OrderQueries, OrderQuery, OrderView, PAGE_MAX, Place, Sort, Start,
        StatsBy, StatsQuery, StatsRow,
    },
    store::{CorruptRow, OrderStore, Store, StoreError, Stored},
    sums::StatsSums,
};
