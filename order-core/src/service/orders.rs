//! The driving port: what every way in speaks to.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{
    audit::VerifyPage,
    erase::{DataSubject, Erasure},
    error::ServiceError,
    feed::{FeedPage, FeedQuery},
    import::{ImportOutcome, ImportRecord},
    outbox::{OutboxPage, OutboxQuery, RelaySteering},
    principal::Principal,
    report::Report,
    requests::{Meta, NewOrder, NewProduct, ProductChange, Receipt, Revision},
    steer::Steering,
};
use crate::{
    Command, CreditNote, CreditNoteId, Label, OrderId, Product, ProductId, Recorded, RefusedRow,
    ports::{
        AgendaEntry, AuditPage, AuditQuery, Finding, KeptNotice, OrderPage, OrderQuery, OrderView,
        PaymentNotice, ProductPage, ProductQuery, StatsQuery,
    },
};

/// The driving port. REST, gRPC, GraphQL, console and command line speak to it;
/// [`OrderService`](crate::OrderService) implements it over the driven ports, a client of a remote
/// server can implement it too.
///
/// An order is named by its id or its number. What another customer owns is
/// [`ServiceError::NotFound`] for a customer.
#[async_trait]
pub trait Orders: Debug + Send + Sync {
    /// Drafts or places an order.
    ///
    /// # Errors
    /// [`ServiceError`], among them `price_mismatch`, `product.unknown`, `stock.insufficient`.
    async fn place(
        &self,
        who: &Principal,
        order: NewOrder,
        meta: Meta,
    ) -> Result<Receipt, ServiceError>;

    /// Changes what an order is about, while that is allowed. New items take the present prices.
    ///
    /// # Errors
    /// [`ServiceError`], as for [`place`](Self::place).
    async fn revise(
        &self,
        who: &Principal,
        reference: &str,
        revision: Revision,
        meta: Meta,
    ) -> Result<Receipt, ServiceError>;

    /// Carries out a command on an order that exists.
    ///
    /// # Errors
    /// [`ServiceError::Rejected`] if the order does not allow it, and the others.
    async fn execute(
        &self,
        who: &Principal,
        reference: &str,
        command: Command,
        meta: Meta,
    ) -> Result<Receipt, ServiceError>;

    /// An order, or how it was at a version. The personal data is always today's.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], also for a version that never was.
    async fn order(
        &self,
        who: &Principal,
        reference: &str,
        version: Option<u64>,
    ) -> Result<OrderView, ServiceError>;

    /// A page of orders.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn list(&self, who: &Principal, query: OrderQuery) -> Result<OrderPage, ServiceError>;

    /// What happened to an order, oldest first.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    async fn history(
        &self,
        who: &Principal,
        reference: &str,
    ) -> Result<Vec<Recorded>, ServiceError>;

    /// A page of the feed: what happened to every order, in one line. Costs as much as what is looked at,
    /// and nothing else.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for an order or customer that is not this caller's,
    /// `page.limit_out_of_range`, `event.unknown_type`.
    async fn feed(&self, who: &Principal, query: FeedQuery) -> Result<FeedPage, ServiceError>;

    /// The last position of the feed, after every event has got its own that was committed before.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    async fn feed_end(&self) -> Result<u64, ServiceError>;

    /// Adds a product.
    ///
    /// # Errors
    /// [`ServiceError`], `product.conflict` if the id is taken.
    async fn add_product(
        &self,
        who: &Principal,
        product: NewProduct,
    ) -> Result<Product, ServiceError>;

    /// A product.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    async fn product(&self, who: &Principal, id: &ProductId) -> Result<Product, ServiceError>;

    /// The known ones among these products, in any order, in one look at the catalogue.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    async fn products_by_id(
        &self,
        who: &Principal,
        ids: &[ProductId],
    ) -> Result<Vec<Product>, ServiceError>;

    /// Changes a product. Its backorder cannot end while it owes units: put them into the stock, or
    /// set the level, first or with it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::Stale`] against `expected_version`, `stock.owed`.
    async fn change_product(
        &self,
        who: &Principal,
        id: &ProductId,
        change: ProductChange,
        expected_version: Option<u64>,
    ) -> Result<Product, ServiceError>;

    /// Removes a product from the catalogue, unless it owes units. Orders keep their lines and prices;
    /// the stock that such an order gives back has gone with the product.
    ///
    /// # Errors
    /// As for [`change_product`](Self::change_product).
    async fn remove_product(
        &self,
        who: &Principal,
        id: &ProductId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError>;

    /// Adds to a product's stock, or takes from it; below zero only with backorder.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], `stock.insufficient`.
    async fn change_stock(
        &self,
        who: &Principal,
        id: &ProductId,
        delta: i64,
    ) -> Result<Product, ServiceError>;

    /// A page of products.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn products(
        &self,
        who: &Principal,
        query: ProductQuery,
    ) -> Result<ProductPage, ServiceError>;

    /// Takes over one record of another system, with its own times and numbers. Taking over the
    /// same record again does nothing.
    ///
    /// # Errors
    /// [`ServiceError`] if it is unknown whether it was taken; a record that is refused is an
    /// [`ImportOutcome`].
    async fn import(
        &self,
        who: &Principal,
        record: ImportRecord,
    ) -> Result<ImportOutcome, ServiceError>;

    /// Writes down that records were taken over, so many of them: one entry of the audit log for as
    /// many as came together.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`].
    async fn note_import(&self, who: &Principal, taken: u64) -> Result<(), ServiceError>;

    /// Writes down that a token was made by hand for somebody.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`].
    async fn note_token(&self, who: &Principal, subject: &Label) -> Result<(), ServiceError>;

    /// Forgets a person: personal data goes, at most that of [`ERASE_MAX`](super::ERASE_MAX) orders a
    /// call, then the account; events stay. Asking again is harmless, and goes on where a call ended.
    /// What is written later is new data, and stays. With `sweep` the store also takes away what is left
    /// in its files: who erases many says so with the last.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for all but administrators, [`ServiceError::NotFound`] for an order
    /// that is not there, `user.last_admin`.
    async fn erase(
        &self,
        who: &Principal,
        subject: DataSubject,
        sweep: bool,
    ) -> Result<Erasure, ServiceError>;

    /// A page of the log of administrative acts, the newest first.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for all but administrators, `page.limit_out_of_range`.
    async fn audit_log(
        &self,
        who: &Principal,
        query: AuditQuery,
    ) -> Result<AuditPage, ServiceError>;

    /// Credit notes by id, after one, at most `limit`.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn credit_notes(
        &self,
        who: &Principal,
        after: Option<&CreditNoteId>,
        limit: u32,
    ) -> Result<Vec<CreditNote>, ServiceError>;

    /// Every row that an import refused.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn refused_rows(&self, who: &Principal) -> Result<Vec<RefusedRow>, ServiceError>;

    /// Numbers by month, country or status.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn report(&self, who: &Principal, query: StatsQuery) -> Result<Report, ServiceError>;

    /// Folds the histories of the orders after one, at most `limit`, and compares them with what
    /// serves reads; at the end also the orders with the figures over all of them, unless orders
    /// change meanwhile.
    ///
    /// # Errors
    /// [`ServiceError`]; what is wrong is in the answer.
    async fn verify(
        &self,
        who: &Principal,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<VerifyPage, ServiceError>;

    /// Keeps what a payment provider told, and says whether it is new. It is applied to its order
    /// soon, or as soon as the order is there. Whoever calls has made sure that it was the provider.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    async fn notice(&self, notice: PaymentNotice) -> Result<bool, ServiceError>;

    /// Notices of payment providers that are in no order yet, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn notices(&self, who: &Principal, limit: u32) -> Result<Vec<KeptNotice>, ServiceError>;

    /// The orders that something is to happen to, or that somebody has to look at, after one, by id,
    /// at most `limit`; only the latter if `waiting`.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn agenda(
        &self,
        who: &Principal,
        after: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, ServiceError>;

    /// Helps the process of an order on, or takes it from it.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn steer(
        &self,
        who: &Principal,
        reference: &str,
        steering: Steering,
        meta: Meta,
    ) -> Result<Receipt, ServiceError>;

    /// How relays are doing, and orders that they hold.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn outbox(&self, who: &Principal, query: OutboxQuery)
    -> Result<OutboxPage, ServiceError>;

    /// Helps held orders on, and says how many there were.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::NotNext`].
    async fn steer_relay(
        &self,
        who: &Principal,
        relay: &Label,
        steering: RelaySteering,
    ) -> Result<u64, ServiceError>;

    /// What an operator should know of the store.
    ///
    /// # Errors
    /// [`ServiceError`].
    async fn doctor(&self, who: &Principal) -> Result<Vec<Finding>, ServiceError>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    async fn ping(&self) -> Result<(), ServiceError>;
}
