use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use super::{Load, Requests, answer, drive, get, pace, post, summary};
use crate::Failure;

#[test]
fn an_answer_ends_where_its_length_says() {
    let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\nETag: \"1\"\r\n\r\nabc";
    let answer = answer::read(whole).expect("it is whole");
    assert_eq!((answer.status, answer.head, answer.length), (201, whole.len() - 3, whole.len()));
    for end in 0..whole.len() {
        assert_eq!(answer::read(&whole[..end]), None, "{end} bytes");
    }
    assert_eq!(answer::read(b"HTTP/1.1 200 OK\r\n\r\n"), None, "a length is needed");
}

#[test]
fn repeated_requests_begin_anew_and_single_ones_end() {
    let all = || [b"one".to_vec(), b"three".to_vec()];
    let taken = |mut requests: Requests| -> Vec<String> {
        let next = |_| {
            let range = requests.take()?;
            Some(String::from_utf8_lossy(&requests.bytes[range]).into_owned())
        };
        (0..3).map_while(next).collect()
    };
    assert_eq!(taken(Requests::repeated(all())), ["one", "three", "one"]);
    assert_eq!(taken(Requests::once(all())), ["one", "three"]);
    assert!(taken(Requests::repeated([])).is_empty());
}

#[test]
fn a_percentile_is_the_latency_that_so_many_keep() {
    let load = summary((1..=100).map(|ms| ms * 1_000).collect(), Duration::from_secs(2));
    assert_eq!((load.answered, load.per_second), (100, 50.0));
    assert_eq!((load.p50_ms, load.p99_ms), (51.0, 100.0));
}

#[test]
fn every_request_is_answered_once_however_the_answer_is_cut() -> Result<(), Failure> {
    let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", "hello");
    let body = post("/", b"{}");
    let mut requests = Requests::once((0..500).map(|_| body.clone()));
    let load = drive(address, 8, Duration::from_mins(1), 200, &mut requests)?;
    assert_eq!(load.answered, 500);
    Ok(())
}

#[test]
fn an_unwanted_answer_ends_the_load_with_what_was_said() {
    let address = answering("HTTP/1.1 409 Conflict\r\ncontent-length: 5\r\n\r\n", "never");
    let failed: Result<Load, Failure> =
        drive(address, 2, Duration::from_mins(1), 200, &mut Requests::once([get("/x")]));
    let text = failed.expect_err("409 is not 200").to_string();
    assert!(text.contains("409") && text.contains("GET /x") && text.contains("never"), "{text}");
}

#[test]
fn a_fixed_rate_sends_no_more_than_that() -> Result<(), Failure> {
    let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", "hello");
    let mut requests = Requests::repeated([post("/", b"{}")]);
    let load = pace(address, 8, Duration::from_millis(500), 200, 200.0, &mut requests)?;
    assert_eq!(load.answered, 100);
    Ok(())
}

/// A server that gives every request this answer, in two pieces.
fn answering(head: &'static str, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer_all(stream, head, body));
        }
    });
    address
}

fn answer_all(mut stream: TcpStream, head: &str, body: &str) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut length, mut line) = (0, String::new());
        while reader.read_line(&mut line)? > 2 {
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.trim().parse().unwrap_or(0);
            }
            line.clear();
        }
        if line.is_empty() {
            return Ok(());
        }
        reader.read_exact(&mut vec![0; length])?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
    }
}
