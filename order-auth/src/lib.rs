//! Passwords and tokens behind the ports of `order-core`.
//!
//! [`Argon2Hasher`] hashes passwords with argon2id, off the threads that serve. [`JwtTokens`] makes
//! tokens (HS256) and checks them: its own, and those of others by a shared secret (HS256) or by a
//! JSON Web Key Set (RS256, ES256, EdDSA) from a file or a URL.
//!
//! ```
//! use order_auth::{JwtTokens, Secret, TokenSettings};
//! use order_core::{RoleKind, ports::{Authenticator, Clock, SystemClock, TokenIssuer}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::new("a secret of at least thirty-two bytes")?;
//! let tokens = JwtTokens::new(TokenSettings { secret: Some(secret), ..TokenSettings::default() })?;
//! let token = tokens.issue(&"ann".try_into()?, RoleKind::Staff, SystemClock.now())?;
//! let who = tokens.authenticate(&token.text).await?;
//! assert_eq!(who.role.kind(), RoleKind::Staff);
//! # Ok(())
//! # }
//! ```

mod claims;
mod error;
mod jwks;
mod keys;
mod password;
mod secret;
mod tokens;

pub use self::{
    error::AuthError,
    jwks::{KeySource, Pace},
    password::{Argon2Hasher, WAITING_MAX},
    secret::{SECRET_BYTES_GOOD, Secret},
    tokens::{EXPIRATION_DEFAULT, JwtTokens, LEEWAY_S, TOKEN_BYTES_MAX, TokenSettings},
};
