//! A sender of webhooks that sends nothing.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use order_core::{
    EndpointUrl,
    ports::{Clock, EndpointError, WebhookCall, WebhookOutcome, WebhookReply, WebhookSender},
    webhook::SigningSecret,
};

/// Keeps what it is to send, and answers as planned; once the plan is at its end, as the last answer
/// that stays. It takes addresses that begin with `https://` and secrets that begin with `whsec_`.
pub struct ScriptedSender {
    clock: Arc<dyn Clock>,
    plan: Mutex<VecDeque<WebhookOutcome>>,
    rest: Mutex<WebhookOutcome>,
    calls: Mutex<Vec<WebhookCall>>,
    secrets: AtomicU32,
}

impl std::fmt::Debug for ScriptedSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedSender").finish_non_exhaustive()
    }
}

fn own<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScriptedSender {
    /// An endpoint that takes everything.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            plan: Mutex::default(),
            rest: Mutex::new(WebhookOutcome::Delivered),
            calls: Mutex::default(),
            secrets: AtomicU32::new(0),
        }
    }

    /// Answers so from now on.
    pub fn answer(&self, outcome: WebhookOutcome) {
        *own(&self.rest) = outcome;
    }

    /// Answers so once, after what was planned before.
    pub fn answer_once(&self, outcome: WebhookOutcome) {
        own(&self.plan).push_back(outcome);
    }

    /// What was to be sent since the last time.
    pub fn take(&self) -> Vec<WebhookCall> {
        std::mem::take(&mut own(&self.calls))
    }
}

#[async_trait]
impl WebhookSender for ScriptedSender {
    fn check_url(&self, url: &EndpointUrl) -> Result<(), EndpointError> {
        let is_fine = url.as_str().starts_with("https://");
        if is_fine { Ok(()) } else { Err(EndpointError::Url("is not an https URL")) }
    }

    fn check_secret(&self, secret: &SigningSecret) -> Result<(), EndpointError> {
        let is_fine = secret.expose().starts_with("whsec_");
        if is_fine { Ok(()) } else { Err(EndpointError::Secret) }
    }

    fn new_secret(&self) -> Result<SigningSecret, EndpointError> {
        let number = self.secrets.fetch_add(1, Ordering::SeqCst);
        Ok(SigningSecret::new(&format!("whsec_{number}")))
    }

    async fn send(&self, calls: Vec<WebhookCall>) -> Vec<WebhookReply> {
        let reply = |_: &WebhookCall| {
            let outcome = own(&self.plan).pop_front().unwrap_or_else(|| own(&self.rest).clone());
            let status = match &outcome {
                WebhookOutcome::Delivered => Some(204),
                WebhookOutcome::Gone => Some(410),
                WebhookOutcome::Failed { .. } => None,
            };
            WebhookReply { at: self.clock.now(), duration_ms: 1, status, outcome }
        };
        let replies = calls.iter().map(reply).collect();
        own(&self.calls).extend(calls);
        replies
    }
}
