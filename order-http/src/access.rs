//! Which role may use which route: one table, asked before any handler runs.

use std::sync::Arc;

use axum::{
    extract::{RawPathParams, Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use order_core::{Orders, Principal, RoleKind, ServiceError};

use crate::error::ApiError;

/// What a role may do through a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// Nothing. On a route of an order, another customer's order is not there all the same.
    Never,
    /// What concerns what is theirs; another customer's is not there.
    Own,
    /// What concerns anybody's.
    All,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody, also who is not signed in.
    Public,
    /// Who is signed in, as far as their role may.
    SignedIn {
        /// What a customer may.
        customer: Grant,
        /// What staff may.
        staff: Grant,
        /// What another program may.
        service: Grant,
        /// What an administrator may.
        admin: Grant,
    },
}

impl Access {
    /// What a role may do.
    pub const fn of(self, role: RoleKind) -> Grant {
        match (self, role) {
            (Self::Public, _) => Grant::All,
            (Self::SignedIn { customer, .. }, RoleKind::Customer) => customer,
            (Self::SignedIn { staff, .. }, RoleKind::Staff) => staff,
            (Self::SignedIn { service, .. }, RoleKind::Service) => service,
            (Self::SignedIn { admin, .. }, RoleKind::Admin) => admin,
        }
    }
}

/// Who may use one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The route's method.
    pub method: &'static str,
    /// The route's path, below the router's root and below `/api`.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

const PUBLIC: Access = Access::Public;
/// Everybody who is signed in.
const ANYBODY: Access = table([Grant::All, Grant::All, Grant::All, Grant::All]);
/// A customer what is theirs, the others everything.
const OWN: Access = table([Grant::Own, Grant::All, Grant::All, Grant::All]);
/// No customer.
const STAFF: Access = table([Grant::Never, Grant::All, Grant::All, Grant::All]);
/// Everybody their own account, an administrator every one.
const SELF: Access = table([Grant::Own, Grant::Own, Grant::Own, Grant::All]);
const ADMIN: Access = table([Grant::Never, Grant::Never, Grant::Never, Grant::All]);
/// Administrators and other programs.
const KEEPER: Access = table([Grant::Never, Grant::Never, Grant::All, Grant::All]);

const fn table([customer, staff, service, admin]: [Grant; 4]) -> Access {
    Access::SignedIn { customer, staff, service, admin }
}

const fn rule(method: &'static str, path: &'static str, access: Access) -> Rule {
    Rule { method, path, access }
}

/// Who may use which route. A route that is not here nobody may use. What a role may do with an order
/// or a user besides, the use cases say; they ask again.
pub const RULES: &[Rule] = &[
    // The public routes: all of them.
    rule("GET", "/health", PUBLIC),
    rule("GET", "/livez", PUBLIC),
    rule("GET", "/readyz", PUBLIC),
    rule("GET", "/transitions", PUBLIC),
    rule("GET", "/openapi.json", PUBLIC),
    rule("GET", "/docs", PUBLIC),
    #[cfg(feature = "graphql")]
    rule("GET", "/graphql", PUBLIC),
    #[cfg(feature = "graphql")]
    rule("GET", "/graphql/schema", PUBLIC),
    // What is behind it has the rules of the routes that it stands for.
    #[cfg(feature = "graphql")]
    rule("POST", "/graphql", PUBLIC),
    rule("POST", "/auth", PUBLIC),
    // Its caller signs what it says.
    rule("POST", "/payments/callbacks/{provider}", PUBLIC),
    rule("POST", "/users", PUBLIC),
    // Accounts.
    rule("GET", "/users", ADMIN),
    rule("GET", "/users/{id}", OWN),
    rule("PUT", "/users/{id}", SELF),
    rule("PATCH", "/users/{id}", SELF),
    rule("DELETE", "/users/{id}", SELF),
    // Orders.
    rule("POST", "/orders", OWN),
    rule("GET", "/orders", OWN),
    rule("GET", "/orders/search", OWN),
    rule("GET", "/orders/product/{productId}", OWN),
    rule("GET", "/orders/history/{customerId}", OWN),
    rule("GET", "/users/{userId}/orders", OWN),
    rule("GET", "/orders/{id}", OWN),
    rule("PUT", "/orders/{id}", OWN),
    rule("PATCH", "/orders/{id}/status", OWN),
    rule("PUT", "/orders/{id}/status", OWN),
    rule("GET", "/orders/{id}/events", OWN),
    rule("GET", "/orders/{id}/actions", OWN),
    rule("POST", "/orders/{id}/place", OWN),
    rule("POST", "/orders/{id}/cancel", OWN),
    rule("POST", "/orders/{id}/notes", OWN),
    rule("POST", "/orders/{id}/returns", OWN),
    rule("POST", "/orders/{id}/confirm", STAFF),
    rule("POST", "/orders/{id}/process", STAFF),
    rule("POST", "/orders/{id}/complete", STAFF),
    rule("POST", "/orders/{id}/archive", STAFF),
    rule("POST", "/orders/{id}/unarchive", STAFF),
    rule("POST", "/orders/{id}/hold", STAFF),
    rule("POST", "/orders/{id}/release", STAFF),
    rule("POST", "/orders/{id}/retry", STAFF),
    rule("POST", "/orders/{id}/resolve", STAFF),
    rule("POST", "/orders/{id}/payments", STAFF),
    rule("POST", "/orders/{id}/payments/{paymentId}/capture", STAFF),
    rule("POST", "/orders/{id}/payments/{paymentId}/void", STAFF),
    rule("POST", "/orders/{id}/refunds", STAFF),
    rule("POST", "/orders/{id}/shipments", STAFF),
    rule("POST", "/orders/{id}/shipments/{shipmentId}/deliver", STAFF),
    rule("POST", "/orders/{id}/deliver", STAFF),
    rule("POST", "/orders/{id}/returns/{returnId}/receive", STAFF),
    rule("POST", "/orders/{id}/returns/{returnId}/reject", STAFF),
    rule("GET", "/events", OWN),
    // Catalogue and stock.
    rule("GET", "/products", ANYBODY),
    rule("GET", "/products/{id}", ANYBODY),
    rule("POST", "/products", STAFF),
    rule("PUT", "/products/{id}", STAFF),
    rule("PATCH", "/products/{id}", STAFF),
    rule("DELETE", "/products/{id}", STAFF),
    rule("PUT", "/products/{id}/stock", STAFF),
    // Webhooks.
    rule("POST", "/webhooks", KEEPER),
    rule("GET", "/webhooks", KEEPER),
    rule("GET", "/webhooks/{id}", KEEPER),
    rule("PATCH", "/webhooks/{id}", KEEPER),
    rule("DELETE", "/webhooks/{id}", KEEPER),
    rule("POST", "/webhooks/{id}/rotate", KEEPER),
    rule("POST", "/webhooks/{id}/test", KEEPER),
    rule("GET", "/webhooks/{id}/deliveries", KEEPER),
    rule("POST", "/webhooks/{id}/deliveries/{deliveryId}/replay", KEEPER),
    rule("POST", "/webhooks/{id}/replay", KEEPER),
    // Reports and administration.
    rule("GET", "/stats", STAFF),
    rule("GET", "/credit-notes", STAFF),
    rule("GET", "/analytics/summary", STAFF),
    rule("GET", "/analytics/revenue", STAFF),
    rule("GET", "/analytics/products", STAFF),
    rule("GET", "/analytics/customers", STAFF),
    rule("GET", "/analytics/countries", STAFF),
    rule("GET", "/analytics/funnel", STAFF),
    rule("POST", "/admin/analytics/recount", STAFF),
    rule("POST", "/admin/import", STAFF),
    rule("GET", "/admin/verify", STAFF),
    rule("POST", "/admin/erase", ADMIN),
    rule("GET", "/admin/audit", ADMIN),
    rule("GET", "/admin/doctor", STAFF),
    rule("GET", "/admin/refused-rows", STAFF),
    rule("GET", "/admin/processes", STAFF),
    rule("GET", "/admin/notices", STAFF),
    rule("GET", "/admin/outbox", STAFF),
    rule("POST", "/admin/outbox/{relay}/retry", STAFF),
    rule("POST", "/admin/outbox/{relay}/{orderId}/retry", STAFF),
    rule("POST", "/admin/outbox/{relay}/{orderId}/skip", STAFF),
];

/// Who may use a route; none if nobody may.
pub(crate) fn access_to(method: &str, path: &str) -> Option<Access> {
    let found = RULES.iter().find(|rule| rule.method == method && rule.path == path);
    found.map(|rule| rule.access)
}

/// A token that was shown and does not count: put into the request by [`bearer`](crate::bearer).
#[derive(Debug, Clone)]
pub(crate) struct Denied(pub(crate) ApiError);

/// Who is calling, if anybody says so in a way that counts.
///
/// # Errors
/// What is wrong with a token that does not count.
pub(crate) fn visitor(extensions: &axum::http::Extensions) -> Result<Option<Principal>, ApiError> {
    match extensions.get::<Denied>() {
        Some(Denied(error)) => Err(error.clone()),
        None => Ok(extensions.get::<Principal>().cloned()),
    }
}

/// The same of a route for which somebody must be signed in.
pub(crate) fn caller(extensions: &axum::http::Extensions) -> Result<Principal, ApiError> {
    signed_in(visitor(extensions)?)
}

/// Somebody who must be signed in.
pub(crate) fn signed_in<P>(who: Option<P>) -> Result<P, ApiError> {
    who.ok_or_else(|| {
        let detail = "the request does not say who is calling, or not in a way that counts";
        ApiError::new(StatusCode::UNAUTHORIZED, "auth.required", detail)
    })
}

/// What stands before a handler.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    orders: Arc<dyn Orders>,
    access: Option<Access>,
    is_of_an_order: bool,
}

impl Door {
    /// The door of a route.
    pub(crate) fn new(orders: Arc<dyn Orders>, method: &str, path: &str) -> Self {
        let is_of_an_order = path.starts_with("/orders/{id}");
        Self { orders, access: access_to(method, path), is_of_an_order }
    }

    async fn check(&self, request: &mut Request) -> Result<(), ApiError> {
        if self.access == Some(Access::Public) {
            return Ok(());
        }
        let who = caller(request.extensions())?;
        if may_enter(&who, self.access) {
            return Ok(());
        }
        let reference = reference(request).await.filter(|_| self.is_of_an_order);
        Err(refusal(&*self.orders, &who, reference.as_deref()).await)
    }
}

/// Whether the table lets a caller in.
pub(crate) fn may_enter(who: &Principal, access: Option<Access>) -> bool {
    access.is_some_and(|access| access.of(who.role.kind()) != Grant::Never)
}

/// What somebody hears whom the table does not let in: on a route of an order that they may not see, that
/// it is not there.
pub(crate) async fn refusal(
    orders: &dyn Orders,
    who: &Principal,
    reference: Option<&str>,
) -> ApiError {
    if let Some(reference) = reference
        && let Err(error) = orders.order(who, reference, None).await
    {
        return error.into();
    }
    ServiceError::Forbidden { what: "do this" }.into()
}

/// The order that a path names.
async fn reference(request: &mut Request) -> Option<String> {
    use axum::RequestExt as _;
    let params = request.extract_parts::<RawPathParams>().await.ok()?;
    params.iter().find(|(name, _)| *name == "id").map(|(_, id)| id.to_owned())
}

/// Lets a request through to its handler if the table says so.
pub(crate) async fn enter(
    State(door): State<Door>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    door.check(&mut request).await?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use order_core::{OrderService, memory::InMemoryStore, ports::SystemClock};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_route_that_is_not_in_the_table_nobody_may_use() {
        let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
        let door = Door::new(Arc::new(service), "GET", "/secrets");
        let route = get(|| async { "the secrets" }).layer(from_fn_with_state(door, enter));
        let router: Router = Router::new().route("/secrets", route);
        for (role, status) in
            RoleKind::ALL.map(Some).into_iter().map(|role| (role, 403)).chain([(None, 401)])
        {
            let mut request = Request::builder().uri("/secrets").body(Body::empty()).unwrap();
            if let Some(role) = role {
                let who = Principal::new("root".parse().unwrap(), role);
                request.extensions_mut().insert(who);
            }
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{role:?}");
        }
    }
}
