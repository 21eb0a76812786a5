use std::{net::SocketAddr, time::Instant};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    routing::{any, get, post},
};
use order_core::{Actor, Principal};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use super::*;

mod multiplexed;

const MIB: usize = 1024 * 1024;

struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    cut: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Drained>,
}

fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/livez", get(|| async { "alive" }))
        .route("/echo", post(|body: String| async { body }))
        .route("/panic", any(panicking))
        .route("/deaf", post(|| async { StatusCode::PAYLOAD_TOO_LARGE }))
        .route("/big", get(|| async { vec![b'x'; 64 * MIB] }))
        .route("/slow", get(|| async { slowly(300).await }))
        .route("/slower", get(|| async { slowly(5_000).await }))
        .route("/caller", get(caller))
}

async fn panicking() -> &'static str {
    panic!("secret words")
}

async fn slowly(ms: u64) -> &'static str {
    sleep(Duration::from_millis(ms)).await;
    "done"
}

async fn caller(request: Request<Body>) -> String {
    request
        .extensions()
        .get::<Principal>()
        .map(|who| who.subject.as_str().to_owned())
        .unwrap_or_default()
}

/// Limits short enough to wait for.
fn limits() -> Limits {
    Limits {
        header_time: Duration::from_millis(400),
        body_time: Duration::from_millis(400),
        idle_time: Duration::from_millis(800),
        write_time: Duration::from_millis(400),
        request_time: Duration::from_secs(2),
        drain_time: Duration::from_secs(3),
        ..Limits::default()
    }
}

fn start(limits: Limits) -> Running {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let caller = Principal::admin(Actor::clean("development").unwrap());
    let answerer = Arc::new(Answerer::new(routes(), Some(caller), limits, ""));
    let (stop, stopped) = oneshot::channel();
    let (cut, is_cut) = oneshot::channel();
    // A sender that is gone asks for nothing.
    let wait = |receiver: oneshot::Receiver<()>| async move {
        if receiver.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let addresses = Addresses::new(None);
    let entrance = Entrance { listener, answerer, limits, tls: None, addresses };
    let serving = tokio::spawn(serve(entrance, wait(stopped), wait(is_cut)));
    Running { address, stop: Some(stop), cut: Some(cut), serving }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Sends a request and gives all that comes until the server closes.
    async fn ask(&self, text: &str) -> String {
        rest(self.send(text).await).await
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
}

fn request(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{more}\r\n")
}

const CLOSE: &str = "connection: close\r\n";

async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset ends it as well as a close.
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn some(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4_096];
    let count = timeout(Duration::from_secs(10), stream.read(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

fn assert_problem(answer: &str, status: u16, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains("content-type: application/problem+json\r\n"), "{answer}");
    assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
}

#[tokio::test]
async fn everybody_is_the_caller_of_development_mode() {
    let answer = start(limits()).ask(&request("GET", "/caller", CLOSE)).await;
    assert!(answer.ends_with("\r\n\r\ndevelopment"), "{answer}");
}

#[tokio::test]
async fn a_panic_is_a_500_without_its_words_and_the_server_goes_on() {
    let server = start(limits());
    let answer = server.ask(&request("GET", "/panic", CLOSE)).await;
    assert_problem(&answer, 500, "internal");
    assert!(!answer.contains("secret"), "{answer}");
    assert!(server.ask(&request("GET", "/", CLOSE)).await.ends_with("hello"));
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_a_503() {
    let answer = start(limits()).ask(&request("GET", "/slower", CLOSE)).await;
    assert_problem(&answer, 503, "server.timeout");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
}

#[tokio::test]
async fn a_body_that_stalls_is_a_408_and_a_close() {
    let server = start(Limits { request_time: Duration::from_secs(9), ..limits() });
    let begun = Instant::now();
    let answer = server.ask(&request("POST", "/echo", "content-length: 10\r\n")).await;
    assert_problem(&answer, 408, "request.timeout");
    let half = format!("{}hello", request("POST", "/echo", "content-length: 10\r\n"));
    assert_problem(&server.ask(&half).await, 408, "request.timeout");
    // Its own time, not the request's.
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_that_trickles_is_over_with_the_request_time() {
    let server = start(limits());
    let mut stream = server.send(&request("POST", "/echo", "content-length: 1000\r\n")).await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(2_500) && stream.write_all(b"x").await.is_ok() {
        sleep(Duration::from_millis(100)).await;
    }
    assert_problem(&rest(stream).await, 408, "request.timeout");
}

#[tokio::test]
async fn a_head_that_trickles_is_closed() {
    let server = start(limits());
    let mut stream = server.send("GET / HTTP/1.1\r\n").await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(8) && stream.write_all(b"a: b\r\n").await.is_ok() {
        sleep(Duration::from_millis(50)).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn connections_without_a_request_are_closed() {
    let server = start(Limits { write_time: Duration::from_secs(9), ..limits() });
    assert_eq!(rest(server.connect().await).await, "");
    let begun = Instant::now();
    let answer = server.ask(&request("GET", "/", "")).await;
    assert!(answer.ends_with("hello"), "{answer}");
    // The idle time, neither the shorter one of a head nor the longer one of an answer.
    let idle = Duration::from_millis(700)..Duration::from_secs(5);
    assert!(idle.contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut_off() {
    let server = start(limits());
    let mut stream = server.send(&request("GET", "/big", CLOSE)).await;
    sleep(Duration::from_secs(4)).await;
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.unwrap();
    assert!(bytes.len() < 64 * MIB, "{} bytes came", bytes.len());
}

#[tokio::test]
async fn a_client_that_takes_its_answer_slowly_gets_all_of_it() {
    let server = start(limits());
    let mut stream = server.send(&request("GET", "/big", CLOSE)).await;
    let (mut count, mut piece) = (0, vec![0; MIB]);
    loop {
        let read = stream.read(&mut piece).await.unwrap();
        count += read;
        if read == 0 {
            break;
        }
        sleep(Duration::from_millis(40)).await;
    }
    assert!(count > 64 * MIB, "{count} bytes came");
}

#[tokio::test]
async fn one_request_too_many_is_a_503_but_health_is_answered() {
    let server = start(Limits { requests_max: 1, ..limits() });
    let first = server.send(&request("GET", "/slow", CLOSE)).await;
    sleep(Duration::from_millis(100)).await;
    let answer = server.ask(&request("GET", "/", CLOSE)).await;
    assert_problem(&answer, 503, "server.busy");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    assert!(server.ask(&request("GET", "/livez", CLOSE)).await.ends_with("alive"));
    assert!(rest(first).await.ends_with("done"));
    assert!(server.ask(&request("GET", "/", CLOSE)).await.ends_with("hello"));
}

#[tokio::test]
async fn one_connection_too_many_is_a_503() {
    let server = start(Limits { connections_max: 1, ..limits() });
    let first = server.send(&request("GET", "/slow", CLOSE)).await;
    sleep(Duration::from_millis(100)).await;
    let answer = server.ask(&request("GET", "/", CLOSE)).await;
    assert_problem(&answer, 503, "server.busy");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    assert!(rest(first).await.ends_with("done"));
    assert!(server.ask(&request("GET", "/", CLOSE)).await.ends_with("hello"));
}

#[tokio::test]
async fn the_answer_to_a_body_that_nobody_reads_arrives() {
    let server = start(limits());
    let length = 10 * MIB;
    let head = request("POST", "/deaf", &format!("content-length: {length}\r\n{CLOSE}"));
    let mut stream = server.send(&head).await;
    stream.write_all(&vec![b'x'; length]).await.unwrap();
    assert!(rest(stream).await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn a_connection_outlives_a_body_that_nobody_reads() {
    let server = start(limits());
    let length = 10 * MIB;
    let head = request("POST", "/deaf", &format!("content-length: {length}\r\n"));
    let mut stream = server.send(&head).await;
    stream.write_all(&vec![b'x'; length]).await.unwrap();
    assert!(some(&mut stream).await.starts_with("HTTP/1.1 413 "));
    stream.write_all(request("GET", "/", CLOSE).as_bytes()).await.unwrap();
    assert!(rest(stream).await.ends_with("hello"));
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_no_request() {
    let server = start(limits());
    let smuggled = request("GET", "/caller", CLOSE);
    let head = request("POST", "/deaf", &format!("content-length: {}\r\n", smuggled.len()));
    let answer = server.ask(&format!("{head}{smuggled}{}", request("GET", "/", CLOSE))).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn requests_sent_together_are_answered_in_order() {
    let server = start(limits());
    let hello = request("GET", "/", "");
    let slow = request("GET", "/slow", "");
    let answer = server.ask(&format!("{slow}{hello}{}", request("GET", "/caller", CLOSE))).await;
    let at = |text| answer.find(text).expect(text);
    assert!(at("done") < at("hello") && at("hello") < at("development"), "{answer}");
}

#[tokio::test]
async fn a_client_that_only_listens_after_its_request_is_answered() {
    let server = start(limits());
    let mut stream = server.send(&request("GET", "/slow", "")).await;
    stream.shutdown().await.unwrap();
    assert!(rest(stream).await.ends_with("done"));
}

#[tokio::test]
async fn a_fit_request_id_comes_back_and_an_unfit_one_is_replaced() {
    let server = start(limits());
    let id_of = |answer: &str| {
        let line = answer.lines().find_map(|line| line.strip_prefix("x-request-id: "));
        line.unwrap().to_owned()
    };
    let fit = "x-request-id: call-7.a:b\r\nconnection: close\r\n";
    assert_eq!(id_of(&server.ask(&request("GET", "/", fit)).await), "call-7.a:b");
    for unfit in ["", "a b", "a\"b", &"x".repeat(129)] {
        let header = format!("x-request-id: {unfit}\r\nconnection: close\r\n");
        let id = id_of(&server.ask(&request("GET", "/", &header)).await);
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let server = start(limits());
    for path in ["/", "/panic", "/nowhere"] {
        let answer = server.ask(&request("GET", path, CLOSE)).await;
        for header in [
            "x-content-type-options: nosniff\r\n",
            "x-frame-options: DENY\r\n",
            "content-security-policy: default-src 'none'",
            "x-request-id: ",
        ] {
            assert!(answer.contains(header), "{header} in {answer}");
        }
    }
}

#[tokio::test]
async fn a_stop_finishes_what_has_begun_and_closes_the_rest() {
    let mut server = start(limits());
    let idle = server.connect().await;
    let half_open = server.send("GET / HT").await;
    let mut kept = server.send(&request("GET", "/", "")).await;
    assert!(some(&mut kept).await.ends_with("hello"));
    let slow = server.send(&request("GET", "/slow", "")).await;
    sleep(Duration::from_millis(100)).await;
    server.stop();
    let answer = rest(slow).await;
    assert!(answer.ends_with("done") && answer.contains("connection: close\r\n"), "{answer}");
    for closed in [idle, half_open, kept] {
        assert_eq!(rest(closed).await, "");
    }
    assert_eq!(server.serving.await.unwrap(), Drained { cut: 0 });
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_connection_that_was_not_accepted_yet_is_served_before_a_stop() {
    let mut server = start(limits());
    // The current-thread runtime accepts nothing until this task waits.
    let mut early = std::net::TcpStream::connect(server.address).unwrap();
    std::io::Write::write_all(&mut early, request("GET", "/slow", "").as_bytes()).unwrap();
    server.stop();
    early.set_nonblocking(true).unwrap();
    assert!(rest(TcpStream::from_std(early).unwrap()).await.ends_with("done"));
    assert_eq!(server.serving.await.unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_the_drain_time() {
    let mut server = start(Limits { drain_time: Duration::from_millis(300), ..limits() });
    let slower = server.send(&request("GET", "/slower", "")).await;
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    server.stop();
    assert_eq!(server.serving.await.unwrap(), Drained { cut: 1 });
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    assert_eq!(rest(slower).await, "");
}

#[tokio::test]
async fn a_second_request_to_stop_cuts_at_once() {
    let mut server = start(limits());
    let _slower = server.send(&request("GET", "/slower", "")).await;
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    server.stop();
    server.cut.take().unwrap().send(()).unwrap();
    assert_eq!(server.serving.await.unwrap(), Drained { cut: 1 });
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_no_http_is_a_problem_too() {
    let server = start(limits());
    for (text, status, code) in [
        ("nonsense\r\n\r\n".to_owned(), 400, "request.malformed"),
        (request("GET", "/", "bad name: x\r\n"), 400, "request.malformed"),
        (request("GET", "/", "content-length: many\r\n"), 400, "request.malformed"),
        (request("GET", &format!("/{}", "a".repeat(65_535)), ""), 431, "request.head_too_large"),
        (request("GET", "/", &"a: b\r\n".repeat(200)), 431, "request.head_too_large"),
        (
            request("GET", "/", &format!("a: {}\r\n", "b".repeat(300_000))),
            431,
            "request.head_too_large",
        ),
    ] {
        let answer = server.ask(&text).await;
        assert_problem(&answer, status, code);
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_too_early_for_a_huge_body_arrives() {
    let server = start(limits());
    let length = 64 * MIB;
    let head = request("POST", "/deaf", &format!("content-length: {length}\r\n"));
    let mut stream = server.send(&head).await;
    // A client that is reset while it sends may never look at what was answered.
    let body = vec![b'x'; length];
    let sent = timeout(Duration::from_millis(500), stream.write_all(&body)).await;
    assert!(!matches!(sent, Ok(Err(_))), "{sent:?}");
    assert!(rest(stream).await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn bodies_that_are_too_much_together_are_a_503() {
    let server = start(Limits { buffered_bytes_max: 10_000, ..limits() });
    let head = request("POST", "/echo", "content-length: 6001\r\nconnection: close\r\n");
    let begun = format!("{head}{}", "x".repeat(6_000));
    let mut first = server.send(&begun).await;
    sleep(Duration::from_millis(100)).await;
    let mut second = server.send(&begun).await;
    assert_problem(&some(&mut second).await, 503, "server.busy");
    first.write_all(b"x").await.unwrap();
    assert!(rest(first).await.ends_with("xxx"));
    let all = server.ask(&format!("{begun}x")).await;
    assert!(all.ends_with("xxx"), "what the first held is free again: {all}");
}
