//! What stands before every method: who is calling, whether they may, and how many there are.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use order_core::{
    ErrorKind, Principal, ServiceError,
    ports::{Authenticator, CredentialError, StoreError},
};
use tokio::sync::Semaphore;
use tonic::{
    Code, Status,
    body::Body,
    codegen::http::{HeaderMap, Request, Response, header::AUTHORIZATION},
};
use tower::{Layer, Service};

use crate::{
    access::{Access, access_to},
    status::{refuse, status},
    streams::Pass,
};

/// Calls that were answered, by method and code.
const COUNT: &str = "order_grpc_requests_total";
/// From when a call came to when its answer began, by method.
const DURATION: &str = "order_grpc_request_duration_seconds";
/// Where the methods of health are.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// How callers are known.
#[derive(Debug, Clone)]
pub enum Callers {
    /// By the bearer token in `authorization`.
    Asked(Arc<dyn Authenticator>),
    /// Everybody is this one: development mode.
    Everybody(Principal),
}

/// A caller whose role may not call a method of an order: whether they hear so, or that there is no
/// such order, is for the method to find out.
#[derive(Debug, Clone)]
pub(crate) struct Barred(pub(crate) Principal);

/// Puts the door before a service.
#[derive(Debug, Clone)]
pub(crate) struct DoorLayer {
    callers: Callers,
    places: Arc<Semaphore>,
}

impl DoorLayer {
    pub(crate) fn new(callers: Callers, requests_max: usize) -> Self {
        let places = Arc::new(Semaphore::new(requests_max.min(Semaphore::MAX_PERMITS)));
        Self { callers, places }
    }
}

impl<S> Layer<S> for DoorLayer {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door { inner, layer: self.clone() }
    }
}

/// A service behind its door.
#[derive(Debug, Clone)]
pub(crate) struct Door<S> {
    inner: S,
    layer: DoorLayer,
}

type Answering<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Door<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answering<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The one that is ready answers; its copy is asked whether it is next time.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let layer = self.layer.clone();
        Box::pin(async move {
            let begun = Instant::now();
            let path = request.uri().path().to_owned();
            let place = layer.places.try_acquire();
            // Answered however much there is to do: who asks wants to know whether to restart us.
            if place.is_err() && !path.starts_with(HEALTH) {
                let busy = status(&StoreError::Overloaded.into());
                log(&path, busy.code(), begun);
                return Ok(busy.into_http());
            }
            if let Err(refused) = layer.admit(&path, &mut request).await {
                log(&path, refused.code(), begun);
                return Ok(refused.into_http());
            }
            let response = inner.call(request).await?;
            let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |it| it.code());
            log(&path, code, begun);
            Ok(response)
        })
    }
}

impl DoorLayer {
    /// Who shows a token that counts; none for who shows none. Long answers look at it again.
    async fn identify(
        &self,
        authenticator: &Arc<dyn Authenticator>,
        request: &mut Request<Body>,
    ) -> Result<Option<Principal>, CredentialError> {
        let Some(token) = token_of(request.headers())? else { return Ok(None) };
        let token: Arc<str> = token.into();
        let who = authenticator.authenticate(&token).await?;
        request.extensions_mut().insert(Pass { authenticator: Arc::clone(authenticator), token });
        Ok(Some(who))
    }

    async fn admit(&self, path: &str, request: &mut Request<Body>) -> Result<(), Status> {
        let Some(access) = access_to(path) else {
            let status = Status::unimplemented("there is no such method");
            return Err(status);
        };
        if access == Access::Public {
            return Ok(());
        }
        let who = match &self.callers {
            Callers::Everybody(who) => Some(who.clone()),
            Callers::Asked(authenticator) => self
                .identify(authenticator, request)
                .await
                .map_err(|error| status(&ServiceError::from(error)))?,
        };
        let extensions = request.extensions_mut();
        match who {
            None if access == Access::Visitor => {}
            None => {
                let detail = "the call does not say who is calling, or not in a way that counts";
                return Err(refuse(ErrorKind::Unauthenticated, "auth.required", detail));
            }
            Some(who) if access.lets(&who) => {
                extensions.insert(who);
            }
            Some(who) if access == Access::StaffOfOrder => {
                extensions.insert(Barred(who));
            }
            Some(_) => return Err(status(&ServiceError::Forbidden { what: "do this" })),
        }
        Ok(())
    }
}

/// The token that a call shows, if it shows one.
fn token_of(headers: &HeaderMap) -> Result<Option<&str>, CredentialError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(CredentialError::Refused("there are several"));
    }
    let scheme_and_token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match scheme_and_token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(CredentialError::Refused("it is not of the form `Bearer TOKEN`")),
    }
}

/// One line a call, and its place in the measurements: the method, never what it says.
fn log(path: &str, code: Code, begun: Instant) {
    let method = if access_to(path).is_some() { path } else { "-" };
    let took = begun.elapsed();
    let labels = [("method", method.to_owned()), ("code", format!("{code:?}"))];
    metrics::counter!(COUNT, &labels).increment(1);
    metrics::histogram!(DURATION, "method" => method.to_owned()).record(took.as_secs_f64());
    let latency_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(target: "order_grpc::access", method, ?code, latency_us, "answered");
}
