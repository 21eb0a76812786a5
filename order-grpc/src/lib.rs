//! Orders over gRPC: the services, and a client that stands in for the core.

mod access;
mod answer;
mod client;
mod connection;
mod core;
mod cursor;
mod door;
mod health;
mod host;
mod lend;
mod metadata;
mod orders;
mod picks;
mod products;
pub mod proto;
mod reading;
mod request;
mod secret;
mod server;
mod status;
mod streams;
mod users;
mod wire;

pub use access::{Access, GATEWAY_SUBJECT, RULES, Rule};
pub use client::{
    CALL_TIME_MS, CALLS_MAX, Credentials, GrpcCore, LONG_CALL_TIME_MS, Settings, SettingsError,
    Traceparent,
};
pub use door::Callers;
pub use host::{CREATE_USER, Host, Incoming, Open, Place, SIGN_IN};
pub use server::{
    CALL_BYTES_MAX, Entrance, Limits, MESSAGE_BYTES_MAX, ServeError, Services, serve,
};
pub use status::{ERROR_DOMAIN, RETRY_AFTER, code_of};
pub use tonic::Code;
