//! Traces: what a collector gets, and what services are told.

use std::time::Duration;

use crate::{
    gateway,
    process::Setup,
    receiver::Receiver,
    spans::{Span, spans},
    wire::{Connection, get, order, post, request},
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

#[test]
fn a_trace_goes_from_a_gateway_through_grpc_and_the_core_to_the_store() {
    let collector = Receiver::start();
    let to = format!("--otlp-endpoint=http://127.0.0.1:{}", collector.port());
    let (core, address) = gateway::core(&Setup::new().flags(&[&to]));
    let gateway = gateway::gateway(Setup::new().flags(&[&to]), &address);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let placing = request("POST", "/orders", &[("traceparent", &parent)], &order("ann"));
    assert_eq!(Connection::open(gateway.address).ask(&placing).unwrap().status, 201);
    assert_eq!(get(gateway.address, "/orders/none").status, 404);
    assert_eq!(get(gateway.address, "/orders").status, 200);
    gateway.stop();
    core.stop();
    let spans = spans(&collector);
    let called = |parent: &str, name: &str| -> &Span {
        let is_it = |it: &&Span| it.trace == TRACE && it.parent == parent && it.name == name;
        spans.iter().find(is_it).unwrap_or_else(|| panic!("{name} in {spans:?}"))
    };
    let asked = called(CALLER, "POST /orders");
    let call = called(&asked.id, "order.v1.Core/Call");
    for (name, value) in [
        ("rpc.system", "grpc"),
        ("rpc.service", "order.v1.Core"),
        ("rpc.method", "Call"),
        ("rpc.grpc.status_code", "0"),
    ] {
        assert_eq!(call.attribute(name), value);
    }
    called(&call.id, "commit");
    // Another request is another trace.
    for (route, operation) in [("GET /orders/{id}", "find"), ("GET /orders", "list")] {
        let other = spans.iter().find(|it| it.name == route).unwrap();
        assert_ne!(other.trace, TRACE);
        let of_it = |it: &&Span, parent: &Span| it.trace == other.trace && it.parent == parent.id;
        let call = spans.iter().find(|it| of_it(it, other)).unwrap();
        let read = spans.iter().find(|it| of_it(it, call)).unwrap();
        assert_eq!(read.name, operation);
    }
}

#[test]
fn an_endpoint_of_webhooks_is_told_in_which_trace_it_is_asked() {
    let (collector, endpoint) = (Receiver::start(), Receiver::start());
    let server = Setup::new()
        .flags(&[
            &format!("--otlp-endpoint=http://127.0.0.1:{}", collector.port()),
            "--webhook-allow-private=true",
        ])
        .start();
    let wanted = format!(r#"{{"url":"{}"}}"#, endpoint.url());
    assert_eq!(post(server.address, "/webhooks", &wanted).status, 201);
    assert_eq!(post(server.address, "/orders", &order("ann")).status, 201);
    let told = endpoint.wait_for(1, Duration::from_secs(20));
    let told = &told[0].headers["traceparent"];
    server.stop();
    let spans = spans(&collector);
    let is_it = |it: &Span| format!("00-{}-{}-01", it.trace, it.id) == *told;
    assert!(spans.iter().any(|it| it.name == "deliver" && is_it(it)), "{told} of {spans:?}");
}
