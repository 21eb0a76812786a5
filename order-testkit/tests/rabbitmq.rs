//! The RabbitMQ fixture.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};

use order_testkit::rabbitmq::{RabbitMq, available};

/// Whether a server at this port answers as AMQP has it.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    stream.write_all(b"AMQP\x00\x00\x09\x01").unwrap();
    stream.read(&mut [0; 64]).is_ok_and(|bytes| bytes > 7)
}

#[test]
fn a_server_is_started_killed_halted_and_gone_with_its_value() {
    assert!(available());
    let mut server = RabbitMq::start().unwrap();
    let port = server.port();
    assert!((20_000..32_768).contains(&port) && answers(port), "{}", server.log());
    server.kill();
    assert!(!answers(port));
    let thief = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let error = server.restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
    drop(thief);
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert!(answers(port));
    server.pause();
    assert!(!answers(port));
    server.resume();
    assert!(answers(port));
    assert!(server.ask(&["list_queues", "name"]).is_ok());
    assert!(server.ask(&["no_such_command"]).is_err());
    drop(server);
    assert!(!answers(port));
}

#[test]
fn two_servers_do_not_meet() {
    let (first, second) = (RabbitMq::start().unwrap(), RabbitMq::start().unwrap());
    assert_ne!(first.port(), second.port());
    assert!(answers(first.port()) && answers(second.port()));
}
