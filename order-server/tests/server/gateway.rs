//! A gateway and its core, each a process.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use order_testkit::python::Packages;
use rustix::process::Signal;

use crate::{
    exposure::encrypted,
    process::{Server, Setup},
    wire::{Answer, Connection, get, order, post, request},
};

/// How soon a gateway says that its core does not answer.
const SOON: Duration = Duration::from_secs(3);
const SECRET: &str = "0123456789abcdef0123456789abcdef";

const GRPC: Packages = Packages {
    folder: "order-server-python-grpc",
    import: "import grpc_tools, grpc_status, grpc_health.v1, grpc_reflection.v1alpha",
    names: &[
        "grpcio>=1.70,<2",
        "grpcio-tools>=1.70,<2",
        "grpcio-status>=1.70,<2",
        "grpcio-health-checking>=1.70,<2",
        "grpcio-reflection>=1.70,<2",
    ],
};

/// What a client says that is made of the proto files, asking a server at this address; none, and a word
/// on it, where what makes it cannot be had.
fn asked_from_python(address: &str) -> Option<String> {
    let Some(python) = GRPC.python() else {
        let text = "gRPC is not asked from Python: its package index is out of reach\n";
        io::stderr().write_all(text.as_bytes()).unwrap();
        return None;
    };
    let made = tempfile::tempdir().unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(python)
        .arg(format!("{root}/tests/server/grpc_client.py"))
        .arg(format!("{root}/../order-grpc/proto"))
        .arg(made.path())
        .arg(address)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A core that is served over gRPC, and where.
pub(crate) fn core(setup: &Setup) -> (Server, String) {
    let server = setup.clone().flags(&["--grpc-listen=127.0.0.1:0"]).start();
    let log = server.log();
    let line = log.lines().find_map(|line| line.trim().strip_prefix("gRPC"));
    let address = line.expect(&log).trim().to_owned();
    (server, address)
}

/// The same core again, at the same address.
fn core_at(setup: &Setup, address: &str) -> Server {
    setup.clone().flags(&[&format!("--grpc-listen={address}")]).start()
}

pub(crate) fn gateway(setup: Setup, address: &str) -> Server {
    setup.flags(&[&format!("--backend=grpc://{address}")]).start()
}

/// Places an order with a request key; none if the gateway did not answer at all.
fn place(address: SocketAddr, key: &str) -> Answer {
    let text = request("POST", "/orders", &[("idempotency-key", key)], &order("ann"));
    Connection::open(address).ask(&text).unwrap()
}

/// The same until it is done.
fn placed(address: SocketAddr, key: &str) -> String {
    let begun = Instant::now();
    loop {
        let answer = place(address, key);
        if answer.status == 201 {
            return answer.json()["id"].as_str().unwrap().to_owned();
        }
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{answer:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_gateway_answers_what_its_core_does_and_opens_no_database() {
    let (core, address) = core(&Setup::new());
    let setup = Setup::new();
    let gateway = gateway(setup.clone(), &address);
    assert!(gateway.log().contains(&format!("core       grpc://{address}")), "{}", gateway.log());
    let id = placed(gateway.address, "k");
    let path = format!("/orders/{id}");
    assert_eq!(get(gateway.address, &path).json(), get(core.address, &path).json());
    assert_eq!(get(gateway.address, "/readyz").status, 200);
    get(gateway.address, "/orders/none").assert_problem(404, "order.not_found");
    let files = std::fs::read_dir(setup.path()).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["log"]);
    gateway.stop();
    core.stop();
}

#[test]
fn a_core_that_is_away_costs_seconds_and_one_that_comes_back_is_found() {
    let setup = Setup::new();
    let (mut core, address) = core(&setup);
    let gateway = gateway(Setup::new(), &address);
    let first = placed(gateway.address, "first");
    let refused = |key: &str| {
        let begun = Instant::now();
        let answer = place(gateway.address, key);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        answer.assert_problem(503, "store.unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
    };
    core.signal(Signal::STOP);
    refused("hung");
    refused("hung");
    core.signal(Signal::CONT);
    placed(gateway.address, "hung");
    core.kill();
    refused("dead");
    get(gateway.address, "/readyz").assert_problem(503, "store.unavailable");
    assert_eq!(get(gateway.address, "/livez").status, 200);
    let _core = core_at(&setup, &address);
    placed(gateway.address, "dead");
    // What was begun before has happened once.
    assert_eq!(placed(gateway.address, "first"), first);
    let list = get(gateway.address, "/orders").json();
    assert_eq!(list["orders"].as_array().unwrap().len(), 3, "{list}");
}

#[test]
fn who_asks_again_after_a_break_gets_the_first_answer() {
    const CLIENTS: usize = 4;
    let setup = Setup::new();
    let (mut core, address) = core(&setup);
    let gateway = gateway(Setup::new(), &address);
    let over = AtomicBool::new(false);
    let done: Vec<(String, String)> = thread::scope(|scope| {
        let client = |client: usize| {
            let (over, at) = (&over, gateway.address);
            move || {
                let mut done = Vec::new();
                for number in 0.. {
                    let key = format!("{client}-{number}");
                    done.push((key.clone(), placed(at, &key)));
                    if over.load(Ordering::Relaxed) {
                        return done;
                    }
                }
                done
            }
        };
        let clients: Vec<_> = (0..CLIENTS).map(|at| scope.spawn(client(at))).collect();
        for _ in 0..4 {
            thread::sleep(Duration::from_millis(300));
            core.kill();
            core = core_at(&setup, &address);
        }
        over.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    for (key, id) in &done {
        assert_eq!(&placed(gateway.address, key), id, "{key}");
    }
    let mut orders = 0;
    let mut path = "/orders?limit=200".to_owned();
    loop {
        let list = get(gateway.address, &path).json();
        orders += list["orders"].as_array().unwrap().len();
        let Some(cursor) = list["nextCursor"].as_str() else { break };
        path = format!("/orders?limit=200&cursor={cursor}");
    }
    assert_eq!(orders, done.len());
}

#[test]
fn a_gateway_knows_its_callers_and_its_core_knows_the_gateway() {
    let signing = || Setup::new().variable("JWT_SECRET", SECRET);
    let (_core, address) = core(&signing());
    let gateway = gateway(signing(), &address);
    let account = r#"{"email":"ann@shop.example","password":"correct horse"}"#;
    assert_eq!(post(gateway.address, "/users", account).status, 201);
    let token =
        post(gateway.address, "/auth", account).json()["token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let ask = |headers: &[(&str, &str)]| {
        let item = r#"{"items":[{"productId":"tea","quantity":1}],"draft":true}"#;
        let text = request("POST", "/orders", headers, item);
        Connection::open(gateway.address).ask(&text).unwrap()
    };
    ask(&[]).assert_problem(401, "auth.required");
    // A customer names no price: the core says so of the customer, not of the gateway.
    ask(&[("authorization", &bearer)]).assert_problem(422, "product.unknown");
    let other = Setup::new().variable("JWT_SECRET", "another secret of thirty-two bytes");
    let stranger = self::gateway(other, &address);
    get(stranger.address, "/readyz").assert_problem(503, "store.unavailable");
    assert!(stranger.log().contains("Unauthenticated"), "{}", stranger.log());
}

#[test]
fn a_gateway_speaks_tls_to_its_core_and_only_to_the_one_it_trusts() {
    let (setup, _) = encrypted();
    let signing = |setup: Setup| setup.variable("JWT_SECRET", SECRET);
    let (_core, address) = core(&signing(setup.clone()));
    let (_, port) = address.rsplit_once(':').unwrap();
    let behind = |url: &str, ca: &Path| {
        let ca = format!("--grpc-ca-file={}", ca.display());
        let flags = [&format!("--backend={url}:{port}"), &ca];
        let flags: Vec<&str> = flags.iter().map(|flag| flag.as_str()).collect();
        signing(Setup::new()).flags(&flags[..if url.starts_with("grpcs") { 2 } else { 1 }]).start()
    };
    let own = setup.path().join("cert.pem");
    let gateway = behind("grpcs://localhost", &own);
    assert_eq!(get(gateway.address, "/readyz").status, 200, "{}", gateway.log());
    let (other, _) = encrypted();
    let stranger = behind("grpcs://localhost", &other.path().join("cert.pem"));
    get(stranger.address, "/readyz").assert_problem(503, "store.unavailable");
    let plain = behind("grpc://localhost", &own);
    get(plain.address, "/readyz").assert_problem(503, "store.unavailable");
    for (file, said) in [("none.pem", "cannot read"), ("key.pem", "certificates")] {
        let backend = format!("--backend=grpcs://localhost:{port}");
        let ca = format!("--grpc-ca-file={}", setup.path().join(file).display());
        let output = Setup::new().flags(&[&backend, &ca, "--listen=127.0.0.1:0"]).output();
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_client_in_another_language_is_made_of_the_proto_files() {
    let (core, address) = core(&Setup::new());
    if let Some(said) = asked_from_python(&address) {
        assert_eq!(said.lines().last(), Some("ok"), "{said}");
        let list = get(core.address, "/orders").json();
        assert_eq!(list["orders"].as_array().unwrap().len(), 1, "{list}");
        let measured = get(core.address, "/metrics").body;
        let method = "method=\"/order.v1.OrderService/PlaceOrder\"";
        for part in [
            format!("order_grpc_requests_total{{{method},code=\"Ok\"}} "),
            format!("order_grpc_request_duration_seconds_bucket{{{method},le="),
        ] {
            assert!(measured.contains(&part), "{part} in {measured}");
        }
    }
    core.stop();
}
