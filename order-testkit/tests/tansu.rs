//! The Kafka fixture, where tansu is on the path.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use order_testkit::tansu::{Tansu, available};
use tokio::net::TcpSocket;

/// Asks for the versions of the protocol, without a name of the client.
const QUESTION: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255];

/// Whether the server answers as Kafka has it.
fn answers(server: &Tansu) -> bool {
    let address = (Ipv4Addr::LOCALHOST, server.cable().port());
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    stream.write_all(&QUESTION).unwrap();
    stream.read(&mut [0; 64]).is_ok_and(|bytes| bytes > 7)
}

/// The port behind the cable, as the server says it: `listening on: tcp://127.0.0.1:21432 (…`.
fn port(server: &Tansu) -> u16 {
    let log = server.log();
    let (_, rest) = log.split_once("listening on: tcp://127.0.0.1:").unwrap();
    rest.split_once(' ').unwrap().0.parse().unwrap()
}

#[test]
fn a_server_is_started_killed_halted_and_gone_with_its_value() {
    if !available() {
        return;
    }
    let mut server = Tansu::start().unwrap();
    assert!(answers(&server), "{}", server.log());
    let (servers, port) = (server.servers(), port(&server));
    server.kill();
    assert!(!answers(&server));
    // Who listened too would be taken for the server.
    let thief = TcpSocket::new_v4().unwrap();
    thief.bind((Ipv4Addr::LOCALHOST, port).into()).unwrap();
    let error = server.restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
    drop(thief);
    server.restart().unwrap();
    assert_eq!(server.servers(), servers);
    assert!(answers(&server));
    server.pause();
    assert!(!answers(&server));
    server.resume();
    assert!(answers(&server));
    drop(server);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
}
