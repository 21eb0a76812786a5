//! Public keys, each bound to the one algorithm that it is for.

use std::fmt;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Unusable;

/// The most keys of a set.
const KEYS_MAX: usize = 100;

/// A key that checks signatures of one algorithm.
pub(crate) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
}

/// The keys of a set that can be used here.
#[derive(Default)]
pub(crate) struct KeySet(Vec<Key>);

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

type Error = Box<dyn std::error::Error + Send + Sync>;

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517). Keys for other purposes and of other kinds are left out,
    /// symmetric ones above all: what is public signs nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let document: Document = serde_json::from_slice(bytes)?;
        if document.keys.len() > KEYS_MAX {
            return Err(Unusable("it has too many keys").into());
        }
        let keys: Vec<Key> = document.keys.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(Unusable("it has no key for RS256, ES256 or EdDSA").into());
        }
        Ok(Self(keys))
    }

    /// The key with this id, else the only one of the algorithm. A key is never used for another
    /// algorithm than its own.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut fits = self.0.iter().filter(|key| key.algorithm == algorithm);
        match id {
            Some(id) => fits.find(|key| key.id.as_deref() == Some(id)),
            None => fits.next().filter(|_| fits.next().is_none()),
        }
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let common = &jwk.common;
        let is_for_signatures =
            common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature)
                && (common.key_operations.as_ref())
                    .is_none_or(|it| it.contains(&KeyOperations::Verify));
        let (algorithm, name) = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
            AlgorithmParameters::EllipticCurve(it) if it.curve == EllipticCurve::P256 => {
                (Algorithm::ES256, KeyAlgorithm::ES256)
            }
            AlgorithmParameters::OctetKeyPair(it) if it.curve == EllipticCurve::Ed25519 => {
                (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
            }
            _ => return None,
        };
        if !is_for_signatures || common.key_algorithm.is_some_and(|it| it != name) {
            return None;
        }
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id, algorithm, decoding })
    }
}
