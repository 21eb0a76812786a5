//! REST: which route does what.

mod actions;
pub(crate) mod admin;
pub(crate) mod analytics;
pub(crate) mod audit;
mod base;
mod docs;
mod feed;
mod lists;
mod orders;
pub(crate) mod outbox;
mod payments;
pub(crate) mod processes;
mod products;
pub(crate) mod render;
mod rendered;
mod returns;
mod shipments;
pub(crate) mod status;
pub(crate) mod users;
pub(crate) mod webhooks;

use std::{ops::Deref, sync::Arc};

use axum::{Router, extract::FromRef, http::StatusCode, response::Response};
use order_core::{Analytics, Orders, Users, Webhooks, ports::CallbackReader};

use self::rendered::Rendered;
#[cfg(feature = "graphql")]
use crate::graphql;
use crate::{
    error::ApiError,
    feed::{STREAMS_MAX, Streams},
    health::Health,
    openapi::Routes,
};

/// What every handler gives.
pub(crate) type Answer = Result<Response, ApiError>;

/// What a host may choose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where else to answer `GET`, `GET …/{id}` and `POST` for orders, in the form of services whose
    /// clients expect bare lists, `_id`, `userId` and `products`: such as `/`. Other routes win.
    pub orders_path: Option<String>,
    /// The accounts, if their routes are wanted: `/users` and `/auth`.
    pub users: Option<Arc<dyn Users>>,
    /// Who reads the callbacks of payment providers, if their route is wanted: `/payments/callbacks`.
    pub callbacks: Option<Arc<dyn CallbackReader>>,
    /// How many streams of events may be open at once; [`STREAMS_MAX`] if none.
    pub streams_max: Option<usize>,
    /// The webhooks, if their routes are wanted: `/webhooks`.
    pub webhooks: Option<Arc<dyn Webhooks>>,
    /// The numbers over all orders, if their routes are wanted: `/analytics`.
    pub analytics: Option<Arc<dyn Analytics>>,
    /// About how many bytes of rendered orders are kept, for reads behind a cache that gives the same
    /// values again and again; 0 for none.
    pub rendered_bytes_max: u64,
    /// What the host knows of the health of the service beside its store, for `/health`.
    pub health: Option<Arc<dyn Health>>,
}

/// What handlers share, at the price of one count: axum gives every request a clone or two.
#[derive(Debug, Clone)]
pub(crate) struct Api(Arc<Shared>);

impl Deref for Api {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    orders: Arc<dyn Orders>,
    users: Option<Arc<dyn Users>>,
    callbacks: Option<Arc<dyn CallbackReader>>,
    streams: Arc<Streams>,
    webhooks: Option<Arc<dyn Webhooks>>,
    analytics: Option<Arc<dyn Analytics>>,
    document: Arc<str>,
    rendered: Rendered,
    health: Option<Arc<dyn Health>>,
    #[cfg(feature = "graphql")]
    graphql: graphql::Schema,
}

#[cfg(feature = "graphql")]
impl FromRef<Api> for graphql::Schema {
    fn from_ref(api: &Api) -> Self {
        api.graphql.clone()
    }
}

#[cfg(feature = "graphql")]
impl FromRef<Api> for Arc<Streams> {
    fn from_ref(api: &Api) -> Self {
        Self::clone(&api.streams)
    }
}

impl FromRef<Api> for Rendered {
    fn from_ref(api: &Api) -> Self {
        api.rendered.clone()
    }
}

impl FromRef<Api> for Arc<dyn Orders> {
    fn from_ref(api: &Api) -> Self {
        Self::clone(&api.orders)
    }
}

impl FromRef<Api> for Option<Arc<dyn Users>> {
    fn from_ref(api: &Api) -> Self {
        api.users.clone()
    }
}

impl FromRef<Api> for Option<Arc<dyn Webhooks>> {
    fn from_ref(api: &Api) -> Self {
        api.webhooks.clone()
    }
}

impl FromRef<Api> for Option<Arc<dyn Analytics>> {
    fn from_ref(api: &Api) -> Self {
        api.analytics.clone()
    }
}

/// The routes over the use cases, to nest where the host wants them.
pub fn router(orders: Arc<dyn Orders>, options: Options) -> Router {
    let Options {
        orders_path,
        users,
        callbacks,
        streams_max,
        webhooks,
        analytics,
        rendered_bytes_max,
        health,
    } = options;
    let streams = Streams::new(Arc::clone(&orders), streams_max.unwrap_or(STREAMS_MAX)).into();
    let routes = routes(Routes::new(Arc::clone(&orders)));
    let routes = if users.is_some() { users::routes(routes) } else { routes };
    let routes = if callbacks.is_some() { processes::callback_routes(routes) } else { routes };
    let routes = if webhooks.is_some() { webhooks::routes(routes) } else { routes };
    let routes = if analytics.is_some() { analytics::routes(routes) } else { routes };
    let (routes, document) = routes.finish();
    let document = docs::text(&document).into();
    let rendered = Rendered::new(rendered_bytes_max);
    let shared = Shared {
        orders,
        users,
        callbacks,
        streams,
        webhooks,
        analytics,
        document,
        rendered,
        health,
        #[cfg(feature = "graphql")]
        graphql: graphql::Schema::shared(),
    };
    let api = Api(shared.into());
    let fallback = base::router(orders_path.as_deref(), api.clone());
    Router::new()
        .merge(routes.clone())
        .nest("/api", routes)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback_service(fallback)
        .with_state(api)
}

fn routes(routes: Routes) -> Routes {
    let routes = orders::routes(routes);
    let routes = lists::routes(routes);
    let routes = status::routes(routes);
    let routes = actions::routes(routes);
    let routes = payments::routes(routes);
    let routes = shipments::routes(routes);
    let routes = returns::routes(routes);
    let routes = processes::routes(routes);
    let routes = feed::routes(routes);
    let routes = outbox::routes(routes);
    let routes = products::routes(routes);
    let routes = admin::routes(routes);
    #[cfg(feature = "graphql")]
    let routes = graphql::routes(routes);
    let routes = audit::routes(routes);
    docs::routes(routes)
}

pub(crate) async fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "route.not_found", "there is no such route")
}

async fn method_not_allowed() -> ApiError {
    let detail = "the route does not answer this method; see the Allow header";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "route.method_not_allowed", detail)
}
