//! Who asks, and what they may reach: one for each operation.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use async_graphql::{Context, dataloader::DataLoader};
use axum::{extract::FromRef, http::StatusCode};
use order_core::{FeedQuery, Orders, Principal, Product, ProductId, ports::OrderView};

use super::{
    input::CommandOptions,
    limits::{ENTITIES_MAX, VALUES_MAX},
    loader::{OrdersById, ProductsById},
};
use crate::{
    access::{Access, access_to, may_enter, refusal, signed_in},
    attempts::Attempts,
    error::ApiError,
    extract::{Call, Query},
    feed::{Pass, Reader, Streams},
    rest::{Api, not_found},
};

/// Which route of REST each field at the root stands for: who may use the one may use the other. A field
/// that is not here nobody may use.
pub(super) const FIELDS: &[(&str, &str, &str)] = &[
    ("order", "GET", "/orders/{id}"),
    ("orders", "GET", "/orders"),
    ("orderEvents", "GET", "/orders/{id}/events"),
    ("events", "GET", "/events"),
    ("orderChanged", "GET", "/events"),
    ("product", "GET", "/products/{id}"),
    ("products", "GET", "/products"),
    ("placeOrder", "POST", "/orders"),
    ("updateOrder", "PUT", "/orders/{id}"),
    ("setOrderStatus", "PATCH", "/orders/{id}/status"),
    ("placeDraft", "POST", "/orders/{id}/place"),
    ("confirmOrder", "POST", "/orders/{id}/confirm"),
    ("processOrder", "POST", "/orders/{id}/process"),
    ("completeOrder", "POST", "/orders/{id}/complete"),
    ("archiveOrder", "POST", "/orders/{id}/archive"),
    ("unarchiveOrder", "POST", "/orders/{id}/unarchive"),
    ("holdOrder", "POST", "/orders/{id}/hold"),
    ("releaseOrder", "POST", "/orders/{id}/release"),
    ("cancelOrder", "POST", "/orders/{id}/cancel"),
    ("noteOnOrder", "POST", "/orders/{id}/notes"),
    ("retryProcess", "POST", "/orders/{id}/retry"),
    ("resolveProcess", "POST", "/orders/{id}/resolve"),
    ("recordPayment", "POST", "/orders/{id}/payments"),
    ("capturePayment", "POST", "/orders/{id}/payments/{paymentId}/capture"),
    ("voidPayment", "POST", "/orders/{id}/payments/{paymentId}/void"),
    ("refundOrder", "POST", "/orders/{id}/refunds"),
    ("shipOrder", "POST", "/orders/{id}/shipments"),
    ("deliverOrder", "POST", "/orders/{id}/deliver"),
    ("requestReturn", "POST", "/orders/{id}/returns"),
    ("receiveReturn", "POST", "/orders/{id}/returns/{returnId}/receive"),
    ("rejectReturn", "POST", "/orders/{id}/returns/{returnId}/reject"),
    ("addProduct", "POST", "/products"),
    ("updateProduct", "PATCH", "/products/{id}"),
    ("removeProduct", "DELETE", "/products/{id}"),
    ("changeStock", "PUT", "/products/{id}/stock"),
    ("orderTransitions", "GET", "/transitions"),
    ("signIn", "POST", "/auth"),
    ("account", "GET", "/users/{id}"),
    ("accounts", "GET", "/users"),
    ("addAccount", "POST", "/users"),
    ("updateAccount", "PATCH", "/users/{id}"),
    ("removeAccount", "DELETE", "/users/{id}"),
    ("webhook", "GET", "/webhooks/{id}"),
    ("webhooks", "GET", "/webhooks"),
    ("webhookDeliveries", "GET", "/webhooks/{id}/deliveries"),
    ("addWebhook", "POST", "/webhooks"),
    ("updateWebhook", "PATCH", "/webhooks/{id}"),
    ("removeWebhook", "DELETE", "/webhooks/{id}"),
    ("rotateWebhookSecret", "POST", "/webhooks/{id}/rotate"),
    ("testWebhook", "POST", "/webhooks/{id}/test"),
    ("replayDelivery", "POST", "/webhooks/{id}/deliveries/{deliveryId}/replay"),
    ("replayFailed", "POST", "/webhooks/{id}/replay"),
    ("orderSummary", "GET", "/analytics/summary"),
    ("orderRevenue", "GET", "/analytics/revenue"),
    ("productRanking", "GET", "/analytics/products"),
    ("customerRanking", "GET", "/analytics/customers"),
    ("countryRanking", "GET", "/analytics/countries"),
    ("orderFunnel", "GET", "/analytics/funnel"),
    ("orderReport", "GET", "/stats"),
    ("creditNotes", "GET", "/credit-notes"),
    ("refusedRows", "GET", "/admin/refused-rows"),
    ("importRecords", "POST", "/admin/import"),
    ("recountFigures", "POST", "/admin/analytics/recount"),
    ("verifyOrders", "GET", "/admin/verify"),
    ("storeFindings", "GET", "/admin/doctor"),
    ("processes", "GET", "/admin/processes"),
    ("paymentNotices", "GET", "/admin/notices"),
    ("outbox", "GET", "/admin/outbox"),
    ("retryParked", "POST", "/admin/outbox/{relay}/retry"),
    ("retryHeld", "POST", "/admin/outbox/{relay}/{orderId}/retry"),
    ("skipHeld", "POST", "/admin/outbox/{relay}/{orderId}/skip"),
    ("auditLog", "GET", "/admin/audit"),
    ("erasePerson", "POST", "/admin/erase"),
];

/// Who may ask for a field at the root.
fn access_of(field: &str) -> Option<Access> {
    let found = FIELDS.iter().find(|(name, ..)| *name == field);
    found.and_then(|(_, method, path)| access_to(method, path))
}

/// Whether also who is not signed in may ask for a field at the root.
pub(super) fn is_public(field: &str) -> bool {
    access_of(field) == Some(Access::Public)
}

/// Who asks, as their request says it.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// None if they are not signed in.
    pub(super) who: Option<Principal>,
    pub(super) pass: Option<Pass>,
    pub(super) attempts: Option<Attempts>,
}

/// Who asks, and what they may reach. It is made for one operation, so nothing that it has read outlives
/// that.
pub(super) struct Caller {
    api: Api,
    orders: Arc<dyn Orders>,
    asker: Asker,
    products: DataLoader<ProductsById>,
    orders_by_id: DataLoader<OrdersById>,
    entities: AtomicUsize,
    values: AtomicUsize,
    /// Where the feed ended when somebody began to listen.
    pub(super) begun: Option<u64>,
}

impl Caller {
    /// Somebody who asks.
    pub(super) fn new(api: Api, asker: Asker) -> Self {
        let orders = Arc::<dyn Orders>::from_ref(&api);
        let products = ProductsById { orders: Arc::clone(&orders), who: asker.who.clone() };
        let orders_by_id = OrdersById { orders: Arc::clone(&orders), who: asker.who.clone() };
        Self {
            api,
            orders,
            asker,
            products: DataLoader::new(products, tokio::spawn),
            orders_by_id: DataLoader::new(orders_by_id, tokio::spawn),
            entities: AtomicUsize::new(0),
            values: AtomicUsize::new(0),
            begun: None,
        }
    }

    /// The one who asked for what is being answered.
    pub(super) fn of<'c>(ctx: &Context<'c>) -> Result<&'c Self, ApiError> {
        ctx.data_opt::<Self>()
            .ok_or_else(|| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "server.internal", ""))
    }

    /// Lets the caller into a field at the root, if they may use the route that it stands for.
    ///
    /// # Errors
    /// What the route would say: of an order that they may not see that it is not there.
    async fn enter(&self, field: &str, order: Option<&str>) -> Result<(), ApiError> {
        if is_public(field) {
            return Ok(());
        }
        let who = self.who()?;
        if may_enter(who, access_of(field)) {
            return Ok(());
        }
        Err(refusal(&*self.orders, who, order).await)
    }

    /// Who is signed in.
    fn who(&self) -> Result<&Principal, ApiError> {
        signed_in(self.asker.who.as_ref())
    }

    /// The call of a field at the root that is about no order.
    pub(super) async fn call(ctx: &Context<'_>) -> Result<Call, ApiError> {
        Self::call_with(ctx, None).await
    }

    /// The same of one that begins an order or changes a product.
    pub(super) async fn call_with(
        ctx: &Context<'_>,
        options: Option<CommandOptions>,
    ) -> Result<Call, ApiError> {
        let caller = Self::of(ctx)?;
        caller.enter(ctx.field().name(), None).await?;
        caller.as_call(&[], &options.unwrap_or_default())
    }

    /// The call of a field at the root that is about an order.
    pub(super) async fn call_on(
        ctx: &Context<'_>,
        order: &str,
        options: Option<CommandOptions>,
    ) -> Result<Call, ApiError> {
        Self::call_on_part(ctx, order, ("", ""), options).await
    }

    /// The same where a part of the order is named too.
    pub(super) async fn call_on_part(
        ctx: &Context<'_>,
        order: &str,
        part: (&str, &str),
        options: Option<CommandOptions>,
    ) -> Result<Call, ApiError> {
        let caller = Self::of(ctx)?;
        caller.enter(ctx.field().name(), Some(order)).await?;
        caller.as_call(&[("id", order), part], &options.unwrap_or_default())
    }

    fn as_call(&self, params: &[(&str, &str)], options: &CommandOptions) -> Result<Call, ApiError> {
        let CommandOptions { idempotency_key, expected_version, dry_run } = options;
        let query = Query::of([("dryRun", Some(dry_run.to_string()))]);
        let conditions = (idempotency_key.as_deref(), *expected_version);
        Call::of(self.orders_and_who()?, params, query, conditions)
    }

    fn orders_and_who(&self) -> Result<(Arc<dyn Orders>, Principal), ApiError> {
        Ok((Arc::clone(&self.orders), self.who()?.clone()))
    }

    /// The call of a field at the root that is about something else than an order: what a path would name,
    /// and what a query would ask.
    pub(super) async fn call_about(
        ctx: &Context<'_>,
        params: &[(&str, &str)],
        query: &[(&'static str, Option<String>)],
    ) -> Result<Call, ApiError> {
        let caller = Self::of(ctx)?;
        caller.enter(ctx.field().name(), None).await?;
        let query = Query::of(query.iter().cloned());
        Call::of(caller.orders_and_who()?, params, query, (None, None))
    }

    /// The same with the use cases that it is for. A host may leave them out, as routes may be left out.
    pub(super) async fn call_to<T: ?Sized + Send + Sync>(
        ctx: &Context<'_>,
        params: &[(&str, &str)],
        query: &[(&'static str, Option<String>)],
    ) -> Result<(Call, Arc<T>), ApiError>
    where
        Option<Arc<T>>: FromRef<Api>,
    {
        let call = Self::call_about(ctx, params, query).await?;
        Ok((call, Self::of(ctx)?.use_cases().await?))
    }

    /// Who asks for a field at the root that nobody need be signed in for, and the use cases that it is for.
    pub(super) async fn visit<T: ?Sized + Send + Sync>(
        ctx: &Context<'_>,
    ) -> Result<(Option<Principal>, Arc<T>), ApiError>
    where
        Option<Arc<T>>: FromRef<Api>,
    {
        let caller = Self::of(ctx)?;
        caller.enter(ctx.field().name(), None).await?;
        Ok((caller.asker.who.clone(), caller.use_cases().await?))
    }

    async fn use_cases<T: ?Sized + Send + Sync>(&self) -> Result<Arc<T>, ApiError>
    where
        Option<Arc<T>>: FromRef<Api>,
    {
        match Option::from_ref(&self.api) {
            Some(part) => Ok(part),
            None => Err(not_found().await),
        }
    }

    /// Counts an attempt to sign in or to register.
    pub(super) fn count_attempt(&self) -> Result<(), ApiError> {
        Attempts::count(self.asker.attempts.as_ref())
    }

    /// A reader of the feed.
    pub(super) fn reader(&self, query: FeedQuery) -> Result<Reader, ApiError> {
        let (who, pass) = (self.who()?.clone(), self.asker.pass.clone());
        Reader::new(&Arc::<Streams>::from_ref(&self.api), who, query, pass)
    }

    /// A product of the catalogue; all that are asked for at once are read at once.
    pub(super) async fn product(&self, id: ProductId) -> Result<Option<Product>, ApiError> {
        self.products.load_one(id).await
    }

    /// An order by its id, if the caller may see it; all that are asked for at once are read at once.
    pub(super) async fn order(&self, id: String) -> Result<Option<OrderView>, ApiError> {
        self.orders_by_id.load_one(id).await
    }

    /// Counts one thing more that a gateway asks for, and what it asks of it.
    pub(super) fn count_entity(&self, ctx: &Context<'_>) -> Result<(), ApiError> {
        if self.entities.fetch_add(1, Relaxed) < ENTITIES_MAX {
            return self.count_list(ctx, 1);
        }
        let detail = format!("at most {ENTITIES_MAX} representations may be given at once");
        Err(ApiError::unreadable("graphql.too_many_entities", detail))
    }

    /// Counts a list that is part of what was asked for. How long it is nobody knew before.
    fn count_list(&self, ctx: &Context<'_>, len: usize) -> Result<(), ApiError> {
        let asked = ctx.field().selection_set().count();
        let values = len.saturating_mul(asked.saturating_add(1));
        if self.values.fetch_add(values, Relaxed).saturating_add(values) <= VALUES_MAX {
            return Ok(());
        }
        let detail = format!("an answer may have at most {VALUES_MAX} values in lists");
        Err(ApiError::unreadable("graphql.too_complex", detail))
    }

    /// A list that is part of what was asked for.
    pub(super) fn listed<'l, F, T: From<&'l F>>(
        ctx: &Context<'_>,
        list: &'l [F],
    ) -> Result<Vec<T>, ApiError> {
        Self::of(ctx)?.count_list(ctx, list.len())?;
        Ok(list.iter().map(T::from).collect())
    }
}
