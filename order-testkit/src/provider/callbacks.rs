//! Sends notices as callbacks, one after the other, signed as in Standard Webhooks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use order_core::{
    Label, Timestamp,
    ports::{Clock, PaymentFacts, PaymentNotice, SystemClock},
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::exchange;

/// How often a callback is sent that is not taken.
const ATTEMPTS_MAX: u32 = 5;
/// How long to wait after the first; each further wait is twice as long.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the receiver may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after the answer of a call its callback is sent.
const AFTERWARDS: Duration = Duration::from_millis(30);

/// A callback that was sent, or given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The notice's id.
    pub id: Label,
    /// What it told.
    pub kind: Label,
    /// How often it was sent.
    pub attempts: u32,
    /// The receiver's last status; none if it did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// Where callbacks wait until they are sent.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    queue: mpsc::UnboundedSender<Parcel>,
    log: Arc<Mutex<Vec<Delivery>>>,
    to: Arc<Mutex<Option<String>>>,
}

#[derive(Debug)]
struct Parcel {
    notice: PaymentNotice,
    not_before: Instant,
    sent: Option<oneshot::Sender<()>>,
}

/// The body of a callback.
#[derive(Debug, Serialize)]
struct NoticeBody<'a> {
    #[serde(rename = "type")]
    kind: &'a Label,
    timestamp: Timestamp,
    data: &'a PaymentFacts,
}

impl Outgoing {
    /// Starts to send what will be put in, as long as the runtime lives.
    pub(super) fn start(secrets: Vec<Vec<u8>>) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel();
        let outgoing = Self { queue, log: Arc::default(), to: Arc::default() };
        let (log, to) = (outgoing.log.clone(), outgoing.to.clone());
        tokio::spawn(async move {
            while let Some(Parcel { notice, not_before, sent }) = waiting.recv().await {
                sleep_until(not_before).await;
                let url = lock(&to).clone();
                if let Some(url) = url {
                    let delivery = deliver(&url, &secrets, &notice).await;
                    lock(&log).push(delivery);
                }
                if let Some(sent) = sent {
                    let _ = sent.send(());
                }
            }
        });
        outgoing
    }

    /// Sends callbacks there from now on, or nowhere.
    pub(super) fn to(&self, url: Option<String>) {
        *lock(&self.to) = url;
    }

    /// What was sent so far.
    pub(super) fn log(&self) -> Vec<Delivery> {
        lock(&self.log).clone()
    }

    /// Sends a notice and waits until it is taken, or given up.
    pub(super) async fn now(&self, notice: PaymentNotice) {
        let (sent, is_sent) = oneshot::channel();
        let parcel = Parcel { notice, not_before: Instant::now(), sent: Some(sent) };
        if self.queue.send(parcel).is_ok() {
            let _ = is_sent.await;
        }
    }

    /// Sends notices in a moment.
    pub(super) fn later(&self, notices: Vec<PaymentNotice>) {
        for notice in notices {
            let not_before = Instant::now() + AFTERWARDS;
            let _ = self.queue.send(Parcel { notice, not_before, sent: None });
        }
    }
}

async fn deliver(url: &str, secrets: &[Vec<u8>], notice: &PaymentNotice) -> Delivery {
    let PaymentNotice { id, kind, at, facts, .. } = notice;
    let body = NoticeBody { kind, timestamp: *at, data: facts };
    let body = serde_json::to_vec(&body).expect("a notice is JSON");
    let mut delivery = Delivery { id: id.clone(), kind: kind.clone(), attempts: 0, status: None };
    loop {
        delivery.attempts += 1;
        let headers = signed(secrets, id.as_str(), SystemClock.now(), &body);
        let sent = exchange::send("POST", url, &headers, body.clone());
        let answer = timeout(PATIENCE, sent).await;
        delivery.status = answer.ok().and_then(Result::ok).map(|(status, _)| status);
        let is_taken = delivery.status.is_some_and(|status| (200..300).contains(&status));
        if is_taken || delivery.attempts == ATTEMPTS_MAX {
            return delivery;
        }
        sleep(PAUSE * 2_u32.pow(delivery.attempts - 1)).await;
    }
}

/// The headers of a callback, with a signature by each secret.
pub(super) fn signed(
    secrets: &[Vec<u8>],
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    let timestamp = (now.millis() / 1000).to_string();
    let signature = |secret: &Vec<u8>| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length is a key");
        let mac = mac.chain_update(format!("{id}.{timestamp}.")).chain_update(body);
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    };
    let signatures: Vec<String> = secrets.iter().map(signature).collect();
    vec![
        ("webhook-id", id.to_owned()),
        ("webhook-signature", signatures.join(" ")),
        ("webhook-timestamp", timestamp),
    ]
}

/// The bytes of a secret in writing.
pub(super) fn secret(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.strip_prefix("whsec_")?).ok()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
