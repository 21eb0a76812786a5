//! What the machine offers: programs, a user to run them, a port.

use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::BuildHasher,
    io,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    path::PathBuf,
    process::Command,
};

use rustix::process::geteuid;

/// Ports to choose from. The system gives those from 32768 on to outgoing connections.
const PORTS: Range<u16> = 20_000..32_000;

/// Whom the server runs as, for it refuses to be root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Owner {
    /// The user `postgres` if we are root, nobody else if not.
    pub(super) fn needed() -> io::Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let id = |flag: &str| {
            let output = Command::new("id").args([flag, "postgres"]).output()?;
            let id = String::from_utf8_lossy(&output.stdout).trim().parse();
            id.map_err(|_| {
                io::Error::other("PostgreSQL refuses root, and there is no user `postgres`")
            })
        };
        Ok(Some(Self { user: id("-u")?, group: id("-g")? }))
    }
}

/// The folder of the newest programs.
pub(super) fn programs() -> Option<PathBuf> {
    let complete =
        |bin: &PathBuf| ["initdb", "postgres"].iter().all(|name| bin.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let numbered = versions.filter_map(|version| {
        let number: Result<Vec<u32>, _> =
            version.file_name().to_str()?.split('.').map(str::parse).collect();
        Some((number.ok()?, version.path().join("bin")))
    });
    let newest = numbered.filter(|(_, bin)| complete(bin)).max().map(|(_, bin)| bin);
    newest.or_else(|| env::split_paths(&env::var_os("PATH")?).find(complete))
}

/// A port that nobody listens on now, from a random place on so that fixtures seldom meet.
pub(super) fn free_port() -> io::Result<u16> {
    let size = u64::from(PORTS.end - PORTS.start);
    let from = u16::try_from(RandomState::new().hash_one(0) % size).map_err(io::Error::other)?;
    let mut ports = (PORTS.start + from..PORTS.end).chain(PORTS.start..PORTS.start + from);
    let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no port below 32768 is free"))
}
