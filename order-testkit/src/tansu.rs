//! A Kafka broker of one's own, gone with the value: tansu, which speaks Kafka's protocol.
//!
//! It is no package of a system: `cargo install tansu --version 0.6.0 --locked --features dynostore,libsql`
//! takes some ten minutes, so it serves where it is on the path already. It needs a Unix. Clients reach it
//! by a [`Cable`], on the loopback interface. It makes no topics by itself, and knows no transactions.
//!
//! ```no_run
//! use order_testkit::tansu::Tansu;
//!
//! let mut server = Tansu::start()?;
//! println!("{}", server.servers());
//! server.kill(); // what was acknowledged must survive it
//! server.restart()?;
//! # std::io::Result::Ok(())
//! ```
//!
//! All calls block; none takes longer than a minute.

use std::{
    io,
    net::{Ipv4Addr, TcpStream},
};

use crate::{
    Cable,
    daemon::{Daemon, Kind, on_a_free_port, on_the_path},
};

const KIND: Kind = Kind { name: "tansu", taken: "in use", end: "KILL" };
/// Where it keeps what it is given: in a file of its folder. What its memory holds has watermarks that are
/// too low.
const ENGINE: &str = "sqlite://tansu.db";

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct Tansu {
    port: u16,
    cable: Cable,
    daemon: Daemon,
}

/// Whether the program is installed.
pub fn available() -> bool {
    on_the_path(KIND.name).is_some()
}

impl Tansu {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not installed; otherwise the text ends with the server's log.
    pub fn start() -> io::Result<Self> {
        on_a_free_port(|port| {
            let mut tansu = Self { port, cable: Cable::to(port)?, daemon: Daemon::new(KIND)? };
            tansu.restart()?;
            Ok(tansu)
        })
    }

    /// Where clients connect, by the cable.
    pub fn servers(&self) -> String {
        format!("127.0.0.1:{}", self.cable.port())
    }

    /// What lies between the clients and the server.
    pub fn cable(&self) -> &Cable {
        &self.cable
    }

    /// What the server said since it was made.
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Kills the server at once. Nothing happens if it does not run.
    ///
    /// # Panics
    ///
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Starts again on the same port, with what it kept; a server that still runs is killed first.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if another process took the port; otherwise the text ends with the server's log.
    pub fn restart(&mut self) -> io::Result<()> {
        let absent = || io::Error::new(io::ErrorKind::NotFound, "there is no tansu on the path");
        let mut server = self.daemon.command(on_the_path(KIND.name).ok_or_else(absent)?)?;
        server
            .args(["broker", "--cluster-id", "order", "--storage-engine", ENGINE])
            .args(["--listener-url", &format!("tcp://127.0.0.1:{}", self.port)])
            .args(["--advertised-listener-url", &format!("tcp://{}", self.servers())]);
        let port = self.port;
        // It says that it is ready before it has its port.
        self.daemon.launch([server], |_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
    }

    /// Halts the server as if it hung: connections are taken, nobody answers.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn pause(&self) {
        self.daemon.pause();
    }

    /// Lets a paused server go on.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn resume(&self) {
        self.daemon.resume();
    }
}
