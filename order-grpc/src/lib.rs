//! Orders over gRPC.
mod client;

/// The subject of a token of the role `service` that may say for whom it calls.
pub const GATEWAY_SUBJECT: &str = "gateway";

mod lend;
pub mod proto;
mod secret;
mod wire;
pub use client::{Credentials, GrpcCore, Settings, SettingsError};
