//! Where the use cases are.

use std::{future::pending, net::TcpListener, sync::Arc};

use order_core::ports::SystemClock;
use order_grpc::{Callers, Credentials, Entrance, GrpcCore, Limits, Services, Settings, serve};
use order_testkit::PlainTokens;

use crate::shop::Core;

/// The use cases as REST is given them: here in a server of their own, which asks who calls.
pub(crate) fn front(core: Core) -> Core {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let Core { orders, users, webhooks, analytics } = core;
    let services = Services {
        orders,
        users: Some(users),
        webhooks: Some(webhooks),
        analytics: Some(analytics),
    };
    let callers = Callers::Asked(Arc::new(PlainTokens));
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let entrance = Entrance::open(listener, callers);
    tokio::spawn(serve(entrance, services, Limits::default(), pending()));
    let credentials = Credentials::Issued(Arc::new(PlainTokens), Arc::new(SystemClock));
    let settings = Settings::new(&format!("grpc://{address}")).unwrap();
    let client = Arc::new(GrpcCore::new(settings.credentials(credentials).unwrap()));
    Core {
        orders: client.clone(),
        users: client.clone(),
        webhooks: client.clone(),
        analytics: client,
    }
}
