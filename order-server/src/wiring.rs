//! Which adapters the server is made of.

use std::sync::Arc;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::Response,
};
use order_auth::{Argon2Hasher, JwtTokens, KeySource, Secret, TokenSettings};
use order_core::{Confirmation, Policy};
use order_http::{ApiError, Options};
use uuid::Uuid;

use crate::{
    ServerError,
    config::{Config, ConfigError, Database},
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
/// [`ServerError::Store`], [`ServerError::Folder`], [`ConfigError::Tokens`].
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
    let tokens = tokens(config).await?;
    let mut users = store.users(Arc::new(Argon2Hasher::default()));
    // Who only has the public keys of others makes no tokens.
    if config.tokens.secret.is_some() || !config.asks_who_calls() {
        users = users.with_issuer(tokens.clone());
    }
    let options = Options { orders_path: config.orders_path.clone(), users: Some(Arc::new(users)) };
    let router = order_http::router(Arc::new(orders), options);
    let router = if config.asks_who_calls() { order_http::bearer(router, tokens) } else { router };
    let router = mount(router, &config.base_path);
    Ok(Wired { router, store, database })
}

/// What makes and checks tokens. In development mode nobody is asked for one, but who signs in gets one
/// all the same, so that clients work.
async fn tokens(config: &Config) -> Result<Arc<JwtTokens>, ServerError> {
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
