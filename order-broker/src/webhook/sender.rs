//! One attempt to deliver one event.

use std::time::Duration;

use order_core::{
    Timestamp,
    ports::{Clock, Positioned},
};
use reqwest::{Client, Response, StatusCode, header, redirect::Policy};

use super::{
    address::{AddressError, Reach, Target},
    signature::Secrets,
};
use crate::{
    envelope::{EVENT_TYPE, Envelope, Source},
    error::Trouble,
};

/// How much of an answer is read, in bytes; it is of interest to nobody.
const ANSWER_MAX: usize = 16 * 1024;

/// What became of an attempt.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The endpoint has the event.
    Delivered,
    /// It does not, or did not say so; it may ask for some time.
    Failed {
        /// Why.
        reason: Attempt,
        /// How long it asks to wait, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The endpoint is no more (410): it is to be switched off.
    Gone,
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Attempt {
    /// Its address is not one to send to.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// It did not answer in time.
    #[error("the endpoint did not answer in time")]
    TimedOut,
    /// It cannot be reached, or the connection was cut.
    #[error("the connection to the endpoint failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answered with a status that is no success.
    #[error("the endpoint answered with the status {0}")]
    Status(u16),
    /// The event cannot be written.
    #[error(transparent)]
    Event(Trouble),
}

/// Delivers events, one a request: CloudEvents in the structured mode, signed as in Standard Webhooks.
///
/// An attempt ends in time; redirects are not followed, proxies not used; what is connected to is the
/// very address that was looked at. Any answer of 2xx means that the endpoint has the event.
#[derive(Debug)]
pub struct Sender {
    source: Source,
    reach: Reach,
    timeout: Duration,
}

impl Sender {
    /// Sends to public addresses, with fifteen seconds an attempt.
    pub fn new(source: Source) -> Self {
        Self { source, reach: Reach::default(), timeout: Duration::from_secs(15) }
    }

    /// Which addresses are allowed.
    #[must_use]
    pub fn reach(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// How long an attempt may take, from the look-up of the name to the end of the answer.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Makes one attempt. The id of the request is that of the event, so that an endpoint knows what it
    /// has, however often it is asked; the time is that of the attempt.
    pub async fn attempt(
        &self,
        target: &Target,
        secrets: &Secrets,
        event: &Positioned,
        clock: &dyn Clock,
    ) -> Outcome {
        let now = clock.now();
        let sent = tokio::time::timeout(self.timeout, self.send(target, secrets, event, now)).await;
        match sent {
            Ok(Ok(response)) => judge(&response, now),
            Ok(Err(reason)) => Outcome::Failed { reason, retry_after_ms: None },
            Err(_) => Outcome::Failed { reason: Attempt::TimedOut, retry_after_ms: None },
        }
    }

    async fn send(
        &self,
        target: &Target,
        secrets: &Secrets,
        event: &Positioned,
        now: Timestamp,
    ) -> Result<Response, Attempt> {
        let addresses = target.resolve(self.reach).await?;
        let url = target.url();
        // A client for each attempt: this one knows the name by these addresses alone.
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .resolve_to_addrs(url.host_str().unwrap_or_default(), &addresses)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| Attempt::Connection(Box::new(error)))?;
        let body = Envelope::new(&self.source, event).json();
        let body = body.map_err(|error| Attempt::Event(Trouble::Unwritable(error)))?;
        let id = event.recorded.id.to_string();
        let signature = secrets.sign(&id, now, &body);
        let request = client
            .post(url.clone())
            .header(header::CONTENT_TYPE, EVENT_TYPE)
            .header("webhook-id", id)
            .header("webhook-timestamp", now.millis().div_euclid(1000).to_string())
            .header("webhook-signature", signature)
            .body(body);
        let mut response =
            request.send().await.map_err(|error| Attempt::Connection(Box::new(error)))?;
        // Read to its end, if that is near, so that the endpoint sees no connection cut.
        let mut read = 0;
        while read < ANSWER_MAX {
            match response.chunk().await {
                Ok(Some(chunk)) => read += chunk.len(),
                Ok(None) | Err(_) => break,
            }
        }
        Ok(response)
    }
}

fn judge(response: &Response, now: Timestamp) -> Outcome {
    let status = response.status();
    if status.is_success() {
        return Outcome::Delivered;
    }
    if status == StatusCode::GONE {
        return Outcome::Gone;
    }
    let asked = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_ms = asked.and_then(|text| retry_after_ms(text, now));
    Outcome::Failed { reason: Attempt::Status(status.as_u16()), retry_after_ms }
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
