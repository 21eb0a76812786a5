//! Traces: what a collector gets, and what services are told.

use std::time::Duration;

use crate::{
    process::Setup,
    receiver::Receiver,
    wire::{Connection, order, request},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

#[test]
fn a_request_is_a_span_of_its_callers_trace_and_services_are_told() {
    let (collector, users) = (Receiver::start(), Receiver::start());
    let setup = Setup::new().flags(&[
        &format!("--otlp-endpoint=http://127.0.0.1:{}", collector.port()),
        &format!("--user-service-url=http://127.0.0.1:{}", users.port()),
        "--service-name=shop",
        "--log=warn",
    ]);
    let server = setup.start();
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let placing = request("POST", "/orders", &[("traceparent", &parent)], &order("ann"));
    // The user service says nothing that makes sense, so nothing is placed; it was asked all the same.
    let answer = Connection::open(server.address).ask(&placing).unwrap();
    assert_eq!(answer.status, 503, "{answer:?}");
    let asked = users.wait_for(1, Duration::from_secs(10));
    let told: Vec<_> = asked[0].headers["traceparent"].split('-').collect();
    assert_eq!((told[0], told[1], told[3]), ("00", TRACE, "01"));
    assert_ne!(told[2], CALLER, "the span of the server, not of its caller");
    let read = request("GET", "/orders/nothing", &[], "");
    assert_eq!(Connection::open(server.address).ask(&read).unwrap().status, 404);
    // A stop sends what is left.
    server.stop();
    let sent: String = collector.received().into_iter().map(|it| it.path + &it.body).collect();
    for part in ["/v1/traces", "shop", "POST /orders", "GET /orders/{id}", "order-server"] {
        assert!(sent.contains(part), "{part} in {sent:?}");
    }
    assert!(!sent.contains("nothing"), "paths hold ids: {sent:?}");
}

#[test]
fn a_collector_that_is_away_disturbs_nobody() {
    let server = Setup::new().flags(&["--otlp-endpoint=http://127.0.0.1:1"]).start();
    let placing = request("POST", "/orders", &[], &order("ann"));
    assert_eq!(Connection::open(server.address).ask(&placing).unwrap().status, 201);
    server.stop();
}
