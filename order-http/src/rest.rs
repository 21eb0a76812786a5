//! REST: which route does what.

mod actions;
mod admin;
mod base;
mod docs;
mod lists;
mod orders;
mod payments;
mod products;
pub(crate) mod render;
mod returns;
mod shipments;
mod status;

use std::sync::Arc;

use axum::{Router, extract::FromRef, http::StatusCode, response::Response};
use order_core::Orders;

use crate::{error::ApiError, openapi::Routes};

/// What every handler gives.
pub(crate) type Answer = Result<Response, ApiError>;

/// The routes that nobody need be signed in for, below the router's root and below `/api`.
pub const PUBLIC_PATHS: &[&str] =
    &["/health", "/livez", "/readyz", "/transitions", "/openapi.json", "/docs"];

/// What a host may choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Where else to answer `GET`, `GET …/{id}` and `POST` for orders, in the form of services whose
    /// clients expect bare lists, `_id`, `userId` and `products`: such as `/`. Other routes win.
    pub orders_path: Option<String>,
}

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    orders: Arc<dyn Orders>,
    document: Arc<str>,
}

impl FromRef<Api> for Arc<dyn Orders> {
    fn from_ref(api: &Api) -> Self {
        Self::clone(&api.orders)
    }
}

/// The routes over the use cases, to nest where the host wants them.
pub fn router(orders: Arc<dyn Orders>, options: Options) -> Router {
    let Options { orders_path } = options;
    let (routes, document) = routes().finish();
    let api = Api { orders, document: docs::text(&document).into() };
    let fallback = base::router(orders_path.as_deref(), api.clone());
    Router::new()
        .merge(routes.clone())
        .nest("/api", routes)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback_service(fallback)
        .with_state(api)
}

fn routes() -> Routes {
    let routes = orders::routes(Routes::default());
    let routes = lists::routes(routes);
    let routes = status::routes(routes);
    let routes = actions::routes(routes);
    let routes = payments::routes(routes);
    let routes = shipments::routes(routes);
    let routes = returns::routes(routes);
    let routes = products::routes(routes);
    let routes = admin::routes(routes);
    docs::routes(routes)
}

async fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "route.not_found", "there is no such route")
}

async fn method_not_allowed() -> ApiError {
    let detail = "the route does not answer this method; see the Allow header";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "route.method_not_allowed", detail)
}
