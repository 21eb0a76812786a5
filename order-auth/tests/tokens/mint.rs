//! Those who make tokens in tests, with keys of their own.

use std::{fs, path::Path};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use order_auth::{JwtTokens, KeySource, Pace, Secret, TokenSettings};
use order_core::ports::{Clock, SystemClock};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "the secret that is shared, 32 bytes long";

/// Now, in seconds.
pub(crate) fn now() -> i64 {
    SystemClock.now().millis() / 1_000
}

/// What a good token says.
pub(crate) fn claims(subject: &str) -> Value {
    json!({"sub": subject, "exp": now() + 600})
}

/// A part of a token.
pub(crate) fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// Who trusts the shared secret and nothing else.
pub(crate) fn tokens() -> JwtTokens {
    let secret = Some(Secret::new(SECRET).unwrap());
    JwtTokens::new(TokenSettings { secret, ..TokenSettings::default() }).unwrap()
}

/// Who makes tokens: an algorithm and a key with a name.
pub(crate) struct Mint {
    pub(crate) name: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: EncodingKey,
}

impl Mint {
    /// Whoever knows the secret.
    pub(crate) fn shared() -> Self {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        Self { name: "shared".to_owned(), algorithm: Algorithm::HS256, key }
    }

    pub(crate) fn rsa(name: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        // The signer takes what PKCS #8 wraps for this size of key.
        let key = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
        Self { name: name.to_owned(), algorithm: Algorithm::RS256, key }
    }

    pub(crate) fn ec(name: &str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EncodingKey::from_ec_der(der.as_ref());
        Self { name: name.to_owned(), algorithm: Algorithm::ES256, key }
    }

    pub(crate) fn ed(name: &str) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
        let key = EncodingKey::from_ed_der(der.as_ref());
        Self { name: name.to_owned(), algorithm: Algorithm::EdDSA, key }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_named(Some(&self.name), claims)
    }

    /// A token that names this key.
    pub(crate) fn sign_named(&self, name: Option<&str>, claims: &Value) -> String {
        let header = Header { kid: name.map(str::to_owned), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).unwrap()
    }

    /// The public key, as a member of a set.
    pub(crate) fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.name.clone());
        serde_json::to_value(jwk).unwrap()
    }

    /// Who trusts this mint and nobody else.
    pub(crate) fn trusting(&self) -> JwtTokens {
        if self.algorithm == Algorithm::HS256 {
            return tokens();
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        write_keys(&file, &[self.public()]);
        // The keys are read with the first token.
        std::mem::forget(folder);
        trusting_file(&file, Pace::default())
    }
}

pub(crate) fn trusting_file(file: &Path, pace: Pace) -> JwtTokens {
    let keys = Some(KeySource::File(file.to_owned()));
    JwtTokens::new(TokenSettings { keys, pace, ..TokenSettings::default() }).unwrap()
}

pub(crate) fn write_keys(file: &Path, keys: &[Value]) {
    fs::write(file, json!({"keys": keys}).to_string()).unwrap();
}
