//! A Redis server of one's own: started in a few milliseconds, gone with the value.
//!
//! It needs Debian's package `redis-server`, and a Unix. Nothing is shared with a server that the machine
//! may run already: it has a port and a folder of its own, on the loopback interface, and keeps nothing on
//! the disk, so that a restart forgets everything.
//!
//! ```no_run
//! use order_testkit::redis::Redis;
//!
//! let mut server = Redis::start()?;
//! println!("{}", server.url());
//! server.kill();
//! server.restart()?; // it knows nothing any more
//! # std::io::Result::Ok(())
//! ```
//!
//! All calls block; none takes longer than a minute.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::daemon::{Daemon, Kind, on_a_free_port, on_the_path};

const KIND: Kind = Kind { name: "redis-server", taken: "Address already in use", end: "KILL" };
/// Where it is, if not on the path.
const FOLDER: &str = "/usr/bin";
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    daemon: Daemon,
}

/// Whether the program is installed.
pub fn available() -> bool {
    program().is_some()
}

fn program() -> Option<PathBuf> {
    let elsewhere = Path::new(FOLDER).join(KIND.name);
    on_the_path(KIND.name).or_else(|| elsewhere.is_file().then_some(elsewhere))
}

impl Redis {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// `NotFound` if Redis is not installed; otherwise the text ends with the server's log.
    pub fn start() -> io::Result<Self> {
        on_a_free_port(|port| {
            let mut redis = Self { port, daemon: Daemon::new(KIND)? };
            redis.restart()?;
            Ok(redis)
        })
    }

    /// Where to connect.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1; a restart keeps it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the server said since it was made.
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Sends a command such as `["CONFIG", "SET", "maxmemory", "1mb"]` and gives the first line of the
    /// answer as Redis writes it, such as `+OK` or `:3`.
    ///
    /// # Errors
    ///
    /// If there is no answer, or the answer is an error.
    pub fn ask(&self, words: &[&str]) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(ANSWER))?;
        write!(stream, "*{}\r\n", words.len())?;
        for word in words {
            write!(stream, "${}\r\n{word}\r\n", word.len())?;
        }
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            stream.read_exact(&mut byte)?;
            line.extend_from_slice(&byte);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if line.starts_with('-') { Err(io::Error::other(line)) } else { Ok(line) }
    }

    /// Forgets everything, as an eviction of all keys would.
    ///
    /// # Panics
    ///
    /// If the server does not do it.
    pub fn flush(&self) {
        self.ask(&["FLUSHALL"]).expect("the server forgets");
    }

    /// Kills the server at once. Nothing happens if it does not run.
    ///
    /// # Panics
    ///
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Starts again on the same port, empty; a server that still runs is killed first.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if another process took the port; otherwise the text ends with the server's log.
    pub fn restart(&mut self) -> io::Result<()> {
        let absent = "Redis is not installed: there is no redis-server";
        let absent = || io::Error::new(io::ErrorKind::NotFound, absent);
        let mut server = self.daemon.command(program().ok_or_else(absent)?)?;
        server
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir"])
            .arg(self.daemon.folder());
        self.daemon.launch([server], |said| said.contains("Ready to accept connections"))
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
