//! A server whose orders are kept by another.

use std::{fmt, path::PathBuf};

use order_auth::TokenSettings;

use super::{ConfigError, Sources, parse, settings};

/// The server that keeps the orders. Shown without the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Backend {
    /// Where its gRPC answers: `grpc://HOST:PORT`, or `grpcs://HOST:PORT`.
    pub url: String,
    /// The certificates that are trusted, in PEM; those of the system if none.
    pub ca: Option<PathBuf>,
    /// What shows it that a gateway asks; made with our secret if none.
    pub token: Option<String>,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("url", &self.url)
            .field("ca", &self.ca)
            .finish_non_exhaustive()
    }
}

impl Backend {
    pub(super) fn read(
        from: &mut Sources<'_>,
        tokens: &TokenSettings,
    ) -> Result<Option<Self>, ConfigError> {
        let url = from.take_optional(&settings::BACKEND, parse::backend)?;
        let ca = from.take_optional(&settings::GRPC_CA_FILE, |path| Ok(PathBuf::from(path)))?;
        let token = from.take_optional(&settings::GRPC_TOKEN, parse::token)?;
        let Some(url) = url else { return Ok(None) };
        let asks_who_calls = tokens.secret.is_some() || tokens.keys.is_some();
        match token {
            // Whoever reaches this machine would be an administrator of the other.
            Some(_) if !asks_who_calls => Err(ConfigError::OpenGateway),
            None if asks_who_calls && tokens.secret.is_none() => Err(ConfigError::NoGatewayToken),
            // The token, and what callers say, would be read by anybody on the way.
            _ if ca.is_some() && !url.starts_with("grpcs://") => Err(ConfigError::NoTlsToCore),
            token => Ok(Some(Self { url, ca, token })),
        }
    }
}
