//! How a service is called.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Url, header::HeaderValue};

use crate::error::SettingsError;

/// The most attempts one call may make.
pub(crate) const ATTEMPTS_MAX: u32 = 10;

/// Where a service is, and how patient and how strict the client is. A value; nothing is read from
/// the environment.
#[derive(Clone)]
pub struct Settings {
    pub(crate) base: Url,
    pub(crate) token: Option<HeaderValue>,
    pub(crate) connect: Duration,
    pub(crate) attempt: Duration,
    pub(crate) total: Duration,
    pub(crate) attempts: u32,
    pub(crate) pause: Duration,
    pub(crate) answer_max: usize,
    pub(crate) circuit: Circuit,
    pub(crate) uses_environment_proxy: bool,
    pub(crate) traceparent: Option<Traceparent>,
}

/// What a service is told of the trace that a call belongs to, as `traceparent` has it.
pub type Traceparent = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// When a service is left alone for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circuit {
    /// How many attempts are looked at.
    pub attempts: usize,
    /// Which share of them has to fail, from 0 to 1, for the circuit to open.
    pub failures: f32,
    /// How long it stays open.
    pub wait: Duration,
    /// How many attempts are looked at then before it closes, or opens again.
    pub trials: usize,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { attempts: 20, failures: 0.5, wait: Duration::from_secs(10), trials: 3 }
    }
}

impl Settings {
    /// The service at this address, with three attempts of five seconds in fifteen.
    ///
    /// # Errors
    /// [`SettingsError::Address`].
    pub fn new(base: &str) -> Result<Self, SettingsError> {
        let mut base =
            Url::parse(base).map_err(|_| SettingsError::Address("is not an absolute URL"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(SettingsError::Address("is neither http nor https"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(SettingsError::Address("has credentials in it; use a token"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(SettingsError::Address("has a query or a fragment"));
        }
        if let Ok(mut segments) = base.path_segments_mut() {
            segments.pop_if_empty();
        }
        Ok(Self {
            base,
            token: None,
            connect: Duration::from_secs(2),
            attempt: Duration::from_secs(5),
            total: Duration::from_secs(15),
            attempts: 3,
            pause: Duration::from_millis(100),
            answer_max: 1 << 20,
            circuit: Circuit::default(),
            uses_environment_proxy: false,
            traceparent: None,
        })
    }

    /// Sends this bearer token with every request.
    ///
    /// # Errors
    /// [`SettingsError::Token`].
    pub fn token(self, token: &str) -> Result<Self, SettingsError> {
        let mut token =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| SettingsError::Token)?;
        token.set_sensitive(true);
        Ok(Self { token: Some(token), ..self })
    }

    /// How long a connection, an attempt with its answer, and all attempts with the pauses between
    /// them may take.
    #[must_use]
    pub fn timeouts(self, connect: Duration, attempt: Duration, total: Duration) -> Self {
        Self { connect, attempt, total, ..self }
    }

    /// How many attempts a call makes, from 1 to 10.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts: attempts.clamp(1, ATTEMPTS_MAX), ..self }
    }

    /// How long the first pause between attempts is at most; each further one is twice as long. Half
    /// of each is chance.
    #[must_use]
    pub fn pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// How many bytes an answer may have.
    #[must_use]
    pub fn answer_max(self, bytes: usize) -> Self {
        Self { answer_max: bytes, ..self }
    }

    /// When the service is left alone for a while.
    #[must_use]
    pub fn circuit(self, circuit: Circuit) -> Self {
        Self { circuit, ..self }
    }

    /// Sends what this gives as `traceparent` (W3C Trace Context) with every request; it is asked anew
    /// for each, in the task that makes the call.
    #[must_use]
    pub fn traced(self, traceparent: Traceparent) -> Self {
        Self { traceparent: Some(traceparent), ..self }
    }

    /// Uses the proxy that the environment names (`HTTPS_PROXY` and the like).
    #[must_use]
    pub fn environment_proxy(self) -> Self {
        Self { uses_environment_proxy: true, ..self }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("base", &self.base.as_str())
            .field("token", &self.token.as_ref().map(|_| ".."))
            .field("connect", &self.connect)
            .field("attempt", &self.attempt)
            .field("total", &self.total)
            .field("attempts", &self.attempts)
            .field("pause", &self.pause)
            .field("answer_max", &self.answer_max)
            .field("circuit", &self.circuit)
            .field("uses_environment_proxy", &self.uses_environment_proxy)
            .field("traceparent", &self.traceparent.is_some())
            .finish()
    }
}
