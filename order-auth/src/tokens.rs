//! JSON Web Tokens: ours are made, everybody's are checked.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::{Error, ErrorKind},
};
use order_core::{
    Actor, Principal, RoleKind, Timestamp,
    accounts::Token,
    ports::{Authenticator, CredentialError, TokenIssuer},
};
use serde_json::{Value, json};

use crate::{
    claims::{self, Claims},
    error::AuthError,
    jwks::{Jwks, KeySource, Pace},
    secret::Secret,
};

/// How long a token counts if nobody says.
pub const EXPIRATION_DEFAULT: Duration = Duration::from_hours(24);
/// How far the clocks of two servers may be apart, in seconds.
pub const LEEWAY_S: u64 = 5;
/// The longest token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Which tokens are made, and which count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// Signs our tokens, and is trusted for HS256 and nothing else; none makes no tokens.
    pub secret: Option<Secret>,
    /// Public keys of others, trusted for the algorithm that each is for.
    pub keys: Option<KeySource>,
    /// How often those are fetched.
    pub pace: Pace,
    /// How long our tokens count.
    pub expiration: Duration,
    /// Who must have made a token; anybody with a key if none.
    pub issuer: Option<String>,
    /// Whom a token must be for; anybody if none.
    pub audience: Option<String>,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            secret: None,
            keys: None,
            pace: Pace::default(),
            expiration: EXPIRATION_DEFAULT,
            issuer: None,
            audience: None,
        }
    }
}

/// Makes and checks tokens.
pub struct JwtTokens {
    secret: Option<(EncodingKey, DecodingKey)>,
    jwks: Option<Jwks>,
    expiration: Duration,
    issuer: Option<String>,
    audience: Option<String>,
}

impl fmt::Debug for JwtTokens {
    /// Leaves the keys out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtTokens")
            .field("secret", &self.secret.is_some())
            .field("jwks", &self.jwks)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

impl JwtTokens {
    /// Tokens by these settings. Asks nobody for keys yet.
    ///
    /// # Errors
    /// [`AuthError::NoKeys`], [`AuthError::Keys`].
    pub fn new(settings: TokenSettings) -> Result<Self, AuthError> {
        let TokenSettings { secret, keys, pace, expiration, issuer, audience } = settings;
        if secret.is_none() && keys.is_none() {
            return Err(AuthError::NoKeys);
        }
        let secret = secret.map(|secret| {
            let bytes = secret.bytes();
            (EncodingKey::from_secret(bytes), DecodingKey::from_secret(bytes))
        });
        let jwks = keys.map(|source| Jwks::new(source, pace)).transpose()?;
        Ok(Self { secret, jwks, expiration, issuer, audience })
    }

    /// Fetches the keys of others, if there are to be any. A host that goes on without them tries
    /// again with the first token.
    ///
    /// # Errors
    /// [`AuthError::Keys`].
    pub async fn load_keys(&self) -> Result<(), AuthError> {
        match &self.jwks {
            Some(jwks) => jwks.load().await,
            None => Ok(()),
        }
    }

    /// What a token of an algorithm must be besides signed.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        let mut required = vec!["exp"];
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &self.audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        } else {
            validation.validate_aud = false;
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    async fn check(&self, token: &str) -> Result<Claims, CredentialError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(CredentialError::Refused("it is too long"));
        }
        let header = decode_header(token).map_err(|error| refused(&error))?;
        if header.crit.is_some() {
            return Err(CredentialError::Refused("it asks for what is not known here"));
        }
        let untrusted = CredentialError::Refused("its algorithm is not trusted here");
        let validation = self.validation(header.alg);
        let read = |key: &DecodingKey| decode::<Claims>(token, key, &validation);
        let decoded = match header.alg {
            Algorithm::HS256 => {
                let (_, key) = self.secret.as_ref().ok_or(untrusted)?;
                read(key)
            }
            Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA => {
                let jwks = self.jwks.as_ref().ok_or(untrusted)?;
                let read = jwks.with_key(header.kid.as_deref(), header.alg, read).await?;
                read.ok_or(CredentialError::Refused("its key is not known here"))?
            }
            _ => return Err(untrusted),
        };
        Ok(decoded.map_err(|error| refused(&error))?.claims)
    }
}

/// Why a token does not count, in words that help its owner and nobody else.
fn refused(error: &Error) -> CredentialError {
    CredentialError::Refused(match error.kind() {
        ErrorKind::ExpiredSignature => return CredentialError::Expired,
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => {
            "a claim is missing or cannot be read: exp, and iss and aud where they are asked for"
        }
        ErrorKind::InvalidIssuer => "somebody else made it",
        ErrorKind::InvalidAudience => "it is for somebody else",
        ErrorKind::ImmatureSignature => "it does not count yet",
        _ => "it cannot be read",
    })
}

#[async_trait]
impl Authenticator for JwtTokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, CredentialError> {
        claims::principal(&self.check(token).await?)
    }
}

impl TokenIssuer for JwtTokens {
    fn issue(
        &self,
        subject: &Actor,
        role: RoleKind,
        now: Timestamp,
    ) -> Result<Token, CredentialError> {
        let (key, _) = self.secret.as_ref().ok_or(CredentialError::NoIssuer)?;
        let now_s = now.millis().div_euclid(1_000);
        let lasts_s = i64::try_from(self.expiration.as_secs()).unwrap_or(i64::MAX);
        let expires_s = now_s.saturating_add(lasts_s);
        let mut claims = json!({
            "sub": subject.as_str(), "role": role.as_str(), "iat": now_s, "exp": expires_s,
        });
        for (name, value) in [("iss", &self.issuer), ("aud", &self.audience)] {
            if let Some(value) = value {
                claims[name] = Value::from(value.as_str());
            }
        }
        let text = encode(&Header::new(Algorithm::HS256), &claims, key)
            .map_err(|error| CredentialError::Broken(error.into()))?;
        let expires_at = Timestamp::from_millis(expires_s.saturating_mul(1_000));
        Ok(Token { text: Arc::from(text), expires_at })
    }
}
