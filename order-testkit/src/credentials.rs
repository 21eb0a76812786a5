//! Passwords that are not hashed at all, and tokens that nobody has signed.

use async_trait::async_trait;
use order_core::{
    Actor, Principal, RoleKind, Timestamp,
    accounts::{Password, PasswordHash, Token},
    ports::{Authenticator, Clock, CredentialError, PasswordHasher, SystemClock, TokenIssuer},
};

/// Keeps passwords as they are, so that tests which are not about hashing are quick.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainHasher;

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, CredentialError> {
        Ok(plain(password))
    }

    async fn matches(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, CredentialError> {
        Ok(hash.is_some_and(|hash| *hash == plain(password)))
    }
}

fn plain(password: &Password) -> PasswordHash {
    PasswordHash::new(&format!("plain:{}", String::from_utf8_lossy(password.expose())))
}

/// Writes and believes tokens such as `staff ann 1738108800000`: role, name and end. For tests alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainTokens;

/// How long the tokens count, in milliseconds.
const LASTS_MS: i64 = 600_000;

#[async_trait]
impl Authenticator for PlainTokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, CredentialError> {
        let read = || {
            let (role, rest) = token.split_once(' ')?;
            let (subject, end) = rest.rsplit_once(' ')?;
            let who = Principal::new(Actor::try_from(subject).ok()?, role.parse().ok()?);
            Some((who, end.parse::<i64>().ok()?))
        };
        match read() {
            None => Err(CredentialError::Refused("it is not plain")),
            Some((_, end)) if end <= SystemClock.now().millis() => Err(CredentialError::Expired),
            Some((who, _)) => Ok(who),
        }
    }
}

impl TokenIssuer for PlainTokens {
    fn issue(
        &self,
        subject: &Actor,
        role: RoleKind,
        now: Timestamp,
    ) -> Result<Token, CredentialError> {
        let expires_at = now.plus_millis(LASTS_MS);
        Ok(Token { text: format!("{role} {subject} {}", expires_at.millis()).into(), expires_at })
    }
}
