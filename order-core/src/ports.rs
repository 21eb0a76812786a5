//! What the core needs from outside, and what it offers.

mod batch;
mod books;
mod catalog;
mod clock;
mod commit;
mod feed;
mod ids;
mod maintenance;
mod publisher;
mod queries;
mod store;
mod sums;

pub use self::{
    batch::{Batch, OrderChange, StockChange},
    books::Books,
    catalog::{Catalog, ProductPage, ProductQuery},
    clock::{Clock, SystemClock},
    commit::{Commit, Remembered, RequestKey, RequestRecord, StockMove},
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
