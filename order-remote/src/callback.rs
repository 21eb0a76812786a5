//! Callbacks of payment providers, signed as in Standard Webhooks.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use order_core::{
    Label, Timestamp,
    ports::{CallbackError, CallbackReader, PaymentFacts, PaymentNotice},
};
use serde::Deserialize;
use sha2::Sha256;

use crate::error::SecretError;

/// How far the time of a callback may be from ours, in either direction.
const TOLERANCE_MS: i64 = 5 * 60 * 1000;
/// How many signatures a callback may carry.
const SIGNATURES_MAX: usize = 16;
/// What a secret begins with in writing.
const SECRET_PREFIX: &str = "whsec_";
/// How many bytes a secret may have, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Reads callbacks of any number of providers, each with secrets of its own.
#[derive(Debug, Clone, Default)]
pub struct WebhookReader {
    providers: BTreeMap<Label, Vec<Secret>>,
}

#[derive(Clone)]
struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl WebhookReader {
    /// Takes callbacks of this provider that are signed with one of these secrets (`whsec_…`). For a
    /// change of the secret name the new one and the old one until no more comes with the old.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn provider<'a>(
        mut self,
        name: &str,
        secrets: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SecretError> {
        let name: Label = name.parse().map_err(|_| SecretError::Name)?;
        let secrets: Vec<Secret> =
            secrets.into_iter().map(Secret::read).collect::<Result<_, _>>()?;
        if secrets.is_empty() {
            return Err(SecretError::None);
        }
        self.providers.insert(name, secrets);
        Ok(self)
    }
}

impl Secret {
    fn read(text: &str) -> Result<Self, SecretError> {
        let text = text.strip_prefix(SECRET_PREFIX).ok_or(SecretError::Form)?;
        let bytes = BASE64.decode(text).map_err(|_| SecretError::Form)?;
        if SECRET_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError::Length) }
    }

    /// Whether the signature is by this secret; takes as long for every wrong one.
    fn signed(&self, id: &str, timestamp: &str, body: &[u8], signature: &[u8]) -> bool {
        Hmac::<Sha256>::new_from_slice(&self.0).is_ok_and(|mac| {
            let mac = mac.chain_update(id).chain_update(".").chain_update(timestamp);
            mac.chain_update(".").chain_update(body).verify_slice(signature).is_ok()
        })
    }
}

/// What a callback says.
#[derive(Debug, Deserialize)]
struct NoticeBody {
    #[serde(rename = "type")]
    kind: Label,
    timestamp: Timestamp,
    data: PaymentFacts,
}

impl CallbackReader for WebhookReader {
    fn read(
        &self,
        provider: &str,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<PaymentNotice, CallbackError> {
        let (name, secrets) =
            self.providers.get_key_value(provider).ok_or(CallbackError::UnknownProvider)?;
        let given = |name: &str| header(name).ok_or(CallbackError::Signature);
        let (id, timestamp) = (given("webhook-id")?, given("webhook-timestamp")?);
        if !is_fresh(&timestamp, now) {
            return Err(CallbackError::Signature);
        }
        let signatures = signatures(&given("webhook-signature")?)?;
        let is_signed = signatures.iter().any(|signature| {
            secrets.iter().any(|secret| secret.signed(&id, &timestamp, body, signature))
        });
        if !is_signed {
            return Err(CallbackError::Signature);
        }
        let id = id.parse().map_err(|_| CallbackError::Unreadable("the id is no label"))?;
        let NoticeBody { kind, timestamp: at, data: facts } = serde_json::from_slice(body)
            .map_err(|_| CallbackError::Unreadable("the body is no notice of a payment"))?;
        Ok(PaymentNotice { provider: name.clone(), id, kind, at, facts })
    }
}

fn is_fresh(timestamp: &str, now: Timestamp) -> bool {
    let millis = timestamp.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000));
    let sent = millis.and_then(|millis| Timestamp::try_from(millis).ok());
    sent.is_some_and(|sent| now.millis_since(sent).abs() <= TOLERANCE_MS)
}

/// The signatures of the kind that is known here. A list that is not one list of the specification,
/// such as two headers joined by a comma, is refused whole.
fn signatures(list: &str) -> Result<Vec<Vec<u8>>, CallbackError> {
    let mut known = Vec::new();
    for (count, entry) in list.split(' ').enumerate() {
        let (version, signature) = entry.split_once(',').ok_or(CallbackError::Signature)?;
        if count >= SIGNATURES_MAX || version.is_empty() {
            return Err(CallbackError::Signature);
        }
        if version == "v1" {
            known.push(BASE64.decode(signature).map_err(|_| CallbackError::Signature)?);
        }
    }
    Ok(known)
}
