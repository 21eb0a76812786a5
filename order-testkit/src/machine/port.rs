//! A port for a server.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    io,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
};

/// Ports to choose from. The system gives those from 32768 on to outgoing connections.
const PORTS: Range<u16> = 20_000..32_000;

/// A port that nobody listens on now, from a random place on so that fixtures seldom meet.
pub(crate) fn free_port() -> io::Result<u16> {
    let size = u64::from(PORTS.end - PORTS.start);
    let from = u16::try_from(RandomState::new().hash_one(0) % size).map_err(io::Error::other)?;
    let mut ports = (PORTS.start + from..PORTS.end).chain(PORTS.start..PORTS.start + from);
    let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no port below 32768 is free"))
}
