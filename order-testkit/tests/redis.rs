//! The Redis fixture.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};

use order_testkit::redis::{Redis, available};

/// Whether a server at this port answers.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    stream.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).is_ok() && answer == *b"+PONG\r\n"
}

#[test]
fn a_server_is_started_killed_halted_and_gone_with_its_value() {
    assert!(available());
    let mut server = Redis::start().unwrap();
    let port = server.port();
    assert!((20_000..32_768).contains(&port) && answers(port), "{}", server.log());
    assert_eq!(server.ask(&["SET", "tea", "Earl Grey"]).unwrap(), "+OK");
    server.flush();
    assert_eq!(server.ask(&["EXISTS", "tea"]).unwrap(), ":0");
    server.ask(&["SET", "tea", "Earl Grey"]).unwrap();
    server.kill();
    assert!(!answers(port));
    let thief = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let error = server.restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
    drop(thief);
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(server.ask(&["EXISTS", "tea"]).unwrap(), ":0");
    server.pause();
    assert!(!answers(port));
    server.resume();
    assert!(answers(port));
    assert!(server.ask(&["NO_SUCH_COMMAND"]).is_err());
    drop(server);
    assert!(!answers(port));
}

#[test]
fn two_servers_do_not_meet() {
    let (first, second) = (Redis::start().unwrap(), Redis::start().unwrap());
    assert_ne!(first.port(), second.port());
    assert!(answers(first.port()) && answers(second.port()));
}
