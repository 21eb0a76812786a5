//! A server of a test's own, and who asks it.

use std::{future::Future, sync::Arc};

use order_core::{
    Actor, OrderService, Orders, RoleKind, UserService, WebhookService,
    memory::InMemoryStore,
    ports::{Clock, SystemClock, TokenIssuer},
};
use order_grpc::{
    Callers, Entrance, Host, Limits, Open, Services,
    proto::{
        self, auth_service_client::AuthServiceClient, core_client::CoreClient,
        order_service_client::OrderServiceClient, product_service_client::ProductServiceClient,
        user_service_client::UserServiceClient,
    },
    serve,
};
use order_testkit::{PlainHasher, PlainTokens, ScriptedSender};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

/// A server over a store in memory, which asks who calls.
pub(crate) struct Scene {
    pub(crate) url: String,
    pub(crate) channel: Channel,
    /// Ends the server.
    pub(crate) stop: CancellationToken,
    /// The server; ready when it has ended.
    pub(crate) server: tokio::task::JoinHandle<Result<(), order_grpc::ServeError>>,
    pub(crate) store: InMemoryStore,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default(), None).await
    }

    /// The same with limits, or with orders of another kind.
    pub(crate) async fn with(limits: Limits, orders: Option<Arc<dyn Orders>>) -> Self {
        Self::hosted(limits, orders, Arc::new(Open)).await
    }

    /// The same with a host of its own.
    pub(crate) async fn hosted(
        limits: Limits,
        orders: Option<Arc<dyn Orders>>,
        host: Arc<dyn Host>,
    ) -> Self {
        let store = InMemoryStore::default();
        let ids = uuid::Uuid::now_v7;
        let users = UserService::new(store.clone(), Arc::new(PlainHasher), SystemClock, ids);
        let sender = Arc::new(ScriptedSender::new(Arc::new(SystemClock)));
        let webhooks = WebhookService::new(store.clone(), sender, SystemClock, ids);
        let own = || Arc::new(OrderService::new(store.clone(), SystemClock, ids)) as Arc<_>;
        let services = Services {
            orders: orders.unwrap_or_else(own),
            users: Some(Arc::new(users.with_issuer(Arc::new(PlainTokens)))),
            webhooks: Some(Arc::new(webhooks)),
            analytics: None,
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let callers = Callers::Asked(Arc::new(PlainTokens));
        let entrance = Entrance { host, ..Entrance::open(listener, callers) };
        let serving = serve(entrance, services, limits, stop.clone().cancelled_owned());
        let server = tokio::spawn(serving);
        let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
        let (url, channel) = (format!("grpc://{address}"), endpoint.connect_lazy());
        Self { url, channel, stop, server, store }
    }

    pub(crate) fn orders(&self) -> OrderServiceClient<Channel> {
        OrderServiceClient::new(self.channel.clone())
    }

    pub(crate) fn products(&self) -> ProductServiceClient<Channel> {
        ProductServiceClient::new(self.channel.clone())
    }

    pub(crate) fn users(&self) -> UserServiceClient<Channel> {
        UserServiceClient::new(self.channel.clone())
    }

    pub(crate) fn auth(&self) -> AuthServiceClient<Channel> {
        AuthServiceClient::new(self.channel.clone())
    }

    pub(crate) fn core(&self) -> CoreClient<Channel> {
        CoreClient::new(self.channel.clone())
    }

    /// Two of one product and one of another, for a customer.
    pub(crate) async fn placed(&self, customer: &str) -> proto::Order {
        let order = wanted(customer, &[("pen", 2, "1.50"), ("ink", 1, "7.00")]);
        let placed = self.orders().place_order(as_admin(order)).await.unwrap();
        placed.into_inner().order.unwrap()
    }
}

/// An order to place.
pub(crate) fn wanted(customer: &str, items: &[(&str, u32, &str)]) -> proto::PlaceOrderRequest {
    let items = items.iter().map(|(product, quantity, price)| proto::ItemInput {
        product_id: (*product).to_owned(),
        quantity: *quantity,
        unit_price: Some((*price).to_owned()),
        ..proto::ItemInput::default()
    });
    proto::PlaceOrderRequest {
        customer_id: Some(customer.to_owned()),
        currency: Some("EUR".to_owned()),
        items: items.collect(),
        ..proto::PlaceOrderRequest::default()
    }
}

/// What somebody in a role shows.
pub(crate) fn token(subject: &str, role: RoleKind) -> String {
    let subject = Actor::try_from(subject).unwrap();
    let token = PlainTokens.issue(&subject, role, SystemClock.now()).unwrap();
    format!("Bearer {}", token.text)
}

/// A call with something in its metadata.
pub(crate) fn with<T>(message: T, metadata: &[(&'static str, &str)]) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in metadata {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// A call of somebody in a role.
pub(crate) fn by<T>(subject: &str, role: RoleKind, message: T) -> Request<T> {
    with(message, &[("authorization", &token(subject, role))])
}

pub(crate) fn as_admin<T>(message: T) -> Request<T> {
    by("root", RoleKind::Admin, message)
}

pub(crate) fn as_customer<T>(id: &str, message: T) -> Request<T> {
    by(id, RoleKind::Customer, message)
}

/// The stable code of a failure.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// That a call failed with this status and stable code.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(
    answer: Result<T, Status>,
    code: Code,
    why: &str,
) -> Status {
    let status = answer.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (code, why), "{status:?}");
    status
}

/// A future that must be over soon.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let limit = std::time::Duration::from_secs(10);
    tokio::time::timeout(limit, future).await.unwrap()
}
