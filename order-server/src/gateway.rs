//! A server whose orders are kept by another: REST in front, the core elsewhere.

use std::sync::Arc;

use order_core::ports::SystemClock;
use order_grpc::{Credentials, GrpcCore, Services, Settings};

use crate::{
    ServerError,
    config::{Backend, Config},
    health::Vitals,
    metering::Meters,
    throttle::Throttle,
    traces,
    wiring::{self, Beside, Wired},
};

/// Puts the routes over a client of the server that keeps the orders. What is done beside answering,
/// that server does.
///
/// # Errors
/// [`ServerError::Backend`], [`ServerError::Certificates`], [`ServerError::Callbacks`], and what is wrong with tokens.
pub(crate) async fn wire(config: &Config, backend: &Backend) -> Result<Wired, ServerError> {
    let tokens = wiring::tokens(config).await?;
    let credentials = match &backend.token {
        Some(token) => Credentials::Token(token.as_str().into()),
        None if config.asks_who_calls() => {
            Credentials::Issued(tokens.clone(), Arc::new(SystemClock))
        }
        None => Credentials::None,
    };
    let settings = match &backend.ca {
        Some(path) => {
            let read = std::fs::read(path);
            let unread = |source| ServerError::Certificates { path: path.clone(), source };
            Settings::trusting(&backend.url, &read.map_err(unread)?)?
        }
        None => Settings::new(&backend.url)?,
    };
    let settings = settings.credentials(credentials)?.traced(Arc::new(traces::traceparent));
    let core = Arc::new(GrpcCore::new(settings.calls_max(config.limits.requests_max)));
    let services = Services {
        orders: core.clone(),
        users: Some(core.clone()),
        webhooks: Some(core.clone()),
        analytics: Some(core),
    };
    let meters = Meters::new(None, None);
    let callers = wiring::callers(config, tokens)?;
    let callbacks = wiring::callbacks(&config.services)?;
    let throttle = Throttle::new(&config.exposure);
    let vitals = Vitals::new(meters.requests());
    let beside = Beside { callbacks, vitals, throttle: throttle.clone() };
    let router = wiring::front(config, &services, &callers, beside, &meters);
    let (database, workers) = (config.database.clone(), vec![meters.upkeep(throttle.clone())]);
    Ok(Wired { router, services, callers, store: None, database, meters, throttle, workers })
}
