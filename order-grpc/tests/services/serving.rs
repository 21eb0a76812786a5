//! What a server offers and endures.

use std::{sync::Arc, time::Duration};

use order_core::{OrderService, Orders, memory::InMemoryStore, ports::SystemClock};
use order_grpc::{
    Limits, RULES,
    proto::{self, DESCRIPTORS},
};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::{Code, Request};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::scene::{Scene, as_admin, refused, soon, wanted};

/// Every method that is spoken, by its path.
fn methods() -> Vec<String> {
    let mut paths = Vec::new();
    for bytes in [DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET] {
        let set = prost_types::FileDescriptorSet::decode(bytes).unwrap();
        for file in set.file {
            for service in &file.service {
                let name = format!("/{}.{}", file.package(), service.name());
                paths.extend(service.method.iter().map(|it| format!("{name}/{}", it.name())));
            }
        }
    }
    for version in ["v1", "v1alpha"] {
        paths.push(format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"));
    }
    paths.sort();
    paths
}

#[test]
fn every_method_has_one_rule_and_every_rule_a_method() {
    let mut rules: Vec<_> = RULES.iter().map(|rule| rule.path.to_owned()).collect();
    rules.sort();
    assert_eq!(rules, methods());
}

#[tokio::test]
async fn reflection_lists_the_services() {
    let scene = Scene::new().await;
    let asked = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut client = ServerReflectionClient::new(scene.channel.clone());
    let asked = futures::stream::iter([asked]);
    let mut answers = client.server_reflection_info(asked).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    let expected = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "order.v1.AuthService",
        "order.v1.Core",
        "order.v1.OrderService",
        "order.v1.ProductService",
        "order.v1.UserService",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn health_is_that_of_the_store_and_ends_with_the_server() {
    let scene = Scene::new().await;
    let check = |service: &str| HealthCheckRequest { service: service.to_owned() };
    let mut health = HealthClient::new(scene.channel.clone());
    for service in ["", "order.v1.OrderService"] {
        let answer = health.check(check(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    let unknown = health.check(check("order.v2.OrderService")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let mut watch = health.watch(check("")).await.unwrap().into_inner();
    let told = watch.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::Serving);
    scene.stop.cancel();
    let told = soon(watch.message()).await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::NotServing);
    assert!(soon(watch.message()).await.unwrap().is_none());
    soon(scene.server).await.unwrap().unwrap();
}

#[tokio::test]
async fn health_says_that_a_store_does_not_answer() {
    let nowhere = order_grpc::Settings::new("grpc://127.0.0.1:1").unwrap();
    let broken: Arc<dyn Orders> = Arc::new(order_grpc::GrpcCore::new(nowhere));
    let scene = Scene::with(Limits::default(), Some(broken)).await;
    let mut health = HealthClient::new(scene.channel.clone());
    let answer = health.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::NotServing);
    let placed = scene.orders().place_order(as_admin(wanted("ann", &[("pen", 1, "1")]))).await;
    let status = refused(placed, Code::Unavailable, "store.unavailable");
    assert_eq!(status.message(), "the store is unavailable");
}

#[tokio::test]
async fn a_stop_ends_streams_at_once() {
    let scene = Scene::new().await;
    let watch = as_admin(proto::WatchEventsRequest::default());
    let mut events = scene.orders().watch_events(watch).await.unwrap().into_inner();
    scene.stop.cancel();
    refused(soon(events.message()).await, Code::Unavailable, "server.stopping");
    drop((events, scene.channel));
    soon(scene.server).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_unknown_method_is_no_method() {
    let scene = Scene::new().await;
    let mut client = tonic::client::Grpc::new(scene.channel.clone());
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<proto::OrderRequest, proto::Order>::default();
    let path = "/order.v1.OrderService/ShredOrder".parse().unwrap();
    let asked = as_admin(proto::OrderRequest::default());
    let answer = client.unary(asked, path, codec).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let scene = Scene::new().await;
    let mut order = wanted("ann", &[("pen", 1, "1")]);
    order.metadata.insert("a".to_owned(), "x".repeat(5 * 1024 * 1024));
    let status = scene.orders().place_order(as_admin(order)).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let limits = Limits { greeting_time: Duration::from_millis(200), ..Limits::default() };
    let scene = Scene::with(limits, None).await;
    let address = scene.url.strip_prefix("grpc://").unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
    let mut rest = Vec::new();
    // Closed one way or the other.
    let _ = soon(silent.read_to_end(&mut rest)).await;
    let mut own = scene.orders();
    tokio::time::sleep(Duration::from_millis(400)).await;
    own.place_order(as_admin(wanted("ann", &[("pen", 1, "1")]))).await.unwrap();
}

#[tokio::test]
async fn one_connection_too_many_waits_for_a_place() {
    let limits = Limits { connections_max: 1, ..Limits::default() };
    let scene = Scene::with(limits, None).await;
    let address = scene.url.strip_prefix("grpc://").unwrap();
    let first = TcpStream::connect(address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut orders = scene.orders();
    let order = || as_admin(wanted("ann", &[("pen", 1, "1")]));
    let waits = tokio::time::timeout(Duration::from_millis(300), orders.place_order(order())).await;
    assert!(waits.is_err(), "{waits:?}");
    drop(first);
    soon(orders.place_order(order())).await.unwrap();
}

#[tokio::test]
async fn one_call_too_many_is_told_so() {
    let store = InMemoryStore::default();
    let orders = OrderService::new(store, SystemClock, uuid::Uuid::now_v7);
    let limits = Limits { calls_max: 0, ..Limits::default() };
    let scene = Scene::with(limits, Some(Arc::new(orders))).await;
    let asked = proto::SignInRequest::default();
    let busy = scene.auth().sign_in(Request::new(asked)).await;
    refused(busy, Code::ResourceExhausted, "store.overloaded");
    let mut health = HealthClient::new(scene.channel.clone());
    let answer = health.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}

#[test]
fn debug_output_says_nothing_of_persons_and_secrets() {
    let text = || "s3cret".to_owned();
    let address = proto::Address { city: Some(text()), ..Default::default() };
    let sign_in = proto::SignInRequest { email: text(), password: text() };
    let user = proto::CreateUserRequest {
        email: text(),
        password: text(),
        address: Some(address.clone()),
        ..Default::default()
    };
    let order = proto::PlaceOrderRequest {
        email: Some(text()),
        shipping_address: Some(address),
        ..Default::default()
    };
    let told = proto::Order { email: Some(text()), ..Default::default() };
    let change = proto::OrderChange { order: Some(told), ..Default::default() };
    let note = proto::AddNoteRequest { text: text(), ..Default::default() };
    let session = proto::SignInResponse { token: text(), ..Default::default() };
    let call = proto::CoreCall { protocol: 1, call: text().into_bytes() };
    let shown = format!("{sign_in:?} {user:?} {order:?} {change:?} {note:?} {session:?} {call:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("115, 51"), "{shown}");
}
