//! Why the server could not start.

use std::{error::Error, io, net::SocketAddr, path::PathBuf};

use order_core::{TextError, ports::StoreError};
use thiserror::Error;

use crate::{
    config::{ConfigError, Database},
    tls::TlsError,
    traces::TracesError,
};

/// Why the server could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody can be who everybody is.
    #[error("the caller of development mode has no name")]
    Caller(#[from] TextError),
    /// The working folder is unknown.
    #[error("cannot find the working folder")]
    Folder(#[source] io::Error),
    /// The threads or signal handlers that it needs are not to be had.
    #[error("cannot set up the process")]
    Process(#[source] io::Error),
    /// The database cannot be opened.
    #[error("cannot open the orders in {database}")]
    Store {
        /// Which database.
        database: Database,
        /// Why not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A service beside this one cannot be reached as it is told.
    #[error("cannot set up the client of a service")]
    Service(#[from] order_remote::SettingsError),
    /// The secrets of callbacks cannot be used.
    #[error("the secrets of callbacks cannot be used")]
    Callbacks(#[source] order_remote::SecretError),
    /// The exchange or topic of a broker cannot be used.
    #[error("cannot set up the events to {broker}")]
    Broker {
        /// Which broker.
        broker: &'static str,
        /// Why not.
        #[source]
        source: order_broker::SettingsError,
    },
    /// The client of webhooks cannot be made.
    #[error("cannot set up the client of webhooks")]
    Webhooks(#[source] order_broker::SettingsError),
    /// The database does not say which one it is, so that nothing of it can be kept in Redis.
    #[error("the database does not say which one it is")]
    Origin(#[source] StoreError),
    /// gRPC cannot be served.
    #[error("gRPC cannot be served")]
    Grpc(#[from] order_grpc::ServeError),
    /// The client of the server that keeps the orders cannot be made.
    #[error("cannot set up the client of the server that keeps the orders")]
    Backend(#[from] order_grpc::SettingsError),
    /// The certificates that it must show cannot be read.
    #[error("cannot read {}", path.display())]
    Certificates {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The cache in Redis cannot be set up.
    #[error("the cache in Redis cannot be set up")]
    Cache(#[from] order_cache_redis::SettingsError),
    /// Connections cannot be encrypted.
    #[error("connections cannot be encrypted")]
    Tls(#[from] TlsError),
    /// Traces cannot be sent.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl ServerError {
    /// The process's exit code: 2 for a configuration that cannot be used, 1 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(ConfigError::Usage(error)) => u8::try_from(error.exit_code()).unwrap_or(2),
            Self::Config(_)
            | Self::Service(_)
            | Self::Callbacks(_)
            | Self::Broker { .. }
            | Self::Backend(_)
            | Self::Certificates { .. }
            | Self::Cache(_)
            | Self::Tls(_)
            | Self::Traces(_) => 2,
            Self::Caller(_)
            | Self::Folder(_)
            | Self::Process(_)
            | Self::Webhooks(_)
            | Self::Store { .. }
            | Self::Origin(_)
            | Self::Grpc(_)
            | Self::Listen { .. } => 1,
        }
    }

    /// The error and what caused it, on one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
