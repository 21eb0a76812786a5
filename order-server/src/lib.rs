//! The standalone server: the configuration, the adapters it wires, its accept loop and its stop.
//!
//! The binary is [`run`]; tests and benchmarks [`serve`] a [`Config`], or start a [`Server`] and
//! stop it themselves.

mod answer;
mod audit;
mod banner;
mod config;
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
mod consumers;
mod error;
mod gate;
mod gateway;
mod grpc;
mod health;
mod listen;
mod logging;
mod metering;
mod problem;
mod relays;
mod server;
mod signals;
mod store;
mod throttle;
mod tidy;
mod tls;
mod traces;
mod webhooks;
mod wiring;
mod workers;

pub use self::{
    config::{
        Backend, Broker, Caching, CallbackSecrets, Collector, Config, ConfigError, Database,
        Exposure, Inlet, Inlets, Invocation, Limits, LogFormat, Outlets, Rate, Redacted, RedisUrl,
        Service, Services, Timing, TlsFiles, Webhooks, read,
    },
    error::ServerError,
    listen::Drained,
    server::{Server, run, serve},
    tls::TlsError,
    traces::TracesError,
};
