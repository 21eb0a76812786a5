//! One way to ask, wherever orders are: REST requests, answered in this process over a local
//! database or by a server.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
};
use futures::{Stream, StreamExt, TryStreamExt};
use http_body_util::BodyExt;
use order_broker::webhook::Reach;
use order_core::{Actor, OrderService, Principal};
use order_http::{Cause, Options};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use sse_stream::{Sse, SseByteStream};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    cli::Change,
    config::{Database, Target, is_this_machine},
    error::{Done, Failure, Problem, chain},
    store::{Access, Store},
};

/// How long to wait for a connection to a server.
const CONNECT_MS: u64 = 10_000;
/// How long a server may be silent.
const SILENCE_MS: u64 = 120_000;
/// Who acts when somebody works on the database itself.
const SUBJECT: &str = "cli";

/// What a command needs of a local database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// Whether it must be there.
    pub(crate) access: Access,
    /// Which endpoints of webhooks are taken; none if the command has nothing to do with them.
    pub(crate) reach: Option<Reach>,
}

/// Who answers requests.
#[derive(Debug)]
pub(crate) struct Client {
    transport: Transport,
}

enum Transport {
    Local { router: Router, service: Box<OrderService>, store: Store },
    Remote { http: reqwest::Client, url: String, token: Option<HeaderValue> },
}

impl fmt::Debug for Transport {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { service, .. } => f.debug_tuple("Local").field(service).finish(),
            Self::Remote { url, .. } => f.debug_tuple("Remote").field(url).finish(),
        }
    }
}

impl Client {
    /// Opens the database, or gets ready to speak to the server.
    pub(crate) async fn open(target: &Target, needs: Needs) -> Done<Self> {
        let transport = match target {
            Target::Database(url) => open_database(url, needs).await?,
            Target::Server { url, token } => connect(url, token.as_deref())?,
        };
        Ok(Self { transport })
    }

    /// Ends the work with the database in good order.
    pub(crate) async fn close(&self) {
        if let Transport::Local { store, .. } = &self.transport {
            store.close().await;
        }
    }

    /// The use cases themselves, if the database is opened by this program.
    pub(crate) const fn service(&self) -> Option<&OrderService> {
        match &self.transport {
            Transport::Local { service, .. } => Some(service),
            Transport::Remote { .. } => None,
        }
    }

    /// Who this program acts as when it works on the database itself.
    pub(crate) fn principal() -> Principal {
        // The second never comes to be: the first is a name.
        let subject = Actor::clean(SUBJECT).unwrap_or_else(|_| Actor::of_uuid(Uuid::nil()));
        Principal::admin(subject)
    }

    /// A request for what is at a path, given as its segments.
    pub(crate) fn get<'a>(&'a self, segments: &[&str]) -> Call<'a> {
        self.call(Method::GET, segments)
    }

    /// A request to do something.
    pub(crate) fn post<'a>(&'a self, segments: &[&str]) -> Call<'a> {
        self.call(Method::POST, segments)
    }

    /// A request to change something.
    pub(crate) fn put<'a>(&'a self, segments: &[&str]) -> Call<'a> {
        self.call(Method::PUT, segments)
    }

    /// A request to change parts of something.
    pub(crate) fn patch<'a>(&'a self, segments: &[&str]) -> Call<'a> {
        self.call(Method::PATCH, segments)
    }

    /// A request to remove something.
    pub(crate) fn delete<'a>(&'a self, segments: &[&str]) -> Call<'a> {
        self.call(Method::DELETE, segments)
    }

    fn call(&self, method: Method, segments: &[&str]) -> Call<'_> {
        let mut target = String::new();
        for segment in segments {
            target.push('/');
            escape(segment, &mut target);
        }
        Call { client: self, method, target, headers: HeaderMap::new(), body: None, fault: None }
    }
}

/// A request under construction.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    client: &'a Client,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Option<String>,
    fault: Option<Failure>,
}

impl Call<'_> {
    /// Adds to the query, if there is something to add.
    pub(crate) fn query(mut self, name: &str, value: Option<impl fmt::Display>) -> Self {
        if let Some(value) = value {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(name);
            self.target.push('=');
            escape(&value.to_string(), &mut self.target);
        }
        self
    }

    /// Sends this as JSON.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(text) => self.text(text),
            Err(error) => {
                self.fault = Some(Failure::Usage(error.to_string()));
                self
            }
        }
    }

    /// Sends this text, which is JSON already.
    pub(crate) fn text(mut self, body: String) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body);
        self
    }

    /// Says how a change is to be carried out.
    pub(crate) fn change(self, change: &Change) -> Self {
        let tag = change.if_version.map(|version| format!("\"{version}\""));
        self.query("dryRun", change.dry_run.then_some(true))
            .header(IF_MATCH, tag.as_deref())
            .header(HeaderName::from_static("idempotency-key"), change.key.as_deref())
    }

    /// Only if the thing has this version.
    pub(crate) fn if_version(self, version: Option<u64>) -> Self {
        let tag = version.map(|version| format!("\"{version}\""));
        self.header(IF_MATCH, tag.as_deref())
    }

    fn header(mut self, name: HeaderName, value: Option<&str>) -> Self {
        let Some(value) = value else { return self };
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(_) => {
                self.fault = Some(Failure::Usage(format!("{value:?} cannot be sent as {name}")));
            }
        }
        self
    }

    /// Sends the request and takes the answer, if it is not a refusal.
    pub(crate) async fn send(mut self) -> Done<Reply> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let (status, body) = match &self.client.transport {
            Transport::Local { router, .. } => self.answer_here(router.clone()).await?,
            Transport::Remote { http, url, token } => self.ask(http, url, token.as_ref()).await?,
        };
        if status.is_success() { Ok(Reply { body }) } else { Err(refusal(status, &body)) }
    }

    /// Asks for a stream of events and takes it as it comes.
    pub(crate) async fn listen(mut self) -> Done<impl Stream<Item = Done<Told>> + use<>> {
        self = self.header(ACCEPT, Some("text/event-stream"));
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let (status, body) = match &self.client.transport {
            Transport::Local { router, .. } => {
                let response = self.begin_here(router.clone()).await?;
                let status = response.status();
                let body = response.into_body().into_data_stream();
                let broken = |error: axum::Error| Failure::Unavailable(error.to_string());
                (status, TryStreamExt::map_err(body, broken).boxed())
            }
            Transport::Remote { http, url, token } => {
                let response = self.begin(http, url, token.as_ref()).await?;
                let (status, url) = (response.status(), url.clone());
                let body = response.bytes_stream();
                (status, body.map_err(move |error| unreachable(&url, &error)).boxed())
            }
        };
        if !status.is_success() {
            let body: Vec<Bytes> = body.try_collect().await?;
            return Err(refusal(status, &body.concat()));
        }
        Ok(SseByteStream::new(body).map(|read| read.map_err(|error| cut(&error)).map(Told::from)))
    }

    async fn answer_here(self, router: Router) -> Done<(StatusCode, Vec<u8>)> {
        let broken = |error: &dyn fmt::Display| Failure::Unavailable(error.to_string());
        let response = self.begin_here(router).await?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| broken(&error))?;
        Ok((status, body.to_bytes().into()))
    }

    async fn begin_here(self, router: Router) -> Done<axum::response::Response> {
        let broken = |error: &dyn fmt::Display| Failure::Unavailable(error.to_string());
        let mut request = axum::http::Request::builder().method(self.method).uri(self.target);
        request = request.extension(Client::principal());
        if let Some(headers) = request.headers_mut() {
            *headers = self.headers;
        }
        let request = request.body(self.body.map_or_else(Body::empty, Body::from));
        let request = request.map_err(|error| broken(&error))?;
        let response = router.oneshot(request).await.map_err(|error| broken(&error))?;
        if let Some(cause) = response.extensions().get::<Cause>()
            && response.status().is_server_error()
        {
            return Err(Failure::Unavailable(cause.to_string()));
        }
        Ok(response)
    }

    async fn ask(
        self,
        http: &reqwest::Client,
        url: &str,
        token: Option<&HeaderValue>,
    ) -> Done<(StatusCode, Vec<u8>)> {
        let response = self.begin(http, url, token).await?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| unreachable(url, &error))?;
        Ok((status, body.into()))
    }

    async fn begin(
        self,
        http: &reqwest::Client,
        url: &str,
        token: Option<&HeaderValue>,
    ) -> Done<reqwest::Response> {
        let mut request = http.request(self.method, format!("{url}{}", self.target));
        request = request.headers(self.headers);
        if let Some(token) = token {
            request = request.header(reqwest::header::AUTHORIZATION, token);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        request.send().await.map_err(|error| unreachable(url, &error))
    }
}

/// What a stream tells: an event, or only the place that it has come to.
#[derive(Debug)]
pub(crate) struct Told {
    /// The position, if it is told.
    pub(crate) id: Option<u64>,
    /// The event as it came.
    pub(crate) data: Option<String>,
}

impl From<Sse> for Told {
    fn from(told: Sse) -> Self {
        let id = told.id.and_then(|id| id.parse().ok());
        Self { id, data: told.data.filter(|data| !data.is_empty()) }
    }
}

fn cut(error: &sse_stream::Error) -> Failure {
    Failure::Unavailable(format!("the stream was cut: {}", chain(error)))
}

/// An answer that is no refusal.
#[derive(Debug)]
pub(crate) struct Reply {
    body: Vec<u8>,
}

impl Reply {
    /// The answer as a value.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Done<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Failure::Unavailable(format!("the answer is not what was expected: {error}"))
        })
    }

    /// The answer as a text.
    pub(crate) fn text(&self) -> Done<&str> {
        std::str::from_utf8(&self.body)
            .map_err(|_| Failure::Unavailable("the answer is no text".to_owned()))
    }

    /// The answer as it came.
    pub(crate) fn raw(&self) -> Done<Box<RawValue>> {
        self.read()
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let reason = status.canonical_reason().unwrap_or("no reason given");
    let mut problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    if problem.title.is_empty() {
        problem.title = format!("the answer was {} {reason}", status.as_u16());
    }
    problem.body = serde_json::from_slice(body).ok();
    if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
        return Failure::Refused(Box::new(problem));
    }
    Failure::Unavailable(problem.to_string())
}

fn unreachable(url: &str, error: &reqwest::Error) -> Failure {
    Failure::Unavailable(format!("the server {url} does not answer: {}", chain(error)))
}

fn connect(url: &str, token: Option<&str>) -> Done<Transport> {
    let usage = |text: &str| Failure::Usage(text.to_owned());
    let token = token.map(|token| {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| usage("the token cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok::<_, Failure>(value)
    });
    let mut http = reqwest::Client::builder()
        .connect_timeout(Duration::from_millis(CONNECT_MS))
        .read_timeout(Duration::from_millis(SILENCE_MS))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("order/", env!("CARGO_PKG_VERSION")));
    let address = reqwest::Url::parse(url).map_err(|error| usage(&format!("{url}: {error}")))?;
    if address.host_str().is_some_and(is_this_machine) {
        http = http.no_proxy();
    }
    let http = http.build().map_err(|error| Failure::Unavailable(error.to_string()))?;
    Ok(Transport::Remote { http, url: url.to_owned(), token: token.transpose()? })
}

/// Percent-encodes all but what RFC 3986 calls unreserved.
fn escape(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

async fn open_database(url: &str, needs: Needs) -> Done<Transport> {
    let store = Store::open(&Database::parse(url)?, needs.access).await?;
    let service = store.service();
    let webhooks = needs.reach.map(|reach| store.webhooks(reach)).transpose()?;
    let options = Options {
        users: Some(Arc::new(store.users())),
        webhooks: webhooks.map(|webhooks| Arc::new(webhooks) as Arc<_>),
        analytics: Some(Arc::new(service.clone())),
        ..Options::default()
    };
    let router = order_http::router(Arc::new(service.clone()), options);
    Ok(Transport::Local { router, service: Box::new(service), store })
}

#[cfg(test)]
mod tests {
    use super::{Client, escape};

    #[test]
    fn events_of_this_program_carry_its_name() {
        assert_eq!(Client::principal().subject.as_str(), "cli");
    }

    #[test]
    fn an_order_can_have_any_name_in_a_path() {
        let mut path = String::new();
        escape("a/b ?é", &mut path);
        assert_eq!(path, "a%2Fb%20%3F%C3%A9");
    }
}
