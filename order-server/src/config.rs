//! The configuration: flags before environment before `.env` file before defaults.

mod brokers;
mod caching;
mod exposure;
mod gateway;
mod limits;
mod parse;
mod services;
mod settings;
mod sources;

use std::{
    ffi::OsString,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use order_auth::{AuthError, Secret, TokenSettings};
use order_core::Currency;
use thiserror::Error;

pub use self::{
    brokers::{Broker, Inlet, Inlets, Outlets},
    caching::{Caching, RedisUrl},
    exposure::{Exposure, Rate, TlsFiles},
    gateway::Backend,
    limits::Limits,
    parse::Redacted,
    services::{CallbackSecrets, Service, Services, Timing, Webhooks},
};
use self::{
    settings::{SETTINGS, command},
    sources::{Effective, Sources},
};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
    /// Text on a terminal, JSON elsewhere.
    Auto,
}

/// Where the orders are kept. Shown without its password, also by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// One SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its URL.
    Postgres(String),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Postgres(url) => Redacted(url).fmt(f),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => f.debug_tuple("Sqlite").field(file).finish(),
            Self::Postgres(url) => write!(f, "Postgres({})", Redacted(url)),
        }
    }
}

/// Who gets traces.
#[derive(Debug, Clone, PartialEq)]
pub struct Collector {
    /// Where it is: OTLP over HTTP.
    pub address: String,
    /// What this server is called.
    pub service: String,
    /// Share of the traces that begin here that is sent.
    pub share: f64,
}

/// All that the server is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the orders are kept.
    pub database: Database,
    /// The server that keeps the orders; none if this one does, in the database.
    pub backend: Option<Backend>,
    /// Where the server listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where gRPC answers, if it shall.
    pub grpc: Option<SocketAddr>,
    /// Prefix of every route, such as `/shop`; empty for none.
    pub base_path: String,
    /// Where the orders' own routes answer too, such as `/`; none for only `/orders`.
    pub orders_path: Option<String>,
    /// The currency of an order that names none.
    pub currency: Currency,
    /// Whether a placed order is confirmed at once.
    pub auto_confirm: bool,
    /// Whose tokens count. With neither secret nor keys nobody is asked for one: development mode.
    pub tokens: TokenSettings,
    /// Services beside this one.
    pub services: Services,
    /// What happens to orders by itself.
    pub timing: Timing,
    /// Where events and measurements go.
    pub outlets: Outlets,
    /// Where events of other services come from.
    pub inlets: Inlets,
    /// How events are delivered to webhooks.
    pub webhooks: Webhooks,
    /// What is kept of orders that were read.
    pub caching: Caching,
    /// Whom the server lets in, and how fast.
    pub exposure: Exposure,
    /// Who gets traces.
    pub collector: Option<Collector>,
    /// Which log lines are written, as `RUST_LOG` says it.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Threads that serve; none for one a core.
    pub workers: Option<usize>,
    /// What a client may take.
    pub limits: Limits,
    /// Variables that are set but that a gateway does nothing with.
    pub ignored: Vec<&'static str>,
}

impl Config {
    /// The defaults, with the data file in this folder and any free port of this machine: for tests
    /// and benchmarks.
    pub fn in_folder(folder: &Path) -> Self {
        let database = Database::Sqlite(folder.join("orders.db"));
        Self {
            caching: Caching::default(),
            database,
            backend: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            grpc: None,
            base_path: String::new(),
            orders_path: None,
            currency: Currency::USD,
            auto_confirm: true,
            tokens: TokenSettings::default(),
            services: Services::default(),
            timing: Timing::default(),
            outlets: Outlets::default(),
            inlets: Inlets::default(),
            webhooks: Webhooks::default(),
            exposure: Exposure::default(),
            collector: None,
            log: "info".to_owned(),
            log_format: LogFormat::Auto,
            workers: None,
            limits: Limits::default(),
            ignored: Vec::new(),
        }
    }

    /// Whether callers must sign in; else every caller is an administrator: development mode.
    pub fn asks_who_calls(&self) -> bool {
        self.tokens.secret.is_some() || self.tokens.keys.is_some()
    }

    /// Makes sure that nobody but who may can reach the orders.
    ///
    /// # Errors
    /// [`ConfigError::Unprotected`].
    pub(crate) fn check_safe(&self) -> Result<(), ConfigError> {
        let mut addresses = [Some(self.listen), self.grpc].into_iter().flatten();
        match addresses.find(|address| !address.ip().is_loopback()) {
            Some(address) if !self.asks_who_calls() => Err(ConfigError::Unprotected(address)),
            _ => Ok(()),
        }
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub struct Invocation {
    /// The configuration.
    pub config: Config,
    /// Only print the configuration, do not serve.
    pub check_only: bool,
    effective: Effective,
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.effective.fmt(f)
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The command line makes no sense, or asks for help.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// A value that cannot be used.
    #[error("{origin}: {problem}")]
    Value {
        /// Where the value comes from.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The `.env` file cannot be read.
    #[error("cannot read {}", path.display())]
    DotEnv {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: dotenvy::Error,
    },
    /// Without authentication, only this machine may reach the server.
    #[error(
        "refusing to listen on {0}: there is no authentication, every caller is admin, so only an \
         address of this machine will do, such as 127.0.0.1:{port} (or [::1]:{port}); set JWT_SECRET \
         or JWT_KEYS, so that callers must sign in, to be reached from elsewhere",
        port = .0.port()
    )]
    Unprotected(SocketAddr),
    /// The secret is said twice.
    #[error("give the secret in JWT_SECRET or in the file of JWT_SECRET_FILE, not in both")]
    TwoSecrets,
    /// Callers of a gateway would be what it is itself.
    #[error(
        "refusing to be a gateway with a token (GRPC_TOKEN) where nobody is asked who calls: every \
         caller would be admin of the other server; set JWT_SECRET or JWT_KEYS"
    )]
    OpenGateway,
    /// A gateway that cannot say that it is one.
    #[error(
        "a gateway that only has the keys of others (JWT_KEYS) needs GRPC_TOKEN: a token of the role \
         admin, or of the role service for the subject gateway"
    )]
    NoGatewayToken,
    /// Certificates for a connection without TLS.
    #[error("GRPC_CA_FILE needs a backend at grpcs://HOST:PORT: nothing is encrypted to grpc://")]
    NoTlsToCore,
    /// There is nobody to read from.
    #[error("{setting} needs {needs}, the broker that it is at")]
    NoBroker {
        /// What was given.
        setting: &'static str,
        /// What was not.
        needs: &'static str,
    },
    /// The server would read what it publishes itself.
    #[error(
        "{0} names what the server itself publishes to: events of other services come from elsewhere"
    )]
    OwnEvents(&'static str),
    /// A certificate is of no use without its key.
    #[error("TLS_CERT_FILE and TLS_KEY_FILE go together")]
    HalfTls,
    /// What signs or checks tokens cannot be used.
    #[error(transparent)]
    Tokens(#[from] AuthError),
}

/// Reads the configuration from the arguments (the program's name first), from the environment, and
/// from `.env` in the folder.
///
/// # Errors
/// [`ConfigError`] for the first value that cannot be used.
pub fn read(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<OsString>,
    folder: &Path,
) -> Result<Invocation, ConfigError> {
    let matches = command().try_get_matches_from(arguments)?;
    let mut sources = Sources::read(&matches, environment, folder)?;
    let config = assemble(&mut sources)?;
    config.check_safe()?;
    Ok(Invocation {
        config,
        check_only: matches.get_flag(settings::CHECK_CONFIG),
        effective: sources.into_effective(),
    })
}

fn assemble(from: &mut Sources<'_>) -> Result<Config, ConfigError> {
    let services = Services::read(from)?;
    let database = from.take(&settings::DATABASE_URL, parse::database)?;
    let outlets = Outlets::read(from)?;
    let tokens = tokens(from)?;
    let backend = Backend::read(from, &tokens)?;
    let config = Config {
        caching: Caching::read(from)?,
        database,
        timing: Timing::read(from, services.payments.is_some())?,
        services,
        listen: from.take(&settings::LISTEN, parse::listen)?,
        base_path: from.take_optional(&settings::BASE_PATH, parse::path)?.unwrap_or_default(),
        orders_path: from.take_optional(&settings::ORDERS_PATH, parse::mount)?,
        currency: from.take(&settings::CURRENCY, parse::currency)?,
        auto_confirm: from.take(&settings::AUTO_CONFIRM, parse::switch)?,
        tokens,
        grpc: from.take_optional(&settings::GRPC_LISTEN, parse::listen)?,
        inlets: Inlets::read(from, &outlets)?,
        outlets,
        webhooks: Webhooks {
            allow_private: from.take(&settings::WEBHOOK_ALLOW_PRIVATE, parse::switch)?,
        },
        exposure: Exposure::read(from)?,
        collector: collector(from)?,
        log: from.take(&settings::LOG, parse::log_filter)?,
        log_format: from.take(&settings::LOG_FORMAT, parse::log_format)?,
        workers: from.take_optional(&settings::WORKERS, |text| parse::count(text, 1, 1_024))?,
        limits: Limits::read(from)?,
        ignored: if backend.is_some() { from.ignored() } else { Vec::new() },
        backend,
    };
    debug_assert_eq!(from.taken(), SETTINGS.len(), "every setting of the table is read");
    Ok(config)
}

fn tokens(from: &mut Sources<'_>) -> Result<TokenSettings, ConfigError> {
    let secret = from.take_optional(&settings::JWT_SECRET, parse::secret)?;
    let file = from.take_optional(&settings::JWT_SECRET_FILE, |path| Ok(PathBuf::from(path)))?;
    let secret = match (secret, file) {
        (Some(_), Some(_)) => return Err(ConfigError::TwoSecrets),
        (secret, None) => secret,
        (None, Some(path)) => Some(Secret::read(&path)?),
    };
    Ok(TokenSettings {
        secret,
        keys: from.take_optional(&settings::JWT_KEYS, parse::keys)?,
        expiration: from.take(&settings::JWT_EXPIRATION, parse::expiration)?,
        issuer: from.take_optional(&settings::JWT_ISSUER, |name| Ok(name.to_owned()))?,
        audience: from.take_optional(&settings::JWT_AUDIENCE, |name| Ok(name.to_owned()))?,
        ..TokenSettings::default()
    })
}

fn collector(from: &mut Sources<'_>) -> Result<Option<Collector>, ConfigError> {
    let address = from.take_optional(&settings::OTLP_ENDPOINT, parse::collector)?;
    let service = from.take(&settings::SERVICE_NAME, |name| Ok(name.to_owned()))?;
    let share = from.take(&settings::TRACE_SHARE, parse::share)?;
    Ok(address.map(|address| Collector { address, service, share }))
}

#[cfg(test)]
mod tests;
