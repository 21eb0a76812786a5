use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    process::Setup,
    wire::{Connection, get, order, post, request},
};

#[test]
fn an_empty_folder_is_enough() {
    let setup = Setup::new();
    let mut server = setup.start();
    let placed = post(server.address, "/orders", &order("ann"));
    assert_eq!(placed.status, 201, "{placed:?}");
    assert_eq!(placed.json()["total"], "9.00");
    assert_eq!(placed.json()["status"], "confirmed");
    let said = server.log();
    for part in [
        format!("http://{}/orders", server.address),
        format!("http://{}/docs", server.address),
        setup.shown_database(),
        "development mode: every caller is admin".to_owned(),
        "curl -X POST".to_owned(),
    ] {
        assert!(said.contains(&part), "{part} in {said}");
    }
    server.terminate();
    assert!(server.wait(Duration::from_secs(25)).success());
    assert_eq!(server.rest_of_output(), "", "standard output is one line for programs");
}

#[test]
fn the_example_of_the_banner_works() {
    let server = Setup::new().start();
    let said = server.log();
    let body = said.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).expect(&said);
    assert_eq!(post(server.address, "/orders", body).status, 201, "{body}");
}

#[test]
fn orders_survive_a_restart() {
    let setup = Setup::new();
    let server = setup.start();
    let placed = post(server.address, "/orders", &order("ann"));
    let id = placed.json()["id"].as_str().unwrap().to_owned();
    server.stop();
    let server = setup.start();
    let found = get(server.address, &format!("/orders/{id}"));
    assert_eq!(found.json(), placed.json());
}

#[test]
fn a_port_that_is_taken_is_said_and_the_data_left_alone() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let setup = Setup::new().flags(&["--listen", &address]);
    let output = setup.output();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("cannot listen on {address}: ")), "{said}");
    assert!(!setup.path().join("orders.db").exists());
}

#[test]
fn a_database_that_cannot_be_opened_is_said_without_its_password() {
    for (url, shown) in [
        ("sqlite://missing/orders.db", "missing/orders.db"),
        ("postgres://me:s3cret@127.0.0.1:9/shop", "postgres://me:***@127.0.0.1:9/shop"),
    ] {
        let setup = Setup::new().flags(&["--listen=0", "--database-url", url]);
        let output = setup.output();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(shown) && !said.contains("s3cret"), "{said}");
    }
}

#[test]
fn a_stop_answers_every_request_that_has_begun() {
    const IN_FLIGHT: usize = 100;
    let setup = Setup::new().flags(&["--body-timeout=3s", "--drain-timeout=15s"]);
    let mut server = setup.start();
    let text = request("POST", "/orders", &[], &order("ann"));
    let (first, second) = text.split_at(text.len() - 20);
    let begin = || {
        let mut connection = Connection::open(server.address);
        connection.send(first).unwrap();
        connection
    };
    let mut in_flight: Vec<_> = (0..IN_FLIGHT).map(|_| begin()).collect();
    let mut stalled: Vec<_> = (0..5).map(|_| begin()).collect();
    let mut half_open: Vec<_> = (0..20)
        .map(|number| {
            let mut connection = Connection::open(server.address);
            connection.send(&"GET /orders HTTP/1.1\r\n"[..number]).unwrap();
            connection
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));

    let asked = Instant::now();
    server.terminate();
    std::thread::sleep(Duration::from_millis(300));
    let ids: Vec<_> = in_flight
        .iter_mut()
        .map(|connection| {
            let answer = connection.ask(second).unwrap();
            assert_eq!(answer.status, 201, "{answer:?}");
            assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
            answer.json()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    for connection in &mut half_open {
        assert!(connection.is_closed());
    }
    for connection in &mut stalled {
        connection.receive().unwrap().assert_problem(408, "request.timeout");
    }
    let status = server.wait(Duration::from_secs(25));
    assert!(status.success() && asked.elapsed() < Duration::from_secs(25), "{status}");

    let server = setup.start();
    let mut connection = Connection::open(server.address);
    for id in ids {
        let path = format!("/orders/{id}");
        assert_eq!(connection.ask(&request("GET", &path, &[], "")).unwrap().status, 200, "{id}");
    }
}

#[test]
fn a_stop_does_not_wait_for_a_client_that_never_ends() {
    let setup = Setup::new().flags(&["--drain-timeout=1s"]);
    let mut server = setup.start();
    let mut stalled = Connection::open(server.address);
    stalled.send(request("POST", "/orders", &[("content-length", "100")], "")).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.signal(Signal::INT);
    assert!(server.wait(Duration::from_secs(5)).success());
    assert!(stalled.is_closed());
    assert!(server.log().contains("not every request had ended"), "{}", server.log());
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut server = Setup::new().start();
    let mut stalled = Connection::open(server.address);
    stalled.send(request("POST", "/orders", &[("content-length", "100")], "")).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.terminate();
    std::thread::sleep(Duration::from_millis(500));
    server.terminate();
    assert!(server.wait(Duration::from_secs(5)).success());
}

#[test]
fn the_log_says_what_was_answered_and_nothing_of_persons() {
    let setup = Setup::new().flags(&["--log-format=json"]);
    let mut server = setup.start();
    let placed = post(server.address, "/orders", &order("canary-customer"));
    let id = placed.json()["id"].as_str().unwrap().to_owned();
    let mut connection = Connection::open(server.address);
    let path = format!("/orders/{id}?q=canary-query");
    let headers = [("x-request-id", "call-7"), ("authorization", "Bearer canary-token")];
    connection.ask(&request("GET", &path, &headers, "")).unwrap();
    for probe in ["/livez", "/readyz", "/api/health"] {
        assert_eq!(get(server.address, probe).status, 200);
    }
    server.terminate();
    server.wait(Duration::from_secs(25));
    let said = server.log();
    assert!(!said.contains("canary"), "{said}");
    let line = said.lines().find(|line| line.contains("call-7")).expect(&said);
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/orders/{id}");
    assert_eq!(line["status"], 200);
    assert!(line["latency_us"].is_u64(), "{line}");
    for probe in ["livez", "readyz", "/health"] {
        assert!(!said.contains(probe), "probes are asked for ever: {said}");
    }
}
