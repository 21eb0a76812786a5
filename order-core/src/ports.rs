//! What the core needs from outside, and what it offers.

mod books;
mod catalog;
mod clock;
mod commit;
mod ids;
mod maintenance;
mod queries;
mod store;

pub use self::{
    books::Books,
    catalog::{Catalog, ProductPage, ProductQuery},
    clock::{Clock, SystemClock},
    commit::{Commit, Remembered, RequestKey, RequestRecord, StockMove},
    ids::IdSource,
    maintenance::{Audited, Finding, Maintenance, Severity},
    queries::{
        Cursor, OrderPage, OrderQueries, OrderQuery, OrderView, PAGE_MAX, Sort, Start, StatsBy,
        StatsQuery, StatsRow,
    },
    store::{CorruptRow, OrderStore, Store, StoreError, Stored},
};
