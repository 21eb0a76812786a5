//! Orders over gRPC: the services, and a client that stands in for the core.

mod access;
mod client;
mod core;
mod door;
mod health;
mod lend;
pub mod proto;
mod secret;
mod server;
mod status;
mod wire;

pub use access::{Access, GATEWAY_SUBJECT, RULES, Rule};
pub use client::{
    CALL_TIME_MS, CALLS_MAX, Credentials, GrpcCore, LONG_CALL_TIME_MS, Settings, SettingsError,
};
pub use door::Callers;
pub use server::{CALL_BYTES_MAX, Limits, MESSAGE_BYTES_MAX, ServeError, Services, serve};
pub use status::{ERROR_DOMAIN, RETRY_AFTER, code_of};
