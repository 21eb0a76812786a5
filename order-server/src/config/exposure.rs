//! Whom the server lets in, and how fast.

use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::{ConfigError, parse, settings, sources::Sources};

/// Where a certificate and its key are, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those between it and one that clients trust.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So often, and so often at once.
    pub count: u32,
    /// Within this time.
    pub per: Duration,
}

/// Whom the server lets in, and how fast.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposure {
    /// What connections are encrypted with; none for a server behind a proxy, or on its own machine.
    pub tls: Option<TlsFiles>,
    /// The proxies that say truly where a request comes from.
    pub proxies: Vec<IpNet>,
    /// Requests of one caller; none for as many as there is room for.
    pub rate: Option<Rate>,
    /// Attempts to sign in from one address.
    pub sign_in_rate: Option<Rate>,
    /// Connections from one address at once.
    pub connections_max: Option<usize>,
}

impl Exposure {
    pub(super) fn read(from: &mut Sources<'_>) -> Result<Self, ConfigError> {
        let file = |text: &str| Ok(PathBuf::from(text));
        let certificate = from.take_optional(&settings::TLS_CERT_FILE, file)?;
        let key = from.take_optional(&settings::TLS_KEY_FILE, file)?;
        let tls = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => return Err(ConfigError::HalfTls),
        };
        let count = |text: &str| parse::count(text, 1, 1_000_000);
        Ok(Self {
            tls,
            proxies: from
                .take_optional(&settings::TRUSTED_PROXIES, parse::networks)?
                .unwrap_or_default(),
            rate: from.take_optional(&settings::RATE_LIMIT, parse::rate)?.flatten(),
            sign_in_rate: from.take_optional(&settings::SIGN_IN_LIMIT, parse::rate)?.flatten(),
            connections_max: from.take_optional(&settings::CONNECTIONS_OF_ONE, count)?,
        })
    }
}
