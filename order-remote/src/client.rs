//! One service: sends requests, again where that helps, until there is an answer or the time is up.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use order_core::{IdempotencyKey, ports::RemoteError};
use recloser::{AsyncRecloser, Error as Circuited, Recloser};
use reqwest::{
    Method, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep};

use crate::{
    error::{Fault, Problem, SettingsError, Trouble},
    settings::Settings,
};

const AGENT: &str = concat!("order-remote/", env!("CARGO_PKG_VERSION"));
const JSON: &str = "application/json";
/// How often a pause is doubled at most.
const DOUBLINGS_MAX: u32 = 10;

/// A client of one service. Cheap to clone; clones share connections and circuit.
#[derive(Debug, Clone)]
pub(crate) struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: &'static str,
    settings: Settings,
    http: reqwest::Client,
    circuit: AsyncRecloser,
}

/// A request that may be sent more than once.
#[derive(Debug)]
pub(crate) struct Request {
    method: Method,
    url: Url,
    key: Option<IdempotencyKey>,
    body: Option<Vec<u8>>,
}

/// A status that is an answer, and the body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads the body.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| Fault::unreadable(error.to_string()))
    }
}

impl Client {
    pub(crate) fn new(service: &'static str, settings: Settings) -> Result<Self, SettingsError> {
        let mut http = reqwest::Client::builder()
            .user_agent(AGENT)
            .connect_timeout(settings.connect)
            .redirect(redirect::Policy::none())
            .referer(false);
        if !settings.uses_environment_proxy {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| SettingsError::Client(error.into()))?;
        let circuit = Recloser::custom()
            .error_rate(settings.circuit.failures)
            .closed_len(settings.circuit.attempts.max(1))
            .half_open_len(settings.circuit.trials.max(1))
            .open_wait(settings.circuit.wait)
            .build();
        let circuit = AsyncRecloser::from(circuit);
        Ok(Self(Arc::new(Inner { service, settings, http, circuit })))
    }

    /// A request for something below the service's address; none if a segment cannot be part of a path.
    pub(crate) fn get(&self, path: &[&str]) -> Option<Request> {
        let url = self.url(path)?;
        Some(Request { method: Method::GET, url, key: None, body: None })
    }

    /// A request that carries a document to a path of fixed segments.
    pub(crate) fn post(
        &self,
        path: &[&'static str],
        key: Option<&IdempotencyKey>,
        body: &impl Serialize,
    ) -> Result<Request, RemoteError> {
        let unsendable =
            |error: serde_json::Error| self.unavailable(Trouble::Unreadable(error.to_string()));
        let body = serde_json::to_vec(body).map_err(unsendable)?;
        let url = self.url(path).unwrap_or_else(|| self.0.settings.base.clone());
        Ok(Request { method: Method::POST, url, key: key.cloned(), body: Some(body) })
    }

    /// Sends a request until `read` makes something of an answer, or it cannot be hoped for any more.
    /// `read` is given statuses of 200 to 299 and those that `is_answer` takes.
    pub(crate) async fn send<T: Send>(
        &self,
        request: &Request,
        is_answer: fn(u16) -> bool,
        read: impl Fn(&Answer) -> Result<T, Fault> + Send + Sync,
    ) -> Result<T, RemoteError> {
        let settings = &self.0.settings;
        let deadline = Instant::now() + settings.total;
        let mut attempt = 1;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let fault = match self.guarded(request, left, is_answer, &read).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let pause = self.pause(attempt, &fault);
            if attempt >= settings.attempts
                || !fault.may_pass()
                || Instant::now() + pause >= deadline
            {
                return Err(self.error(fault));
            }
            sleep(pause).await;
            attempt += 1;
        }
    }

    /// Whether the service answers at all, whatever it says; asked once.
    pub(crate) async fn ping(&self) -> Result<(), RemoteError> {
        let Inner { settings, http, .. } = &*self.0;
        let asked = http.get(settings.base.clone()).timeout(settings.attempt).send().await;
        asked.map(drop).map_err(|error| self.error(lost(error)))
    }

    /// One attempt, if the circuit is closed.
    async fn guarded<T: Send>(
        &self,
        request: &Request,
        left: Duration,
        is_answer: fn(u16) -> bool,
        read: &(impl Fn(&Answer) -> Result<T, Fault> + Sync),
    ) -> Result<T, Fault> {
        let attempt = async {
            let answer = self.attempt(request, left).await?;
            let answer = sort(answer, is_answer)?;
            read(&answer)
        };
        // A service that refuses what is wrong is well.
        let is_failure = |fault: &Fault| matches!(fault, Fault::Trouble(..));
        match self.0.circuit.call_with(is_failure, attempt).await {
            Ok(answer) => Ok(answer),
            Err(Circuited::Inner(fault)) => Err(fault),
            Err(Circuited::Rejected) => Err(Fault::Trouble(Trouble::CircuitOpen, None)),
        }
    }

    async fn attempt(&self, request: &Request, left: Duration) -> Result<Received, Fault> {
        let Inner { settings, http, .. } = &*self.0;
        let mut sent = http
            .request(request.method.clone(), request.url.clone())
            .timeout(settings.attempt.min(left))
            .header(ACCEPT, "application/json, application/problem+json");
        if let Some(token) = &settings.token {
            sent = sent.header(AUTHORIZATION, token.clone());
        }
        if let Some(traceparent) = settings.traceparent.as_ref().and_then(|it| it()) {
            sent = sent.header("traceparent", traceparent);
        }
        if let Some(key) = &request.key {
            sent = sent.header("idempotency-key", visible(key));
        }
        if let Some(body) = &request.body {
            sent = sent.header(CONTENT_TYPE, JSON).body(body.clone());
        }
        let mut response = sent.send().await.map_err(lost)?;
        let max = settings.answer_max;
        let status = response.status().as_u16();
        let retry_after_ms = retry_after_ms(response.headers(), SystemTime::now());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > max {
                return Err(Fault::Trouble(Trouble::TooLarge { max }, None));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Received { answer: Answer { status, body }, retry_after_ms })
    }

    /// How long to wait after an attempt: longer each time, half of it chance, so that clients do not
    /// come back all at once; at least as long as the service asks for.
    fn pause(&self, attempt: u32, fault: &Fault) -> Duration {
        let longest = self.0.settings.pause.saturating_mul(1 << (attempt - 1).min(DOUBLINGS_MAX));
        let pause = longest.mul_f64(0.5 + 0.5 * fastrand::f64());
        match fault {
            Fault::Trouble(_, Some(asked_ms)) => pause.max(Duration::from_millis(*asked_ms)),
            _ => pause,
        }
    }

    fn error(&self, fault: Fault) -> RemoteError {
        match fault {
            Fault::Trouble(trouble, _) => self.unavailable(trouble),
            Fault::Misused(code) => RemoteError::Misused { service: self.0.service, code },
        }
    }

    fn unavailable(&self, trouble: Trouble) -> RemoteError {
        RemoteError::Unavailable { service: self.0.service, source: trouble.into() }
    }

    /// An address below the service's. A segment of dots would mean another place, however it is
    /// written, so there is no address for it.
    fn url(&self, path: &[&str]) -> Option<Url> {
        let mut url = self.0.settings.base.clone();
        if path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return None;
        }
        url.path_segments_mut().ok()?.extend(path);
        Some(url)
    }
}

#[derive(Debug)]
struct Received {
    answer: Answer,
    retry_after_ms: Option<u64>,
}

/// Tells answers from troubles and refusals.
fn sort(received: Received, is_answer: fn(u16) -> bool) -> Result<Answer, Fault> {
    let Received { answer, retry_after_ms } = received;
    match answer.status {
        200..=299 => Ok(answer),
        status if is_answer(status) => Ok(answer),
        408 | 425 | 429 | 500.. => {
            Err(Fault::Trouble(Trouble::Status(answer.status), retry_after_ms))
        }
        status => Err(Fault::Misused(Problem::read(&answer.body).label(status))),
    }
}

/// A key as a header can have it: what is no visible ASCII is written as `%C3%A9`.
fn visible(key: &IdempotencyKey) -> String {
    let mut text = String::with_capacity(key.as_str().len());
    for byte in key.as_str().bytes() {
        if byte.is_ascii_graphic() && byte != b'%' {
            text.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half)]);
            text.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    text
}

/// How long the service asks to be left alone: seconds, or a date.
fn retry_after_ms(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let wait = date.duration_since(now).unwrap_or_default();
    Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

fn lost(error: reqwest::Error) -> Fault {
    // The address may name a customer, and says nothing that the service's name does not.
    let error = error.without_url();
    let trouble =
        if error.is_timeout() { Trouble::TimedOut } else { Trouble::Connection(error.into()) };
    Fault::Trouble(trouble, None)
}
