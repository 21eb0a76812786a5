//! The standalone server: the configuration, the adapters it wires, its accept loop and its stop.
//!
//! The binary is [`run`]; tests and benchmarks [`serve`] a [`Config`], or start a [`Server`] and
//! stop it themselves.

mod answer;
mod banner;
mod config;
mod error;
mod gate;
mod listen;
mod logging;
mod problem;
mod server;
mod signals;
mod store;
mod wiring;
mod workers;

pub use self::{
    config::{
        Caching, CallbackSecrets, Config, ConfigError, Database, Invocation, Limits, LogFormat,
        Redacted, RedisUrl, Service, Services, Timing, read,
    },
    error::ServerError,
    listen::Drained,
    server::{Server, run, serve},
};
