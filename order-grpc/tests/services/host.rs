//! What a host sees to: places for connections, how often callers ask, and what it is told.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use order_core::{Orders as _, RoleKind};
use order_grpc::{Credentials, GrpcCore, Host, Incoming, Limits, Place, SIGN_IN, Settings, proto};
use order_testkit::PlainTokens;
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use tonic::{Code, Request, codegen::http::HeaderMap};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;
use tracing::Span;

use crate::scene::{Scene, as_admin, as_customer, by, refused, soon, with};

/// Lets so many connections in and no call, and writes down what it is asked and told.
#[derive(Debug)]
struct Strict {
    places: Arc<AtomicUsize>,
    admits: bool,
    told: Mutex<Vec<String>>,
}

/// Given back when it is dropped.
struct Taken(Arc<AtomicUsize>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Strict {
    fn new(places: usize, admits: bool) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(places.into()), admits, told: Mutex::default() })
    }

    fn note(&self, line: String) {
        self.told.lock().unwrap().push(line);
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

impl Host for Strict {
    fn place(&self, _: IpAddr) -> Option<Place> {
        self.places.fetch_update(SeqCst, SeqCst, |places| places.checked_sub(1)).ok()?;
        Some(Box::new(Taken(Arc::clone(&self.places))))
    }

    fn admit(&self, call: &Incoming<'_>) -> Result<(), Duration> {
        assert!(call.peer.unwrap().ip().is_loopback());
        let who = call.who.map_or("-", |who| who.subject.as_str());
        self.note(format!("{} by {who}", call.method));
        if self.admits { Ok(()) } else { Err(Duration::from_millis(1_500)) }
    }

    fn span(&self, method: &'static str, headers: &HeaderMap) -> Span {
        let trace = headers.get("traceparent").and_then(|it| it.to_str().ok()).unwrap_or("-");
        self.note(format!("{method} in {trace}"));
        Span::none()
    }

    fn answered(&self, _: &Span, code: Code) {
        self.note(format!("{code:?}"));
    }
}

async fn hosted(host: &Arc<Strict>) -> Scene {
    Scene::hosted(Limits::default(), None, Arc::clone(host) as Arc<_>).await
}

fn gateway(scene: &Scene) -> GrpcCore {
    let credentials =
        Credentials::Issued(Arc::new(PlainTokens), Arc::new(order_core::ports::SystemClock));
    let settings = Settings::new(&scene.url).unwrap().credentials(credentials).unwrap();
    GrpcCore::new(settings.traced(Arc::new(|| Some("00-of-this-task".to_owned()))))
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() {
    let host = Strict::new(9, false);
    let scene = hosted(&host).await;
    let get = proto::GetOrderRequest::default;
    let code = Code::ResourceExhausted;
    let mut told = Vec::new();
    let status = refused(
        scene.orders().get_order(as_customer("ann", get())).await,
        code,
        "request.rate_limited",
    );
    let again = status.get_error_details().retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(again, Duration::from_millis(1_500));
    told.extend(host.told().into_iter().filter(|it| it.contains(" by ")));
    // Who shows nothing, and what does not count, are counted too: by the address.
    refused(scene.orders().get_order(Request::new(get())).await, code, "request.rate_limited");
    let made_up = with(get(), &[("authorization", "Bearer made-up")]);
    refused(scene.orders().get_order(made_up).await, code, "request.rate_limited");
    let sign_in = proto::SignInRequest::default();
    refused(scene.auth().sign_in(Request::new(sign_in)).await, code, "request.rate_limited");
    told.extend(host.told().into_iter().filter(|it| it.contains(" by ")));
    let path = "/order.v1.OrderService/GetOrder";
    let of = |who: &str| format!("{path} by {who}");
    assert_eq!(told, [of("ann"), of("-"), of("-"), format!("{SIGN_IN} by -")]);
}

#[tokio::test]
async fn nobody_is_asked_of_health_and_of_gateways() {
    let host = Strict::new(9, false);
    let scene = hosted(&host).await;
    HealthClient::new(scene.channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    gateway(&scene).ping().await.unwrap();
    assert!(host.told().iter().all(|it| !it.contains(" by ")));
    // Who is no gateway is one caller among others.
    let call = proto::CoreCall { protocol: 1, call: Vec::new() };
    let asked = scene.core().call(by("someone", RoleKind::Service, call)).await;
    refused(asked, Code::ResourceExhausted, "request.rate_limited");
}

#[tokio::test]
async fn every_call_has_its_span_and_a_gateway_says_of_which_trace_it_is() {
    let host = Strict::new(9, true);
    let scene = hosted(&host).await;
    gateway(&scene).ping().await.unwrap();
    assert_eq!(host.told(), ["/order.v1.Core/Call in 00-of-this-task", "Ok"]);
    let asked = as_admin(proto::GetOrderRequest::default());
    let status = scene.orders().get_order(asked).await.unwrap_err();
    let path = "/order.v1.OrderService/GetOrder";
    let told = host.told();
    assert_eq!(told[0], format!("{path} in -"));
    assert_eq!(told[1], format!("{path} by root"));
    assert_eq!(told[2..], [format!("{:?}", status.code())]);
}

#[tokio::test]
async fn a_connection_without_a_place_is_closed() {
    let host = Strict::new(1, true);
    let scene = hosted(&host).await;
    let address = scene.url.strip_prefix("grpc://").unwrap();
    let first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    let mut rest = Vec::new();
    // One way or the other, and at once: not at the end of the time to greet.
    let closed = tokio::time::timeout(Duration::from_secs(5), second.read_to_end(&mut rest)).await;
    assert!(closed.is_ok_and(|read| read.unwrap_or(0) == 0));
    drop(first);
    let core = gateway(&scene);
    soon(async { while core.ping().await.is_err() {} }).await;
}
