//! Long answers.

use order_core::RoleKind;
use order_grpc::{Limits, proto};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::scene::{Scene, as_admin, as_customer, refused, soon, with};

#[tokio::test]
async fn a_list_comes_page_by_page() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        scene.placed("ann").await;
    }
    scene.placed("bob").await;
    let asked = proto::ListOrdersRequest { limit: Some(2), ..Default::default() };
    let pages = scene.orders().stream_orders(as_customer("ann", asked)).await.unwrap();
    let mut pages = pages.into_inner();
    let mut sizes = Vec::new();
    while let Some(page) = soon(pages.message()).await.unwrap() {
        assert!(page.orders.iter().all(|order| order.customer_id.as_deref() == Some("ann")));
        sizes.push(page.orders.len());
    }
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test]
async fn events_are_told_as_they_happen_and_only_to_whom_they_concern() {
    let scene = Scene::new().await;
    let first = scene.placed("ann").await;
    let asked = proto::WatchEventsRequest { after: Some(0), ..Default::default() };
    let mut own =
        scene.orders().watch_events(as_customer("ann", asked.clone())).await.unwrap().into_inner();
    let event = soon(own.message()).await.unwrap().unwrap();
    let told = event.event.unwrap();
    assert_eq!((event.position, told.r#type.as_str()), (1, "order.placed"));
    assert_eq!(
        (told.order_id.as_str(), event.order_number),
        (first.id.as_str(), Some(first.number))
    );
    assert_eq!(soon(own.message()).await.unwrap().unwrap().position, 2);
    let latest =
        proto::WatchEventsRequest { types: vec!["order.placed".to_owned()], ..Default::default() };
    let mut all = scene.orders().watch_events(as_admin(latest)).await.unwrap().into_inner();
    scene.placed("bob").await;
    let later = scene.placed("ann").await;
    let (third, fifth) = (soon(all.message()).await, soon(all.message()).await);
    assert_eq!(third.unwrap().unwrap().position, 3);
    assert_eq!(fifth.unwrap().unwrap().position, 5);
    let next = soon(own.message()).await.unwrap().unwrap();
    assert_eq!((next.position, next.event.unwrap().order_id), (5, later.id.clone()));
    let foreign = proto::WatchEventsRequest { order: Some(later.id), ..asked };
    let foreign = scene.orders().watch_events(as_customer("bob", foreign)).await;
    refused(foreign, Code::NotFound, "order.not_found");
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let scene = Scene::new().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let short = format!("Bearer {} root {}", RoleKind::Admin, now.as_millis() + 800);
    let asked = with(proto::WatchEventsRequest::default(), &[("authorization", &short)]);
    let mut events = scene.orders().watch_events(asked).await.unwrap().into_inner();
    let ended = soon(events.message()).await;
    refused(ended, Code::Unauthenticated, "auth.token_expired");
}

#[tokio::test]
async fn there_is_an_end_to_streams() {
    let scene = Scene::with(Limits { watchers_max: 1, ..Limits::default() }, None).await;
    let watch = || as_admin(proto::WatchEventsRequest::default());
    let first = scene.orders().watch_events(watch()).await.unwrap();
    refused(scene.orders().watch_events(watch()).await, Code::ResourceExhausted, "server.busy");
    let mut health = HealthClient::new(scene.channel.clone());
    let _watch = health.watch(HealthCheckRequest::default()).await.unwrap();
    let again = health.watch(HealthCheckRequest::default()).await;
    refused(again, Code::ResourceExhausted, "server.busy");
    drop(first);
    let again = async { while scene.orders().watch_events(watch()).await.is_err() {} };
    soon(again).await;
}
