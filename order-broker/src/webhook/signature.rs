//! Signatures as in Standard Webhooks.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use order_core::Timestamp;
use sha2::Sha256;

use crate::error::SettingsError;

/// How many secrets an endpoint may have at once: while one is replaced, two.
pub const SECRETS_MAX: usize = 4;
/// What a secret begins with in writing.
const SECRET_PREFIX: &str = "whsec_";
/// How many bytes a secret may have, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The secrets of an endpoint. Requests are signed with each of them, so that the endpoint can change
/// from the old one to the new one when it likes.
#[derive(Clone)]
pub struct Secrets(Vec<Vec<u8>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({}, ..)", self.0.len())
    }
}

impl Secrets {
    /// Reads secrets such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`, the newest first.
    ///
    /// # Errors
    /// [`SettingsError::Secret`], also if there is none or more than [`SECRETS_MAX`].
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, SettingsError> {
        let read = |text: &str| {
            let bytes = BASE64.decode(text.strip_prefix(SECRET_PREFIX)?).ok()?;
            SECRET_BYTES.contains(&bytes.len()).then_some(bytes)
        };
        let secrets: Option<Vec<_>> = secrets.into_iter().map(read).collect();
        let secrets = secrets.filter(|secrets| (1..=SECRETS_MAX).contains(&secrets.len()));
        secrets.map(Self).ok_or(SettingsError::Secret)
    }

    /// A new secret that nobody can guess: 32 bytes.
    ///
    /// # Errors
    /// [`SettingsError::Client`] if the machine gives no random numbers.
    pub fn generate() -> Result<String, SettingsError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| SettingsError::Client)?;
        Ok(format!("{SECRET_PREFIX}{}", BASE64.encode(bytes)))
    }

    /// The header `webhook-signature` of a request with this id, time and body.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let seconds = at.millis().div_euclid(1000).to_string();
        let sign = |secret: &Vec<u8>| {
            // Of any length; that of a secret was looked at.
            let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            let mac = mac.chain_update(id).chain_update(".").chain_update(&seconds);
            let code = mac.chain_update(".").chain_update(body).finalize().into_bytes();
            Some(format!("v1,{}", BASE64.encode(code)))
        };
        self.0.iter().filter_map(sign).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the specification of Standard Webhooks.
    #[test]
    fn the_example_of_the_specification_is_signed_the_same() {
        let secrets = Secrets::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).unwrap();
        let at = Timestamp::from_millis(1_614_265_330_999);
        let signed = secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs_and_none_is_shown() {
        let (new, old) = (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_dGhlIG9sZCBzZWNyZXQgb2YgdGhlIHByb3ZpZGVy",
        );
        let both = Secrets::new([new, old]).unwrap();
        let sign = |secrets: &Secrets| secrets.sign("id", Timestamp::from_millis(0), b"body");
        let alone = [new, old].map(|secret| sign(&Secrets::new([secret]).unwrap()));
        assert_eq!(sign(&both), alone.join(" "));
        assert_eq!(format!("{both:?}"), "Secrets(2, ..)");
    }

    #[test]
    fn a_new_secret_is_one_and_like_no_other() {
        let [one, other] = [0; 2].map(|_| Secrets::generate().unwrap());
        assert_ne!(one, other);
        assert!(Secrets::new([one.as_str(), &other]).is_ok());
    }

    #[test]
    fn secrets_that_are_none_are_refused() {
        let short = format!("whsec_{}", BASE64.encode([7; 23]));
        let long = format!("whsec_{}", BASE64.encode([7; 65]));
        for secret in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?", &short, &long] {
            assert_eq!(Secrets::new([secret]).unwrap_err(), SettingsError::Secret, "{secret}");
        }
        let fits = format!("whsec_{}", BASE64.encode([7; 24]));
        assert!(Secrets::new([fits.as_str(); SECRETS_MAX]).is_ok());
        assert!(Secrets::new([fits.as_str(); SECRETS_MAX + 1]).is_err());
        assert!(Secrets::new([]).is_err());
    }
}
