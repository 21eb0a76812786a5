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
    access::{access_to, may_enter, refusal},
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
    ("processes", "GET", "/admin/processes"),
    ("paymentNotices", "GET", "/admin/notices"),
    ("outbox", "GET", "/admin/outbox"),
    ("retryParked", "POST", "/admin/outbox/{relay}/retry"),
    ("retryHeld", "POST", "/admin/outbox/{relay}/{orderId}/retry"),
    ("skipHeld", "POST", "/admin/outbox/{relay}/{orderId}/skip"),
    ("auditLog", "GET", "/admin/audit"),
    ("erasePerson", "POST", "/admin/erase"),
];

/// Who asks, and what they may reach. It is made for one operation, so nothing that it has read outlives
/// that.
pub(super) struct Caller {
    api: Api,
    orders: Arc<dyn Orders>,
    who: Principal,
    pass: Option<Pass>,
    products: DataLoader<ProductsById>,
    orders_by_id: DataLoader<OrdersById>,
    entities: AtomicUsize,
    values: AtomicUsize,
    /// Where the feed ended when somebody began to listen.
    pub(super) begun: Option<u64>,
}

impl Caller {
    /// Somebody who asks.
    pub(super) fn new(api: Api, who: Principal, pass: Option<Pass>) -> Self {
        let orders = Arc::<dyn Orders>::from_ref(&api);
        let products = ProductsById { orders: Arc::clone(&orders), who: who.clone() };
        let orders_by_id = OrdersById { orders: Arc::clone(&orders), who: who.clone() };
        Self {
            api,
            orders,
            who,
            pass,
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
        let found = FIELDS.iter().find(|(name, ..)| *name == field);
        let access = found.and_then(|(_, method, path)| access_to(method, path));
        if may_enter(&self.who, access) {
            return Ok(());
        }
        Err(refusal(&*self.orders, &self.who, order).await)
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
        Call::of(self.asker(), params, query, (idempotency_key.as_deref(), *expected_version))
    }

    fn asker(&self) -> (Arc<dyn Orders>, Principal) {
        (Arc::clone(&self.orders), self.who.clone())
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
        Call::of(caller.asker(), params, Query::of(query.iter().cloned()), (None, None))
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
        match Option::from_ref(&Self::of(ctx)?.api) {
            Some(part) => Ok((call, part)),
            None => Err(not_found().await),
        }
    }

    /// A reader of the feed.
    pub(super) fn reader(&self, query: FeedQuery) -> Result<Reader, ApiError> {
        Reader::new(
            &Arc::<Streams>::from_ref(&self.api),
            self.who.clone(),
            query,
            self.pass.clone(),
        )
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
