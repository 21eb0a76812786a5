//! Which adapters the server is made of.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{MatchedPath, Path, Request},
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use order_auth::{Argon2Hasher, JwtTokens, KeySource, Secret, TokenSettings};
use order_broker::schema;
use order_core::{
    Actor, Confirmation, OrderService, Policy, Principal,
    ports::{AuditLog, CallbackReader, OrderQueries},
    process::Runner,
};
use order_grpc::Callers;
use order_http::{ApiError, Options};
use order_remote::{
    HttpCustomers, HttpInventory, HttpPayments, HttpProducts, Reach, Settings, SettingsError,
    WebhookReader,
};
use uuid::Uuid;

use crate::{
    ServerError,
    audit::ToldLog,
    config::{Config, ConfigError, Database, Service, Services},
    gateway,
    health::Vitals,
    metering::{MeasuredQueries, MeasuredStore, Meters, OrderCounter},
    relays,
    store::Store,
    throttle::{Throttle, limited},
    tidy::Tidy,
    traces, webhooks,
    workers::Worker,
};

/// The routes, and the store behind them.
pub(crate) struct Wired {
    pub(crate) router: Router,
    /// What gRPC serves, and how it knows who calls.
    pub(crate) services: order_grpc::Services,
    pub(crate) callers: Callers,
    /// None where another server keeps the orders.
    pub(crate) store: Option<Store>,
    pub(crate) database: Database,
    /// What is measured.
    pub(crate) meters: Meters,
    /// How often callers have asked of late.
    pub(crate) throttle: Arc<Throttle>,
    /// What is done beside the answering of requests.
    pub(crate) workers: Vec<Box<dyn Worker>>,
}

/// How many drive orders to their end at once, each waiting for one service at a time.
const RUNNERS: usize = 4;

/// Opens the store, brings its schema up to date and puts the use cases and the routes over it.
///
/// # Errors
/// [`ServerError::Store`], [`ServerError::Folder`], [`ServerError::Webhooks`], [`ConfigError::Tokens`].
pub(crate) async fn wire(config: &Config) -> Result<Wired, ServerError> {
    if let Some(backend) = &config.backend {
        return gateway::wire(config, backend).await;
    }
    let database = match &config.database {
        Database::Sqlite(file) => {
            Database::Sqlite(std::path::absolute(file).map_err(ServerError::Folder)?)
        }
        database @ Database::Postgres(_) => database.clone(),
    };
    let store = Store::open(&database)
        .await
        .map_err(|source| ServerError::Store { database: database.clone(), source })?;
    // First: whatever counts takes hold of its counters as it is made.
    let meters = Meters::new(Some(store.ports()), store.connections());
    let confirm = if config.auto_confirm { Confirmation::WhenHeld } else { Confirmation::ByHand };
    let plan = config.timing.plan(&config.services);
    let orders = store.orders().with_policy(Policy { confirm, currency: config.currency, plan });
    let orders = orders
        .with_store(Arc::new(MeasuredStore::new(store.ports())))
        .with_observer(Arc::new(OrderCounter));
    let mut vitals = Vitals::new(meters.requests());
    let reads = reads(&store, config, &mut vitals).await?;
    let orders = orders.with_queries(Arc::new(MeasuredQueries::new(reads)));
    let Driven { orders, runner, callbacks } = driven(orders, &config.services, &mut vitals)?;
    let relays = relays::relays(&config.outlets, &store.ports(), &mut vitals)?;
    let acts: Arc<dyn AuditLog> = Arc::new(ToldLog::new(store.audit_log()));
    let orders = orders.with_audit_log(acts.clone());
    let tokens = tokens(config).await?;
    let users = store.users(Arc::new(Argon2Hasher::default()));
    let mut users = users.with_audit_log(acts.clone());
    // Who only has the public keys of others makes no tokens.
    if config.tokens.secret.is_some() || !config.asks_who_calls() {
        users = users.with_issuer(tokens.clone());
    }
    let sender = webhooks::sender(config.webhooks)?;
    let webhooks = store.webhooks(sender.clone()).with_audit_log(acts);
    let follower = orders.follower();
    #[cfg(any(feature = "rabbitmq", feature = "kafka"))]
    let intake: Arc<dyn order_core::Intake> = Arc::new(orders.clone());
    let analytics = Some(Arc::new(orders.clone()) as Arc<_>);
    let services = order_grpc::Services {
        orders: Arc::new(orders),
        users: Some(Arc::new(users)),
        webhooks: Some(Arc::new(webhooks)),
        analytics,
    };
    let callers = callers(config, tokens)?;
    let throttle = Throttle::new(&config.exposure);
    let beside = Beside { callbacks, vitals, throttle: throttle.clone() };
    let router = front(config, &services, &callers, beside, &meters);
    let runners = (0..RUNNERS).map(|_| Box::new(runner.clone()) as Box<dyn Worker>);
    let mut workers: Vec<_> = runners.chain([meters.upkeep(throttle.clone())]).collect();
    workers.extend(relays);
    #[cfg(any(feature = "rabbitmq", feature = "kafka"))]
    workers.extend(crate::consumers::consumers(&config.inlets, &intake)?);
    workers.push(Box::new(follower));
    workers.push(Box::new(Tidy::new(store.ports())));
    workers.extend(webhooks::workers(&store.ports(), &sender)?);
    let store = Some(store);
    Ok(Wired { router, services, callers, store, database, meters, throttle, workers })
}

/// The reads of a store, with a cache before them if one is wanted.
async fn reads(
    store: &Store,
    config: &Config,
    vitals: &mut Vitals,
) -> Result<Arc<dyn OrderQueries>, ServerError> {
    let Some(cached) = store.cached(&config.caching).await? else { return Ok(store.ports()) };
    let cached = Arc::new(cached);
    if config.caching.redis.is_some() && matches!(store, Store::Postgres(_)) {
        let redis = cached.clone();
        vitals.depends("redis", move || {
            let redis = redis.clone();
            async move { redis.ping().await != Some(false) }
        });
    }
    Ok(cached)
}

/// Who everybody is in development mode.
const DEVELOPMENT: &str = "development";

/// How callers are known.
pub(crate) fn callers(config: &Config, tokens: Arc<JwtTokens>) -> Result<Callers, ServerError> {
    Ok(if config.asks_who_calls() {
        Callers::Asked(tokens)
    } else {
        Callers::Everybody(Principal::admin(Actor::clean(DEVELOPMENT)?))
    })
}

/// What the routes have beside the use cases.
pub(crate) struct Beside {
    pub(crate) callbacks: Option<Arc<dyn CallbackReader>>,
    pub(crate) vitals: Vitals,
    pub(crate) throttle: Arc<Throttle>,
}

/// The routes over the use cases, wherever those are.
pub(crate) fn front(
    config: &Config,
    services: &order_grpc::Services,
    callers: &Callers,
    beside: Beside,
    meters: &Meters,
) -> Router {
    let Beside { callbacks, vitals, throttle } = beside;
    let order_grpc::Services { orders, users, webhooks, analytics } = services.clone();
    let options = Options {
        orders_path: config.orders_path.clone(),
        users,
        callbacks,
        streams_max: Some(config.limits.streams_max),
        webhooks,
        analytics,
        rendered_bytes_max: config.caching.bytes_max as u64,
        health: Some(Arc::new(vitals)),
    };
    let router = order_http::router(orders, options).merge(meters.guarded());
    let router = limited(router, &throttle);
    let router = match callers {
        Callers::Asked(tokens) => order_http::bearer(router, Arc::clone(tokens)),
        Callers::Everybody(_) => router,
    };
    mount(router.merge(documents()), &config.base_path)
}

/// What the use cases and the process are with the services beside us.
struct Driven {
    orders: OrderService,
    runner: Runner,
    callbacks: Option<Arc<dyn CallbackReader>>,
}

/// The name of the payment service, in the path of its callbacks.
const PROVIDER: &str = "main";

fn driven(
    orders: OrderService,
    services: &Services,
    vitals: &mut Vitals,
) -> Result<Driven, ServerError> {
    let Services { payments, products, customers, .. } = services;
    for (name, service) in
        [("payments", payments), ("products", products), ("customers", customers)]
    {
        if let Some(service) = service {
            vitals.depends_on_service(name, Reach::new(name, settings(service)?)?);
        }
    }
    let mut orders = orders;
    if let Some(products) = &services.products {
        orders = orders.with_products(Arc::new(HttpProducts::new(settings(products)?)?));
    }
    if let Some(customers) = &services.customers {
        orders = orders.with_customers(Arc::new(HttpCustomers::new(settings(customers)?)?));
    }
    let mut runner = Runner::new(orders.clone());
    if let Some(payments) = &services.payments {
        runner = runner.with_payments(Arc::new(HttpPayments::new(settings(payments)?)?));
    }
    if let Some(products) = &services.products {
        runner = runner.with_inventory(Arc::new(HttpInventory::new(settings(products)?)?));
    }
    Ok(Driven { orders, runner, callbacks: callbacks(services)? })
}

/// Who reads the callbacks of the payment service, if they are taken.
pub(crate) fn callbacks(
    services: &Services,
) -> Result<Option<Arc<dyn CallbackReader>>, ServerError> {
    let secrets = &services.callbacks.0;
    if secrets.is_empty() {
        return Ok(None);
    }
    let reader = WebhookReader::default();
    let reader = reader.provider(PROVIDER, secrets.iter().map(String::as_str));
    Ok(Some(Arc::new(reader.map_err(ServerError::Callbacks)?)))
}

fn settings(service: &Service) -> Result<Settings, SettingsError> {
    let settings = Settings::new(&service.url)?.traced(Arc::new(traces::traceparent));
    match &service.token {
        Some(token) => settings.token(token),
        None => Ok(settings),
    }
}

/// What makes and checks tokens. In development mode nobody is asked for one, but who signs in gets one
/// all the same, so that clients work.
pub(crate) async fn tokens(config: &Config) -> Result<Arc<JwtTokens>, ServerError> {
    let broken = ConfigError::Tokens;
    if !config.asks_who_calls() {
        let secret =
            Secret::new(format!("{}{}", Uuid::new_v4(), Uuid::new_v4())).map_err(broken)?;
        let settings = TokenSettings { secret: Some(secret), ..config.tokens.clone() };
        return Ok(Arc::new(JwtTokens::new(settings).map_err(broken)?));
    }
    let tokens = JwtTokens::new(config.tokens.clone()).map_err(broken)?;
    if let Err(error) = tokens.load_keys().await {
        // A file is there or not; whoever is asked over the network may come back.
        match config.tokens.keys {
            Some(KeySource::Url(_)) => {
                let cause = ServerError::from(ConfigError::from(error)).chain();
                tracing::warn!(cause, "no keys to check tokens with yet");
            }
            _ => return Err(broken(error).into()),
        }
    }
    Ok(Arc::new(tokens))
}

/// What is sent and read by brokers and webhooks, for whoever asks.
fn documents() -> Router {
    let asyncapi = Bytes::from(schema::asyncapi().to_string());
    let schema = |Path(kind): Path<String>| async move {
        schema::data_schema(&kind).map(Json).ok_or_else(|| {
            let detail = "there is no event of this name";
            ApiError::new(StatusCode::NOT_FOUND, "event.not_found", detail)
        })
    };
    let json = [(header::CONTENT_TYPE, "application/json")];
    Router::new()
        .route("/asyncapi.json", get(move || async move { (json, asyncapi) }))
        .route("/schemas/{type}", get(schema))
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
