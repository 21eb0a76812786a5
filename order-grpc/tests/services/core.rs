//! Gateways, and what their core thinks of them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use order_core::{
    Actor, ErrorKind, Meta, NewOrder, OrderService, Orders, Principal, RoleKind, ServiceError,
    ports::{StoreError, SystemClock},
};
use order_grpc::{
    Callers, Credentials, Entrance, GATEWAY_SUBJECT, GrpcCore, Limits, Services, Settings,
    proto::{CoreCall, core_answer::Outcome},
    serve,
};
use order_testkit::PlainTokens;
use tokio::net::TcpListener;
use tonic::Code;

use crate::scene::{Scene, as_admin, by, refused, soon, token};

fn root() -> Principal {
    Principal::admin(Actor::try_from("root").unwrap())
}

fn client(url: &str, credentials: Credentials) -> GrpcCore {
    GrpcCore::new(Settings::new(url).unwrap().credentials(credentials).unwrap())
}

fn gateway(url: &str) -> GrpcCore {
    client(url, Credentials::Issued(Arc::new(PlainTokens), Arc::new(SystemClock)))
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, ServiceError>) -> String {
    let error = answer.unwrap_err();
    assert!(matches!(error, ServiceError::Store(StoreError::Unavailable(_))), "{error:?}");
    std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
}

#[tokio::test]
async fn who_is_no_gateway_may_not_say_for_whom() {
    let scene = Scene::new().await;
    let call = CoreCall { protocol: 1, call: br#"{"Orders":{"FeedEnd":{}}}"#.to_vec() };
    for (subject, role, may) in [
        ("ann", RoleKind::Customer, false),
        (GATEWAY_SUBJECT, RoleKind::Customer, false),
        (GATEWAY_SUBJECT, RoleKind::Staff, false),
        ("robot", RoleKind::Service, false),
        (GATEWAY_SUBJECT, RoleKind::Service, true),
        ("root", RoleKind::Admin, true),
    ] {
        let answer = scene.core().call(by(subject, role, call.clone())).await;
        if may {
            let outcome = answer.unwrap().into_inner().outcome.unwrap();
            assert_eq!(outcome, Outcome::Value(b"0".to_vec()));
        } else {
            refused(answer, Code::PermissionDenied, "auth.forbidden");
        }
    }
    refused(scene.core().call(call).await, Code::Unauthenticated, "auth.required");
}

#[tokio::test]
async fn what_a_core_cannot_read_is_refused_and_not_repeated() {
    let scene = Scene::new().await;
    let read = |protocol, call: &str| {
        let call = CoreCall { protocol, call: call.as_bytes().to_vec() };
        let mut core = scene.core();
        async move { core.call(as_admin(call)).await }
    };
    refused(read(2, "{}").await, Code::FailedPrecondition, "gateway.protocol");
    let user = r#"{"Users":{"SignIn":{"email":"ann@shop.example"}}}"#;
    for bad in ["", "{}", "\"Ping\"", r#"{"Orders":"Shred"}"#, user] {
        let status = refused(read(1, bad).await, Code::InvalidArgument, "request.json");
        assert!(!status.message().contains("shop"), "{status:?}");
    }
}

#[tokio::test]
async fn an_error_of_the_core_is_the_same_at_the_gateway() {
    let scene = Scene::new().await;
    let order = scene.placed("ann").await;
    let core = gateway(&scene.url);
    let (who, complete) = (root(), order_core::Command::Complete);
    let done = core.execute(&who, &order.id, complete, Meta::default()).await;
    let error = done.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("order.transition_not_allowed", ErrorKind::Conflict));
    assert!(error.to_string().starts_with("complete is not allowed while the order is confirmed"));
    assert!(error.allowed().unwrap().contains(order_core::Action::Ship));
    let empty = core.place(&root(), NewOrder::default(), Meta::default()).await.unwrap_err();
    assert_eq!((empty.code(), empty.kind()), ("order.empty", ErrorKind::Invalid));
}

#[tokio::test]
async fn a_gateway_that_shows_no_token_that_counts_is_told_so_in_its_log_only() {
    let scene = Scene::new().await;
    let nobody = client(&scene.url, Credentials::None);
    assert!(unavailable(nobody.ping().await).contains("Unauthenticated"));
    let stranger = token("ann", RoleKind::Customer);
    let stranger = stranger.strip_prefix("Bearer ").unwrap();
    let stranger = client(&scene.url, Credentials::Token(stranger.into()));
    assert!(unavailable(stranger.ping().await).contains("PermissionDenied"));
    gateway(&scene.url).ping().await.unwrap();
}

/// A core that takes connections and says nothing.
#[tokio::test]
async fn a_core_that_does_not_answer_costs_no_more_than_its_time() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("grpc://{}", silent.local_addr().unwrap());
    let settings = Settings::new(&url).unwrap().call_time(Duration::from_millis(300));
    let core = GrpcCore::new(settings.calls_max(1));
    let slow = {
        let core = core.clone();
        tokio::spawn(async move { core.ping().await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let busy = core.ping().await.unwrap_err();
    assert!(matches!(busy, ServiceError::Store(StoreError::Overloaded)), "{busy:?}");
    let begun = Instant::now();
    unavailable(soon(slow).await.unwrap());
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_gateway_finds_its_core_again() {
    let scene = Scene::new().await;
    let core = gateway(&scene.url);
    core.ping().await.unwrap();
    scene.stop.cancel();
    soon(scene.server).await.unwrap().unwrap();
    unavailable(core.ping().await);
    let address = scene.url.strip_prefix("grpc://").unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    let orders = OrderService::new(scene.store, SystemClock, uuid::Uuid::now_v7);
    let services =
        Services { orders: Arc::new(orders), users: None, webhooks: None, analytics: None };
    let callers = Callers::Asked(Arc::new(PlainTokens));
    let entrance = Entrance::open(listener, callers);
    tokio::spawn(serve(entrance, services, Limits::default(), std::future::pending()));
    let again = async { while core.ping().await.is_err() {} };
    soon(again).await;
}
