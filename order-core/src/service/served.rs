//! The use cases behind the driving port.

use async_trait::async_trait;

use super::{
    audit::VerifyPage,
    erase::{DataSubject, Erasure},
    error::ServiceError,
    feed::{FeedPage, FeedQuery},
    import::{ImportOutcome, ImportRecord},
    orders::Orders,
    outbox::{OutboxPage, OutboxQuery, RelaySteering},
    principal::Principal,
    report::Report,
    requests::{Meta, NewOrder, NewProduct, ProductChange, Receipt, Revision},
    steer::Steering,
};
use crate::{
    Command, CreditNote, CreditNoteId, Label, OrderId, OrderService, Product, ProductId, Recorded,
    RefusedRow,
    ports::{
        Act, AgendaEntry, AuditPage, AuditQuery, Finding, KeptNotice, OrderPage, OrderQuery,
        OrderView, PaymentNotice, ProductPage, ProductQuery, StatsQuery,
    },
};

#[async_trait]
impl Orders for OrderService {
    async fn place(
        &self,
        who: &Principal,
        order: NewOrder,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        self.place_order(who, order, meta).await.map(|receipt| who.shown(receipt))
    }

    async fn revise(
        &self,
        who: &Principal,
        reference: &str,
        revision: Revision,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        let receipt = self.revise_order(who, reference, revision, meta).await?;
        Ok(who.shown(receipt))
    }

    async fn execute(
        &self,
        who: &Principal,
        reference: &str,
        command: Command,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        let receipt = self.execute_command(who, reference, command, meta).await?;
        Ok(who.shown(receipt))
    }

    async fn order(
        &self,
        who: &Principal,
        reference: &str,
        version: Option<u64>,
    ) -> Result<OrderView, ServiceError> {
        let OrderView { order, person } = self.view(who, reference, version).await?;
        Ok(OrderView { order, person: who.without_foreign_notes(person) })
    }

    async fn list(&self, who: &Principal, query: OrderQuery) -> Result<OrderPage, ServiceError> {
        let mut page = self.list_orders(who, query).await?;
        for view in &mut page.orders {
            view.person = who.without_foreign_notes(std::mem::take(&mut view.person));
        }
        Ok(page)
    }

    async fn history(
        &self,
        who: &Principal,
        reference: &str,
    ) -> Result<Vec<Recorded>, ServiceError> {
        Ok(self.load(who, reference).await?.history)
    }

    async fn feed(&self, who: &Principal, query: FeedQuery) -> Result<FeedPage, ServiceError> {
        self.read_feed(who, &query).await
    }

    async fn feed_end(&self) -> Result<u64, ServiceError> {
        self.settle_feed().await
    }

    async fn add_product(
        &self,
        who: &Principal,
        product: NewProduct,
    ) -> Result<Product, ServiceError> {
        let done = self.insert_product(who, product).await;
        let id = done.as_ref().map_or("", |product| product.id.as_str()).to_owned();
        self.note(who, Act::ProductAdded, &id, done).await
    }

    async fn product(&self, _who: &Principal, id: &ProductId) -> Result<Product, ServiceError> {
        self.find_product(id).await
    }

    async fn products_by_id(
        &self,
        _who: &Principal,
        ids: &[ProductId],
    ) -> Result<Vec<Product>, ServiceError> {
        Ok(self.catalog.products(ids).await?)
    }

    async fn change_product(
        &self,
        who: &Principal,
        id: &ProductId,
        change: ProductChange,
        expected_version: Option<u64>,
    ) -> Result<Product, ServiceError> {
        let done = self.update_product(who, id, change, expected_version).await;
        self.note(who, Act::ProductChanged, id.as_str(), done).await
    }

    async fn remove_product(
        &self,
        who: &Principal,
        id: &ProductId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError> {
        let done = self.delete_product(who, id, expected_version).await;
        self.note(who, Act::ProductRemoved, id.as_str(), done).await
    }

    async fn change_stock(
        &self,
        who: &Principal,
        id: &ProductId,
        delta: i64,
    ) -> Result<Product, ServiceError> {
        let done = self.move_stock(who, id, delta).await;
        self.note(who, Act::StockChanged, id.as_str(), done).await
    }

    async fn products(
        &self,
        _who: &Principal,
        query: ProductQuery,
    ) -> Result<ProductPage, ServiceError> {
        self.list_products(query).await
    }

    async fn import(
        &self,
        who: &Principal,
        record: ImportRecord,
    ) -> Result<ImportOutcome, ServiceError> {
        self.take_over(who, record).await
    }

    async fn note_import(&self, who: &Principal, taken: u64) -> Result<(), ServiceError> {
        self.record_import(who, taken).await
    }

    async fn note_token(&self, who: &Principal, subject: &Label) -> Result<(), ServiceError> {
        self.record_token(who, subject).await
    }

    async fn erase(
        &self,
        who: &Principal,
        subject: DataSubject,
        sweep: bool,
    ) -> Result<Erasure, ServiceError> {
        self.erase_person(who, &subject, sweep).await
    }

    async fn audit_log(
        &self,
        who: &Principal,
        query: AuditQuery,
    ) -> Result<AuditPage, ServiceError> {
        self.audit_page(who, &query).await
    }

    async fn credit_notes(
        &self,
        who: &Principal,
        after: Option<&CreditNoteId>,
        limit: u32,
    ) -> Result<Vec<CreditNote>, ServiceError> {
        who.check_staff("read credit notes")?;
        Ok(self.books.credit_notes(after, limit).await?)
    }

    async fn refused_rows(&self, who: &Principal) -> Result<Vec<RefusedRow>, ServiceError> {
        who.check_staff("read refused rows")?;
        Ok(self.books.refused().await?)
    }

    async fn report(&self, who: &Principal, query: StatsQuery) -> Result<Report, ServiceError> {
        self.make_report(who, &query).await
    }

    async fn verify(
        &self,
        who: &Principal,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<VerifyPage, ServiceError> {
        self.verify_page(who, after, limit).await
    }

    async fn notice(&self, notice: PaymentNotice) -> Result<bool, ServiceError> {
        self.take_notice(&notice).await
    }

    async fn notices(&self, who: &Principal, limit: u32) -> Result<Vec<KeptNotice>, ServiceError> {
        self.open_notices(who, limit).await
    }

    async fn agenda(
        &self,
        who: &Principal,
        after: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, ServiceError> {
        self.agenda_page(who, after, limit, waiting).await
    }

    async fn steer(
        &self,
        who: &Principal,
        reference: &str,
        steering: Steering,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        let is_dry = meta.dry_run;
        let done = self.steer_order(who, reference, steering, meta).await;
        if is_dry {
            return Ok(who.shown(done?));
        }
        let id = done.as_ref().map_or(reference, |receipt| receipt.order.id().as_str()).to_owned();
        let act = match steering {
            Steering::Retry => Act::ProcessRetried,
            Steering::Resolve => Act::ProcessResolved,
        };
        let receipt = self.note(who, act, &id, done).await?;
        Ok(who.shown(receipt))
    }

    async fn outbox(
        &self,
        who: &Principal,
        query: OutboxQuery,
    ) -> Result<OutboxPage, ServiceError> {
        self.outbox_page(who, &query).await
    }

    async fn steer_relay(
        &self,
        who: &Principal,
        relay: &Label,
        steering: RelaySteering,
    ) -> Result<u64, ServiceError> {
        let done = self.steer_held(who, relay, &steering).await;
        let (act, id) = match &steering {
            RelaySteering::Retry(None) => (Act::RelayRetried, relay.as_str()),
            RelaySteering::Retry(Some(id)) => (Act::RelayRetried, id.as_str()),
            RelaySteering::Skip(id, _) => (Act::RelaySkipped, id.as_str()),
        };
        self.note(who, act, id, done).await
    }

    async fn doctor(&self, who: &Principal) -> Result<Vec<Finding>, ServiceError> {
        who.check_staff("see the doctor")?;
        self.findings().await
    }

    async fn ping(&self) -> Result<(), ServiceError> {
        Ok(self.maintenance.ping().await?)
    }
}
