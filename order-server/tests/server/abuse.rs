use std::{
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    crash::{Random, seed},
    process::{Server, Setup},
    wire::{Answer, Connection, get, order, post, request},
};

fn impatient() -> Server {
    Setup::new().flags(&["--header-timeout=500ms", "--body-timeout=500ms", "--log=warn"]).start()
}

fn ask(address: SocketAddr, text: impl AsRef<[u8]>) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(text).unwrap();
    connection.receive().unwrap()
}

fn assert_alive(server: &Server) {
    assert_eq!(post(server.address, "/orders", &order("ann")).status, 201, "{}", server.log());
}

#[test]
fn a_head_that_trickles_is_closed() {
    let server = impatient();
    let mut connection = Connection::open(server.address);
    let begun = Instant::now();
    connection.send("GET /orders HTTP/1.1\r\n").unwrap();
    while begun.elapsed() < Duration::from_secs(10) && connection.send("a: b\r\n").is_ok() {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn a_body_that_stalls_is_a_408_and_a_close() {
    let server = impatient();
    let mut connection = Connection::open(server.address);
    let head = "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{";
    connection.ask(head).unwrap().assert_problem(408, "request.timeout");
    assert!(connection.is_closed());
}

#[test]
fn a_body_too_large_is_a_413_that_the_client_sees() {
    let server = impatient();
    let body = format!(r#"{{"note":"{}"}}"#, "x".repeat(10 * 1024 * 1024));
    let answer = post(server.address, "/orders", &body);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    // Nor may it come in pieces that do not say how many there will be.
    let mut connection = Connection::open(server.address);
    connection
        .send(
            "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n",
        )
        .unwrap();
    let piece = format!("10000\r\n{}\r\n", " ".repeat(65_536));
    for _ in 0..40 {
        connection.send(&piece).unwrap();
    }
    assert_eq!(connection.receive().unwrap().status, 413);
}

#[test]
fn a_request_without_a_host_is_a_400() {
    let server = impatient();
    ask(server.address, "GET /orders HTTP/1.1\r\n\r\n").assert_problem(400, "request.host_invalid");
    let twice = "GET /orders HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n";
    ask(server.address, twice).assert_problem(400, "request.host_invalid");
}

#[test]
fn a_head_too_large_is_a_431() {
    let server = impatient();
    let long = request("GET", "/orders", &[("a", &"b".repeat(300 * 1024))], "");
    ask(server.address, long).assert_problem(431, "request.head_too_large");
    let many = request("GET", "/orders", &vec![("a", "b"); 500], "");
    ask(server.address, many).assert_problem(431, "request.head_too_large");
    assert_alive(&server);
}

#[test]
fn a_page_of_another_host_reaches_nothing() {
    let server = impatient();
    for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "192.168.0.1"] {
        let text = format!("GET /orders HTTP/1.1\r\nhost: {host}\r\n\r\n");
        ask(server.address, text).assert_problem(403, "request.host_refused");
    }
    for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let text = request("POST", "/orders", &[foreign], &order("ann"));
        ask(server.address, text).assert_problem(403, "request.cross_site");
    }
    assert_alive(&server);
}

/// A second request inside the body of the first must never be answered.
#[test]
fn no_request_is_smuggled() {
    let server = impatient();
    let inner = "GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let length = inner.len() + 5;
    let chunked = format!("0\r\n\r\n{inner}");
    let start = "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    for (shape, text) in [
        (
            "both lengths",
            format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n{chunked}"),
        ),
        (
            "both lengths, turned",
            format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n\r\n{chunked}"),
        ),
        ("two lengths", format!("content-length: 0\r\ncontent-length: {length}\r\n\r\n{inner}")),
        ("a list of lengths", format!("content-length: 0, {length}\r\n\r\n{inner}")),
        ("a signed length", format!("content-length: +0\r\n\r\n{inner}")),
        ("a negative length", format!("content-length: -1\r\n\r\n{inner}")),
        ("a length with a space", format!("content-length: 0 0\r\n\r\n{inner}")),
        ("a name with a space", format!("content-length : 0\r\n\r\n{inner}")),
        ("an unknown coding", format!("transfer-encoding: xchunked\r\n\r\n{chunked}")),
        (
            "a coding after chunked",
            format!("transfer-encoding: chunked, identity\r\n\r\n{chunked}"),
        ),
        ("identity", format!("transfer-encoding: identity\r\n\r\n{inner}")),
        ("a bad chunk size", format!("transfer-encoding: chunked\r\n\r\nzz\r\n{chunked}")),
        (
            "a huge chunk size",
            format!("transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{chunked}"),
        ),
        ("a chunk without its end", format!("transfer-encoding: chunked\r\n\r\n1\r\nxy{chunked}")),
        ("a folded header", format!("a: b\r\n content-length: 0\r\n\r\n{inner}")),
        ("a bare return", format!("a: b\rcontent-length: 0\r\n\r\n{inner}")),
        ("a null", format!("a: b\0c\r\n\r\n{inner}")),
    ] {
        let mut connection = Connection::open(server.address);
        connection.send(format!("{start}{text}")).unwrap();
        if let Ok(answer) = connection.receive() {
            assert!((400..500).contains(&answer.status), "{shape}: {answer:?}");
            assert!(connection.is_closed(), "{shape}: something follows {answer:?}");
        }
    }
    assert_alive(&server);
}

#[test]
fn strange_targets_and_methods_are_problems() {
    let server = impatient();
    for (line, statuses) in [
        ("OPTIONS * HTTP/1.1", 400..500),
        ("CONNECT localhost:80 HTTP/1.1", 405..406),
        ("TRACE /orders HTTP/1.1", 405..406),
        ("BREW /orders HTTP/1.1", 400..500),
        ("get /orders HTTP/1.1", 400..500),
        ("GET //orders HTTP/1.1", 400..500),
        ("GET /orders/../orders HTTP/1.1", 400..500),
        ("GET /orders/%00 HTTP/1.1", 400..500),
        ("GET /orders/%ff%fe HTTP/1.1", 400..500),
        ("GET /orders/%zz HTTP/1.1", 400..500),
        ("GET /orders?limit=%ff HTTP/1.1", 400..500),
        ("GET http://localhost/nowhere HTTP/1.1", 404..405),
        ("GET /orders HTTP/3.7", 400..500),
        ("GET  /orders HTTP/1.1", 400..500),
    ] {
        let answer = ask(server.address, format!("{line}\r\nhost: localhost\r\n\r\n"));
        assert!(statuses.contains(&answer.status), "{line}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{line}");
    }
    assert_alive(&server);
}

#[test]
fn noise_is_never_a_5xx() {
    let server = impatient();
    let mut random = Random::new(seed("noise"));
    let text = request("POST", "/orders", &[("connection", "close")], &order("ann"));
    for _ in 0..300 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=random.below(6) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.below(256).try_into().unwrap(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random.below(256).try_into().unwrap()),
            }
        }
        let mut connection = Connection::open(server.address);
        connection.send(&bytes).unwrap();
        if let Ok(answer) = connection.receive() {
            let sent = String::from_utf8_lossy(&bytes);
            assert!(answer.status < 500, "{sent:?}: {answer:?}");
        }
    }
    assert_alive(&server);
}

#[test]
fn connections_that_do_nothing_do_not_keep_others_out() {
    let server = Setup::new().flags(&["--max-connections=50", "--header-timeout=1s"]).start();
    let _idle: Vec<_> = (0..50).map(|_| Connection::open(server.address)).collect();
    let refused = get(server.address, "/livez");
    refused.assert_problem(503, "server.busy");
    assert_eq!(refused.header("retry-after"), Some("1"));
    std::thread::sleep(Duration::from_millis(1_600));
    assert_alive(&server);
}

#[test]
fn memory_and_files_are_level_after_abuse() {
    const MIB: u64 = 1024 * 1024;
    let server = Setup::new().flags(&["--log=error", "--header-timeout=1s"]).start();
    let files = || fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    let memory = || get(server.address, "/health").json()["memoryBytes"].as_u64().unwrap();
    let large = "x".repeat(3 * 1024 * 1024);
    let abuse = || {
        let half_open: Vec<_> = (0..100)
            .map(|number| {
                let mut connection = Connection::open(server.address);
                connection
                    .send(&"POST /orders HTTP/1.1\r\nhost: localhost"[..number % 38])
                    .unwrap();
                connection
            })
            .collect();
        for _ in 0..10 {
            // The answer may come before all is sent.
            let mut connection = Connection::open(server.address);
            let _ = connection.send(request("POST", "/orders", &[], &large));
            let _ = connection.receive();
        }
        for number in 0..50 {
            assert_eq!(post(server.address, "/orders", &order(&format!("c{number}"))).status, 201);
        }
        drop(half_open);
    };
    abuse();
    let (files_before, memory_before) = (files(), memory());
    for _ in 0..5 {
        abuse();
    }
    let begun = Instant::now();
    while files() > files_before + 8 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{files_before}, now {}", files());
        std::thread::sleep(Duration::from_millis(50));
    }
    let grown = memory().saturating_sub(memory_before);
    println!("{files_before} files, now {}; {} MiB more", files(), grown / MIB);
    assert!(grown < 32 * MIB, "{} MiB more", grown / MIB);
    server.stop();
}
