//! Which adapters the server is made of.

use std::sync::Arc;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::Response,
};
use order_core::{Confirmation, Policy};
use order_http::{ApiError, Options};

use crate::{
    ServerError,
    config::{Config, Database},
    store::Store,
};

/// The routes, and the store behind them.
pub(crate) struct Wired {
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(crate) database: Database,
}

/// Opens the store, brings its schema up to date and puts the use cases and the routes over it.
///
/// # Errors
/// [`ServerError::Store`], [`ServerError::Folder`].
pub(crate) async fn wire(config: &Config) -> Result<Wired, ServerError> {
    let database = match &config.database {
        Database::Sqlite(file) => {
            Database::Sqlite(std::path::absolute(file).map_err(ServerError::Folder)?)
        }
        database @ Database::Postgres(_) => database.clone(),
    };
    let store = Store::open(&database)
        .await
        .map_err(|source| ServerError::Store { database: database.clone(), source })?;
    let confirm = if config.auto_confirm { Confirmation::WhenHeld } else { Confirmation::ByHand };
    let orders = store.orders().with_policy(Policy {
        confirm,
        currency: config.currency,
        ..Policy::default()
    });
    let options = Options { orders_path: config.orders_path.clone() };
    let router = mount(order_http::router(Arc::new(orders), options), &config.base_path);
    Ok(Wired { router, store, database })
}

fn mount(router: Router, base_path: &str) -> Router {
    let router = if base_path.is_empty() {
        router
    } else {
        Router::new().nest(base_path, router).fallback(not_found)
    };
    router.layer(from_fn(tell_route))
}

async fn not_found() -> ApiError {
    let detail = "there is no such route; every route is below the base path of this server";
    ApiError::new(StatusCode::NOT_FOUND, "route.not_found", detail)
}

/// Tells the access log which route answered.
async fn tell_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}
