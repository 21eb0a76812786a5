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
use tonic::transport::server::TcpConnectInfo;
use tonic::{
    Code, Status,
    body::Body,
    codegen::http::{HeaderMap, Request, Response, header::AUTHORIZATION},
};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::{
    access::{Access, Rule, rule_of},
    host::{Host, Incoming},
    server::Entrance,
    status::{rate_limited, refuse, status},
    streams::Pass,
};

/// Calls that were answered, by method and code.
const COUNT: &str = "order_grpc_requests_total";
/// From when a call came to when its answer began, by method.
const DURATION: &str = "order_grpc_request_duration_seconds";
/// Where the methods of health are.
const HEALTH: &str = "/grpc.health.v1.Health/";
/// What a method is called that there is not.
const UNKNOWN: &str = "-";

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
    host: Arc<dyn Host>,
    places: Arc<Semaphore>,
}

impl DoorLayer {
    pub(crate) fn new(entrance: &Entrance, requests_max: usize) -> Self {
        let places = Arc::new(Semaphore::new(requests_max.min(Semaphore::MAX_PERMITS)));
        let (callers, host) = (entrance.callers.clone(), Arc::clone(&entrance.host));
        Self { callers, host, places }
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
            let rule = rule_of(request.uri().path());
            let method = rule.map_or(UNKNOWN, |rule| rule.path);
            let span = layer.host.span(method, request.headers());
            let answering = async {
                let place = layer.places.try_acquire();
                // Answered however much there is to do: who asks wants to know whether to restart us.
                if place.is_err() && !method.starts_with(HEALTH) {
                    return Ok(status(&StoreError::Overloaded.into()).into_http());
                }
                match layer.admit(rule, &mut request).await {
                    Ok(()) => inner.call(request).await,
                    Err(refused) => Ok(refused.into_http()),
                }
            };
            let response = answering.instrument(span.clone()).await?;
            let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |it| it.code());
            layer.host.answered(&span, code);
            log(method, code, begun);
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

    async fn admit(&self, rule: Option<&Rule>, request: &mut Request<Body>) -> Result<(), Status> {
        let Some(&Rule { path, access }) = rule else {
            self.count(UNKNOWN, None, request)?;
            return Err(Status::unimplemented("there is no such method"));
        };
        if access == Access::Public {
            let is_free = path.starts_with(HEALTH);
            return if is_free { Ok(()) } else { self.count(path, None, request) };
        }
        let identified = match &self.callers {
            Callers::Everybody(who) => Ok(Some(who.clone())),
            Callers::Asked(authenticator) => self.identify(authenticator, request).await,
        };
        let known = identified.as_ref().ok().and_then(Option::as_ref);
        let is_gateway = access == Access::Gateway && known.is_some_and(|who| access.lets(who));
        if !is_gateway {
            self.count(path, known, request)?;
        }
        let who = identified.map_err(|error| status(&ServiceError::from(error)))?;
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

    /// Counts a call, unless its caller asks too often.
    fn count(
        &self,
        method: &'static str,
        who: Option<&Principal>,
        request: &Request<Body>,
    ) -> Result<(), Status> {
        let peer = request.extensions().get().and_then(TcpConnectInfo::remote_addr);
        let call = Incoming { method, peer, headers: request.headers(), who };
        self.host.admit(&call).map_err(rate_limited)
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
fn log(method: &'static str, code: Code, begun: Instant) {
    let took = begun.elapsed();
    let labels = [("method", method.to_owned()), ("code", format!("{code:?}"))];
    metrics::counter!(COUNT, &labels).increment(1);
    metrics::histogram!(DURATION, "method" => method).record(took.as_secs_f64());
    let latency_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(target: "order_grpc::access", method, ?code, latency_us, "answered");
}
