//! Serving: the services behind their door, with limits, until told to stop.

use std::{future::Future, sync::Arc, time::Duration};

use order_core::{Analytics, Orders, Users, Webhooks};
use thiserror::Error;
use tokio::{net::TcpListener, time::timeout};
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::pb::health_server::HealthServer;

use crate::{
    connection::connections,
    core::CoreService,
    door::{Callers, DoorLayer},
    health::HealthService,
    host::{Host, Open},
    orders::OrderMethods,
    products::Products,
    proto::{
        DESCRIPTORS, auth_service_server::AuthServiceServer, core_server::CoreServer,
        order_service_server::OrderServiceServer, product_service_server::ProductServiceServer,
        user_service_server::UserServiceServer,
    },
    streams::Streams,
    users::Accounts,
};

/// The largest message of a caller that is read, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest call of a gateway that is read, in bytes.
pub const CALL_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What is served.
#[derive(Debug, Clone)]
pub struct Services {
    /// The orders and products.
    pub orders: Arc<dyn Orders>,
    /// The accounts, if they are wanted.
    pub users: Option<Arc<dyn Users>>,
    /// The webhooks, for gateways, if they are wanted.
    pub webhooks: Option<Arc<dyn Webhooks>>,
    /// The figures, for gateways, if they are wanted.
    pub analytics: Option<Arc<dyn Analytics>>,
}

/// Where calls come in.
#[derive(Debug)]
pub struct Entrance {
    /// What listens.
    pub listener: TcpListener,
    /// How callers are known.
    pub callers: Callers,
    /// What connections are encrypted with, if they are; the certificate may change as it is served.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who may come in, and how often.
    pub host: Arc<dyn Host>,
}

impl Entrance {
    /// As it is without TLS, where everybody may come in.
    pub fn open(listener: TcpListener, callers: Callers) -> Self {
        Self { listener, callers, tls: None, host: Arc::new(Open) }
    }
}

/// What callers may take of time and room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a call may take until its answer begins.
    pub call_time: Duration,
    /// How long a stop waits for calls that have begun.
    pub drain_time: Duration,
    /// How long a connection may take to say that it speaks HTTP/2.
    pub greeting_time: Duration,
    /// How long a connection may say nothing until it is asked whether it is there; as long again
    /// for the answer.
    pub idle_time: Duration,
    /// Connections at once; the next waits.
    pub connections_max: usize,
    /// Calls at once on one connection, streams included.
    pub streams_max: u32,
    /// Long answers at once: lists page by page, and the feed.
    pub watchers_max: usize,
    /// Calls at once whose answer has not begun.
    pub calls_max: usize,
    /// Bytes of the metadata of a call.
    pub header_bytes_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_time: Duration::from_secs(30),
            drain_time: Duration::from_secs(20),
            greeting_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(30),
            connections_max: 10_000,
            streams_max: 256,
            watchers_max: 1_000,
            calls_max: 1_024,
            header_bytes_max: 64 * 1024,
        }
    }
}

/// Why nothing is served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The connections cannot be served.
    #[error("gRPC cannot be served")]
    Transport(#[from] tonic::transport::Error),
    /// What is spoken cannot be told.
    #[error("the descriptors of the services cannot be read")]
    Descriptors(#[from] tonic_reflection::server::Error),
}

/// Serves until `stop`, then lets the calls that have begun finish within the drain time; streams end
/// at once.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    entrance: Entrance,
    services: Services,
    limits: Limits,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let finish = CancellationToken::new();
    let Services { orders, users, webhooks, analytics } = services;
    let health = HealthService::new(Arc::clone(&orders), limits.watchers_max, finish.clone());
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let streams = Streams::new(Arc::clone(&orders), limits.watchers_max, finish.clone());
    let products = ProductServiceServer::new(Products(Arc::clone(&orders)))
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let order_methods = OrderMethods { orders: Arc::clone(&orders), streams: streams.into() };
    let order_methods =
        OrderServiceServer::new(order_methods).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let accounts = users.clone().map(Accounts);
    let users_of =
        |accounts| UserServiceServer::new(accounts).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let auth_of =
        |accounts| AuthServiceServer::new(accounts).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let core = CoreService { orders, users, webhooks, analytics };
    let core = CoreServer::new(core)
        .max_decoding_message_size(CALL_BYTES_MAX)
        .max_encoding_message_size(usize::MAX);
    let router = Server::builder()
        .timeout(limits.call_time)
        .max_concurrent_streams(limits.streams_max)
        .http2_keepalive_interval(Some(limits.idle_time))
        .http2_keepalive_timeout(Some(limits.idle_time))
        .http2_max_header_list_size(limits.header_bytes_max)
        .http2_adaptive_window(Some(true))
        .layer(DoorLayer::new(&entrance, limits.calls_max))
        .add_service(HealthServer::new(health))
        .add_service(reflection().build_v1()?)
        // Many a tool still asks for the older name of the same.
        .add_service(reflection().build_v1alpha()?)
        .add_service(order_methods)
        .add_service(products)
        .add_optional_service(accounts.clone().map(users_of))
        .add_optional_service(accounts.map(auth_of))
        .add_service(core);
    let incoming = connections(entrance, &limits);
    let serving = router.serve_with_incoming_shutdown(incoming, finish.clone().cancelled_owned());
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = stop => finish.cancel(),
    }
    match timeout(limits.drain_time, serving).await {
        Ok(ended) => Ok(ended?),
        Err(_) => Ok(()),
    }
}
