//! Sends to endpoints.

use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::future::join_all;
use order_core::{
    EndpointUrl, Timestamp,
    ports::{
        Clock, EndpointError, WebhookCall, WebhookMessage, WebhookOutcome, WebhookReply,
        WebhookSender,
    },
    webhook::SigningSecret,
};
use reqwest::{Client, Response, StatusCode, header, redirect::Policy};

use super::{
    address::{AddressError, Guard, Reach, Target},
    signature::Secrets,
};
use crate::{
    envelope::{DATA_TYPE, EVENT_TYPE, Envelope, SPEC_VERSION, Source},
    error::SettingsError,
    trace::{Publishing, TRACEPARENT, Traceparent},
};

/// The kind of event that is sent as a trial. It says nothing of any order.
pub const TEST_TYPE: &str = "webhook.test";
/// How much of an answer is read, in bytes; it is of interest to nobody.
const ANSWER_MAX: usize = 16 * 1024;
/// How long, from the look-up of the name to the end of the answer, an attempt may take: as Standard
/// Webhooks has it, and half of a deliverer's lease.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How many connections are kept open to one endpoint, and for how long.
const IDLE_CONNECTIONS: usize = 4;
const IDLE_TIME: Duration = Duration::from_secs(20);

/// Sends events, one a request: CloudEvents in the structured mode, signed as in Standard Webhooks.
///
/// Every request ends in time; redirects are not followed, proxies not used; what is connected to is the
/// very address that was looked at. Any answer of 2xx means that the endpoint has the event.
pub struct Sender {
    source: Source,
    reach: Reach,
    timeout: Duration,
    client: Client,
    clock: Arc<dyn Clock>,
    tracing: Publishing,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("reach", &self.reach).finish_non_exhaustive()
    }
}

/// Why a request failed.
enum Failure {
    /// Its address is not one to send to, as far as its form tells.
    Url,
    /// Nothing can be signed with its secrets.
    Secret,
    /// The event cannot be written.
    Event,
    /// The connection failed, or was not made.
    Connection(reqwest::Error),
}

impl Failure {
    /// The stable code.
    fn code(&self) -> &'static str {
        match self {
            Self::Url => "webhook.url_invalid",
            Self::Secret => "webhook.secret_invalid",
            Self::Event => "webhook.event",
            Self::Connection(error) => match address_error(error) {
                Some(AddressError::Private(_)) => "webhook.address_private",
                Some(AddressError::Unknown(_)) => "webhook.name_unknown",
                None => "webhook.connection",
            },
        }
    }
}

/// What the look-up of the name said, if that is the reason.
fn address_error(error: &reqwest::Error) -> Option<&AddressError> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        source = error.source();
    }
    None
}

impl Sender {
    /// Sends to what is within reach, with fifteen seconds a request.
    ///
    /// # Errors
    /// [`SettingsError::Client`].
    pub fn new(source: Source, reach: Reach, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard(reach)))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIME)
            .build()
            .map_err(|_| SettingsError::Client)?;
        Ok(Self { source, reach, timeout: TIMEOUT, client, clock, tracing: Publishing::default() })
    }

    /// How long a request may take, from the look-up of the name to the end of the answer.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends what this gives as the header `traceparent` (W3C Trace Context) with every request; it is
    /// asked anew for each, in the task that makes it. The body, which is signed, says nothing of it.
    #[must_use]
    pub fn traced(self, traceparent: Traceparent) -> Self {
        Self { tracing: Publishing(Some(traceparent)), ..self }
    }

    /// Makes one request. Its id is that of the event, so that an endpoint knows what it has, however
    /// often it is asked; its time is that of the attempt.
    async fn attempt(&self, call: &WebhookCall) -> WebhookReply {
        let (at, begin) = (self.clock.now(), Instant::now());
        let sent = tokio::time::timeout(self.timeout, self.request(call, at)).await;
        let failed =
            |code: &'static str| WebhookOutcome::Failed { code: code.into(), retry_after_ms: None };
        let (status, outcome) = match sent {
            Ok(Ok(response)) => (Some(response.status().as_u16()), judge(&response, at)),
            Ok(Err(failure)) => (None, failed(failure.code())),
            Err(_) => (None, failed("webhook.timed_out")),
        };
        let duration_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        WebhookReply { at, duration_ms, status, outcome }
    }

    async fn request(&self, call: &WebhookCall, now: Timestamp) -> Result<Response, Failure> {
        // Also a number instead of a name, of which nothing is looked up.
        let target = Target::new(call.url.as_str(), self.reach).map_err(|_| Failure::Url)?;
        let secrets = call.secrets.iter().map(SigningSecret::expose);
        let secrets = Secrets::new(secrets).map_err(|_| Failure::Secret)?;
        let (id, body) = self.written(&call.message, now).map_err(|_| Failure::Event)?;
        let mut request = self
            .client
            .post(target.url().clone())
            .header(header::CONTENT_TYPE, EVENT_TYPE)
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.millis().div_euclid(1000).to_string())
            .header("webhook-signature", secrets.sign(&id, now, &body))
            .body(body);
        if let Some(traceparent) = self.tracing.traceparent() {
            request = request.header(TRACEPARENT, traceparent);
        }
        let mut response = request.send().await.map_err(Failure::Connection)?;
        // Read to its end, if that is near, so that the connection can be used again.
        let mut read = 0;
        while read < ANSWER_MAX {
            match response.chunk().await {
                Ok(Some(chunk)) => read += chunk.len(),
                Ok(None) | Err(_) => break,
            }
        }
        Ok(response)
    }

    /// The id of a message and its body.
    fn written(
        &self,
        message: &WebhookMessage,
        now: Timestamp,
    ) -> Result<(String, Vec<u8>), serde_json::Error> {
        match message {
            WebhookMessage::Event(event) => {
                let body = Envelope::new(&self.source, event).json()?;
                Ok((event.recorded.id.to_string(), body))
            }
            WebhookMessage::Trial { id, subscription_id } => {
                let body = serde_json::json!({
                    "specversion": SPEC_VERSION,
                    "id": id,
                    "source": self.source.as_str(),
                    "type": TEST_TYPE,
                    "subject": subscription_id,
                    "time": now,
                    "datacontenttype": DATA_TYPE,
                    "data": {},
                });
                Ok((id.to_string(), serde_json::to_vec(&body)?))
            }
        }
    }
}

#[async_trait]
impl WebhookSender for Sender {
    fn check_url(&self, url: &EndpointUrl) -> Result<(), EndpointError> {
        match Target::new(url.as_str(), self.reach) {
            Ok(_) => Ok(()),
            Err(SettingsError::Address(detail)) => Err(EndpointError::Url(detail)),
            Err(_) => Err(EndpointError::Url("is not one to send to")),
        }
    }

    fn check_secret(&self, secret: &SigningSecret) -> Result<(), EndpointError> {
        Secrets::new([secret.expose()]).map(|_| ()).map_err(|_| EndpointError::Secret)
    }

    fn new_secret(&self) -> Result<SigningSecret, EndpointError> {
        let secret = Secrets::generate().map_err(|_| EndpointError::NoSecret)?;
        Ok(SigningSecret::new(&secret))
    }

    async fn send(&self, calls: Vec<WebhookCall>) -> Vec<WebhookReply> {
        join_all(calls.iter().map(|call| self.attempt(call))).await
    }
}

fn judge(response: &Response, now: Timestamp) -> WebhookOutcome {
    let status = response.status();
    if status.is_success() {
        return WebhookOutcome::Delivered;
    }
    if status == StatusCode::GONE {
        return WebhookOutcome::Gone;
    }
    let asked = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_ms = asked.and_then(|text| retry_after_ms(text, now));
    WebhookOutcome::Failed { code: "webhook.status".into(), retry_after_ms }
}

/// Seconds, or a date.
fn retry_after_ms(text: &str, now: Timestamp) -> Option<u64> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let date = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis();
    Some(u64::try_from(i64::try_from(date).ok()? - now.millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now: Timestamp = "2015-10-21T07:27:30Z".parse().unwrap();
        assert_eq!(retry_after_ms("120", now), Some(120_000));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(30_000));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:00:00 GMT", now), Some(0));
        assert_eq!(retry_after_ms("soon", now), None);
        assert_eq!(retry_after_ms("-1", now), None);
    }
}
