//! The order routes of REST as one [`axum::Router`] to nest, with their OpenAPI document and a
//! documentation page.
//!
//! There is no listener, sign-in, CORS or tracing in it: those are the host's layers. The host says
//! who is calling by putting an [`order_core::Principal`] into the request's extensions; without one
//! every route but the public ones of [`RULES`] answers 401. Every route answers at `/…` and at
//! `/api/…`. [`bearer`] is such a layer for tokens.
//!
//! [`RULES`] says which role may use which route; nothing else may be used.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::Extension;
//! use order_core::{OrderService, Principal, memory::InMemoryStore, ports::SystemClock};
//!
//! let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
//! let orders = order_http::router(Arc::new(service), order_http::Options::default());
//! let everybody = Principal::admin("development".try_into()?);
//! let app: axum::Router = axum::Router::new().nest("/shop", orders.layer(Extension(everybody)));
//! # let _ = app;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod attempts;
mod bearer;
pub mod body;
mod error;
mod extract;
mod feed;
#[cfg(feature = "graphql")]
mod graphql;
mod health;
mod openapi;
pub mod request;
mod rest;

pub use access::{Access, Grant, RULES, Rule};
pub use attempts::Attempts;
pub use bearer::bearer;
pub use error::{ApiError, Cause, Code, RETRY_AFTER_S};
pub use feed::STREAMS_MAX;
pub use health::Health;
pub use rest::{Options, router};
