//! Whom the server lets in, and how fast: TLS, and limits of one caller and of one address.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use order_core::{Orders as _, Refusal, RoleKind};
use order_grpc::{Credentials, GrpcCore, Settings};
use reqwest::{Certificate, Client, StatusCode};
use serde_json::json;

use crate::{
    accounts::{SECRET, token},
    gateway,
    process::{Server, Setup},
    wire::{Answer, Connection, get, post, request},
};

/// Makes a certificate for this machine, and gives it as a client is told of it.
fn certify(folder: &Path) -> Certificate {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = made.cert.pem();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("cert.pem"), &pem).unwrap();
    Certificate::from_pem(pem.as_bytes()).unwrap()
}

pub(crate) fn encrypted() -> (Setup, Certificate) {
    let setup = Setup::new().flags(&["--tls-cert-file=cert.pem", "--tls-key-file=key.pem"]);
    let certificate = certify(setup.path());
    (setup, certificate)
}

fn client(certificate: Certificate) -> Client {
    let roots = [certificate];
    Client::builder().no_proxy().tls_certs_only(roots).build().unwrap()
}

/// Whether a client that trusts a certificate, and no other, is answered.
async fn is_answered(port: u16, certificate: &Certificate) -> bool {
    let url = format!("https://localhost:{port}/livez");
    client(certificate.clone()).get(url).send().await.is_ok_and(|it| it.status().is_success())
}

/// Whether a gateway that trusts the certificate of a folder, and no other, is answered.
async fn is_gateway_answered(address: &str, folder: &Path) -> bool {
    let (_, port) = address.rsplit_once(':').unwrap();
    let pem = fs::read(folder.join("cert.pem")).unwrap();
    let url = format!("grpcs://localhost:{port}");
    GrpcCore::new(Settings::trusting(&url, &pem).unwrap()).ping().await.is_ok()
}

#[tokio::test]
async fn connections_are_encrypted_and_a_renewed_certificate_is_taken_over() {
    let (setup, first) = encrypted();
    let (server, grpc) = gateway::core(&setup);
    assert!(is_gateway_answered(&grpc, setup.path()).await, "{}", server.log());
    let port = server.address.port();
    let url = format!("https://localhost:{port}");
    let order =
        r#"{"customerId":"me","items":[{"productId":"tea","quantity":1,"unitPrice":"4.50"}]}"#;
    let placed = client(first.clone()).post(format!("{url}/orders")).body(order);
    let placed = placed.header("content-type", "application/json").send().await.unwrap();
    assert_eq!(placed.status(), StatusCode::CREATED);
    assert_eq!(placed.headers()["strict-transport-security"], "max-age=31536000");
    // What is no TLS is told nothing.
    let asked = Connection::open(server.address).ask(&request("GET", "/livez", &[], ""));
    assert!(asked.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock));

    let second = certify(setup.path());
    assert!(!is_gateway_answered(&grpc, setup.path()).await);
    assert!(is_answered(port, &first).await, "the old one is shown until it is looked for");
    let begun = Instant::now();
    while !is_answered(port, &second).await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(is_gateway_answered(&grpc, setup.path()).await);
    // Half of a pair: the whole one is shown on.
    fs::write(setup.path().join("cert.pem"), "half").unwrap();
    assert!(is_answered(port, &second).await);
    server.stop();
}

#[test]
fn a_client_that_never_agrees_how_to_encrypt_is_closed() {
    let (setup, _) = encrypted();
    let (server, grpc) = gateway::core(&setup.flags(&["--header-timeout=500ms"]));
    let mut silent = [server.address, grpc.parse().unwrap()].map(Connection::open);
    let begun = Instant::now();
    assert!(silent.iter_mut().all(Connection::is_closed));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // Nor does it keep the server from stopping.
    let _silent = Connection::open(server.address);
    server.stop();
}

#[test]
fn a_certificate_that_cannot_be_used_is_said() {
    let (setup, _) = encrypted();
    fs::write(setup.path().join("key.pem"), "nonsense").unwrap();
    let output = setup.output();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("key.pem holds no private key in PEM"), "{said}");
    let half = Setup::new().flags(&["--tls-key-file=key.pem"]).output();
    assert_eq!(half.status.code(), Some(2));
    let said = String::from_utf8(half.stderr).unwrap();
    assert!(said.contains("TLS_CERT_FILE and TLS_KEY_FILE go together"), "{said}");
}

fn ask_as(server: &Server, subject: &str) -> Answer {
    let shown = format!("Bearer {}", token(SECRET, subject, RoleKind::Staff));
    let headers = [("authorization", shown.as_str())];
    Connection::open(server.address).ask(&request("GET", "/orders", &headers, "")).unwrap()
}

#[track_caller]
fn assert_limited(answer: &Answer) {
    answer.assert_problem(429, "request.rate_limited");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[test]
fn a_caller_who_asks_too_often_waits_and_nobody_else_does() {
    let setup = Setup::new().variable("JWT_SECRET", SECRET).flags(&["--rate-limit=3/m"]);
    let server = setup.start();
    for _ in 0..3 {
        assert_eq!(ask_as(&server, "eager").status, 200);
    }
    assert_limited(&ask_as(&server, "eager"));
    assert_eq!(ask_as(&server, "calm").status, 200);
    // Who shows no token is known by address.
    for _ in 0..3 {
        assert_eq!(get(server.address, "/orders").status, 401);
    }
    assert_limited(&get(server.address, "/orders"));
    server.stop();
}

/// What a caller of gRPC who is no gateway is told.
async fn told_over_grpc(address: &str, subject: &str) -> String {
    let shown = token(SECRET, subject, RoleKind::Staff).into();
    let settings = Settings::new(&format!("grpc://{address}")).unwrap();
    let core = GrpcCore::new(settings.credentials(Credentials::Token(shown)).unwrap());
    Refusal::from(&core.ping().await.unwrap_err()).detail.into()
}

#[tokio::test]
async fn who_asks_too_often_over_grpc_waits_too() {
    let setup = Setup::new().variable("JWT_SECRET", SECRET).flags(&["--rate-limit=3/m"]);
    let (server, grpc) = gateway::core(&setup);
    for _ in 0..2 {
        let told = told_over_grpc(&grpc, "eager").await;
        assert!(told.contains("PermissionDenied"), "{told}");
    }
    // Counted together, whichever way somebody comes.
    assert_eq!(ask_as(&server, "eager").status, 200);
    let told = told_over_grpc(&grpc, "eager").await;
    assert!(told.contains("ResourceExhausted"), "{told}");
    assert_limited(&ask_as(&server, "eager"));
    let told = told_over_grpc(&grpc, "calm").await;
    assert!(told.contains("PermissionDenied"), "{told}");
    server.stop();
}

#[test]
fn passwords_are_not_guessed_quickly() {
    let setup = Setup::new().variable("JWT_SECRET", SECRET);
    let server = setup.flags(&["--sign-in-limit=4/m", "--trusted-proxies=127.0.0.1"]).start();
    let guess = r#"{"email":"me@example.com","password":"a guess of mine"}"#;
    for path in ["/auth", "/api/auth", "/auth", "/auth"] {
        assert_eq!(post(server.address, path, guess).status, 401);
    }
    assert_limited(&post(server.address, "/auth", guess));
    assert_limited(&post(server.address, "/api/auth", guess));
    // To register costs as much, and says of an address whether it is somebody's.
    assert_limited(&post(server.address, "/users", guess));
    for mutation in ["signIn", "addAccount"] {
        let input = r#"{email: "me@example.com", password: "a guess of mine"}"#;
        let query = format!("mutation {{ {mutation}(input: {input}) {{ __typename }} }}");
        let body = json!({"query": query}).to_string();
        let headers = [("content-type", "application/json")];
        let asked = request("POST", "/graphql", &headers, &body);
        let answer = Connection::open(server.address).ask(&asked).unwrap();
        let error = &answer.json()["errors"][0]["extensions"];
        assert_eq!(error["code"], "request.rate_limited", "{answer:?}");
    }
    // Somebody else behind the same proxy, and everything else from the same address.
    let other = request("POST", "/auth", &[("x-forwarded-for", "192.0.2.7")], guess);
    assert_eq!(Connection::open(server.address).ask(&other).unwrap().status, 401);
    assert_eq!(ask_as(&server, "me").status, 200);
    server.stop();
}

#[test]
fn an_address_has_so_many_connections() {
    let setup = Setup::new().flags(&["--max-connections-per-address=3"]);
    let (server, grpc) = gateway::core(&setup);
    let mut open: Vec<_> = (0..3).map(|_| Connection::open(server.address)).collect();
    for connection in &mut open {
        assert_eq!(connection.ask(&request("GET", "/livez", &[], "")).unwrap().status, 200);
    }
    get(server.address, "/livez").assert_problem(503, "server.busy");
    // Those of gRPC are counted with them; it greets whoever it lets in.
    let grpc = grpc.parse().unwrap();
    assert!(Connection::open(grpc).is_closed());
    open.pop();
    let begun = Instant::now();
    while get(server.address, "/livez").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    drop(open);
    server.stop();
}
