//! The client: the driving ports, where the core is a server elsewhere.

use std::{fmt, sync::Arc, time::Duration};

use order_core::{
    Actor, Refusal, RoleKind, ServiceError,
    ports::{Clock, StoreError, TokenIssuer},
};
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::{sync::Semaphore, time::timeout};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
use tonic::{
    Code, Request, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{
    access::GATEWAY_SUBJECT,
    proto::{CoreCall, core_answer::Outcome, core_client::CoreClient},
    wire::{Call, PROTOCOL},
};

/// How long a call may take, in milliseconds.
pub const CALL_TIME_MS: u64 = 2_500;
/// How long a call may take that goes through many orders, or makes the core ask others.
pub const LONG_CALL_TIME_MS: u64 = 25_000;
/// Calls at once; the next is refused with `store.overloaded`.
pub const CALLS_MAX: usize = 1_024;
/// How long a connection may take to be made, in milliseconds.
const CONNECT_TIME_MS: u64 = 1_000;
/// A core that says nothing for so long is asked whether it is there, and given as long again.
const PULSE_MS: u64 = 1_000;
/// The largest answer that is read, in bytes: a page of the largest orders.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What a gateway shows its core.
#[derive(Clone)]
pub enum Credentials {
    /// Nothing: the core is in development mode, on this machine.
    None,
    /// A token of the role `admin`, or of the role `service` for the subject
    /// [`GATEWAY_SUBJECT`].
    Token(Arc<str>),
    /// Tokens that it makes, with the secret that the core checks them with.
    Issued(Arc<dyn TokenIssuer>, Arc<dyn Clock>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Token(_) => "Token(..)",
            Self::Issued(..) => "Issued(..)",
        })
    }
}

/// Gives the `traceparent` (W3C Trace Context) of the task that asks it, if there is one.
pub type Traceparent = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Why no client can be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The address is none.
    #[error("{0:?} is not of the form grpc://HOST:PORT or grpcs://HOST:PORT")]
    Url(String),
    /// The certificates cannot be used, or connections are not encrypted.
    #[error("there is no encrypting with these certificates, or not to this address")]
    Certificates,
    /// The token cannot be sent.
    #[error("the token is no line of ASCII")]
    Token,
}

/// How a core is reached.
#[derive(Clone)]
pub struct Settings {
    endpoint: Endpoint,
    credentials: Credentials,
    traceparent: Option<Traceparent>,
    call_time: Duration,
    long_call_time: Duration,
    calls_max: usize,
}

impl Settings {
    /// A core at `grpc://HOST:PORT`, or at `grpcs://HOST:PORT` with TLS, whose certificate is one that
    /// the system trusts.
    ///
    /// # Errors
    /// [`SettingsError::Url`], [`SettingsError::Certificates`] for a system that trusts none.
    pub fn new(url: &str) -> Result<Self, SettingsError> {
        let endpoint = endpoint(url)?;
        if is_encrypted(&endpoint) {
            return Self::encrypted(endpoint, ClientTlsConfig::new().with_native_roots());
        }
        Ok(Self::of(endpoint))
    }

    /// A core at `grpcs://HOST:PORT`, where only these certificates are trusted, in PEM, and those that
    /// they signed.
    ///
    /// # Errors
    /// [`SettingsError::Url`], [`SettingsError::Certificates`] for what is no certificate, and for an
    /// address without TLS.
    pub fn trusting(url: &str, certificates: &[u8]) -> Result<Self, SettingsError> {
        let endpoint = endpoint(url)?;
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let is_one = read.is_ok_and(|read| !read.is_empty());
        if !is_one || !is_encrypted(&endpoint) {
            return Err(SettingsError::Certificates);
        }
        let trusted = Certificate::from_pem(certificates);
        Self::encrypted(endpoint, ClientTlsConfig::new().ca_certificate(trusted))
    }

    /// Whether a core can be at this address, as far as its form tells.
    ///
    /// # Errors
    /// [`SettingsError::Url`].
    pub fn check_url(url: &str) -> Result<(), SettingsError> {
        endpoint(url).map(|_| ())
    }

    fn encrypted(endpoint: Endpoint, tls: ClientTlsConfig) -> Result<Self, SettingsError> {
        let endpoint = endpoint.tls_config(tls).map_err(|_| SettingsError::Certificates)?;
        Ok(Self::of(endpoint))
    }

    fn of(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            credentials: Credentials::None,
            traceparent: None,
            call_time: Duration::from_millis(CALL_TIME_MS),
            long_call_time: Duration::from_millis(LONG_CALL_TIME_MS),
            calls_max: CALLS_MAX,
        }
    }

    /// Sends what this gives as `traceparent` with every call; it is asked anew for each, in the task
    /// that makes the call.
    #[must_use]
    pub fn traced(self, traceparent: Traceparent) -> Self {
        Self { traceparent: Some(traceparent), ..self }
    }

    /// The same, showing this.
    ///
    /// # Errors
    /// [`SettingsError::Token`].
    pub fn credentials(self, credentials: Credentials) -> Result<Self, SettingsError> {
        if let Credentials::Token(token) = &credentials {
            bearer(token).map_err(|_| SettingsError::Token)?;
        }
        Ok(Self { credentials, ..self })
    }

    /// The same with another time for a call.
    #[must_use]
    pub fn call_time(self, call_time: Duration) -> Self {
        Self { call_time, ..self }
    }

    /// The same with so many calls at once.
    #[must_use]
    pub fn calls_max(self, calls_max: usize) -> Self {
        Self { calls_max, ..self }
    }
}

/// How a core at an address is connected to.
fn endpoint(url: &str) -> Result<Endpoint, SettingsError> {
    let wrong = || SettingsError::Url(url.to_owned());
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let scheme = match scheme {
        "grpc" => "http",
        "grpcs" => "https",
        _ => return Err(wrong()),
    };
    let rest = rest.trim_end_matches('/');
    let (host, port) = rest.rsplit_once(':').ok_or_else(wrong)?;
    if host.is_empty() || port.parse::<u16>().is_err() || rest.contains(['/', '@', '?', '#']) {
        return Err(wrong());
    }
    let endpoint = Endpoint::from_shared(format!("{scheme}://{rest}")).map_err(|_| wrong())?;
    let pulse = Duration::from_millis(PULSE_MS);
    Ok(endpoint
        .connect_timeout(Duration::from_millis(CONNECT_TIME_MS))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(pulse)
        .keep_alive_timeout(pulse)
        .keep_alive_while_idle(true)
        .http2_adaptive_window(true))
}

fn is_encrypted(endpoint: &Endpoint) -> bool {
    endpoint.uri().scheme_str() == Some("https")
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("uri", self.endpoint.uri())
            .field("credentials", &self.credentials)
            .field("call_time", &self.call_time)
            .field("long_call_time", &self.long_call_time)
            .field("calls_max", &self.calls_max)
            .finish_non_exhaustive()
    }
}

/// What happened to a call: the status, without what it may hold of the call.
#[derive(Debug, Error)]
#[error("the core at the other end: {code:?}, {message}")]
struct CallError {
    code: Code,
    message: String,
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        Self { code: status.code(), message: status.message().to_owned() }
    }
}

/// A core that is a server elsewhere: it implements the driving ports. Connects when it is first
/// asked, and again after a loss. Cheap to clone.
///
/// A core that cannot be reached, does not answer in time or refuses the gateway itself is
/// [`StoreError::Unavailable`]: whether it did what it was asked is unknown, so ask again with the
/// same key.
#[derive(Debug, Clone)]
pub struct GrpcCore {
    channel: Channel,
    settings: Arc<Settings>,
    places: Arc<Semaphore>,
}

impl GrpcCore {
    /// A client, without a connection yet. Needs a runtime.
    pub fn new(settings: Settings) -> Self {
        let channel = settings.endpoint.connect_lazy();
        let places = Arc::new(Semaphore::new(settings.calls_max.min(Semaphore::MAX_PERMITS)));
        Self { channel, settings: settings.into(), places }
    }

    /// Has a call carried out.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ServiceError> {
        let _place = self.places.try_acquire().map_err(|_| StoreError::Overloaded)?;
        let body =
            serde_json::to_vec(call).map_err(|error| StoreError::Unavailable(error.into()))?;
        let mut request = Request::new(CoreCall { protocol: PROTOCOL, call: body });
        if let Some(token) = self.token()? {
            request.metadata_mut().insert("authorization", token);
        }
        let traceparent = self.settings.traceparent.as_ref().and_then(|traceparent| traceparent());
        if let Some(traceparent) = traceparent.and_then(|it| it.parse().ok()) {
            request.metadata_mut().insert("traceparent", traceparent);
        }
        let Settings { call_time, long_call_time, .. } = *self.settings;
        let time = if call.is_long() { long_call_time } else { call_time };
        request.set_timeout(time);
        let mut client = CoreClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(usize::MAX);
        let answer = timeout(time, client.call(request)).await.map_err(|_| late())?;
        let answer = answer.map_err(|status| unavailable(status.into()))?;
        let unreadable = |error: serde_json::Error| StoreError::Unavailable(error.into());
        match answer.into_inner().outcome {
            Some(Outcome::Value(value)) => Ok(serde_json::from_slice(&value).map_err(unreadable)?),
            Some(Outcome::Refusal(refusal)) => {
                let refusal: Refusal = serde_json::from_slice(&refusal).map_err(unreadable)?;
                Err(ServiceError::Told(refusal.into()))
            }
            None => {
                let message = "it answered nothing".to_owned();
                Err(unavailable(CallError { code: Code::Internal, message }).into())
            }
        }
    }

    fn token(&self) -> Result<Option<MetadataValue<Ascii>>, StoreError> {
        let token = match &self.settings.credentials {
            Credentials::None => return Ok(None),
            Credentials::Token(token) => bearer(token),
            Credentials::Issued(issuer, clock) => {
                let subject = Actor::try_from(GATEWAY_SUBJECT);
                let subject = subject.map_err(|error| StoreError::Unavailable(error.into()))?;
                let token = issuer.issue(&subject, RoleKind::Service, clock.now());
                let token = token.map_err(|error| StoreError::Unavailable(error.into()))?;
                bearer(&token.text)
            }
        };
        token.map(Some).map_err(|_| {
            let message = "the token cannot be sent".to_owned();
            unavailable(CallError { code: Code::Internal, message })
        })
    }
}

fn bearer(
    token: &str,
) -> Result<MetadataValue<Ascii>, tonic::metadata::errors::InvalidMetadataValue> {
    let mut value: MetadataValue<Ascii> = format!("Bearer {token}").parse()?;
    value.set_sensitive(true);
    Ok(value)
}

fn unavailable(error: CallError) -> StoreError {
    StoreError::Unavailable(error.into())
}

fn late() -> StoreError {
    let message = "it did not answer in time".to_owned();
    unavailable(CallError { code: Code::DeadlineExceeded, message })
}
