//! A PostgreSQL server of one's own: started in about a second, gone with the value.
//!
//! It needs the programs of PostgreSQL 10 or later (on Debian the package `postgresql`), and a Unix.
//! Nothing is shared with a server that the machine may run already.
//!
//! ```no_run
//! use order_testkit::postgres::Postgres;
//!
//! let mut server = Postgres::start()?;
//! println!("{}", server.url());
//! server.kill(); // what was committed must survive it
//! server.restart()?;
//! # std::io::Result::Ok(())
//! ```
//!
//! The server is durable unless a setting says otherwise: `("fsync", "off")` is for tests that never
//! kill it. All calls block; none takes longer than a minute.

mod machine;

use std::{
    fs, io,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use rustix::process::{Pid, Signal};

use self::machine::Owner;
use crate::{
    daemon::{Daemon, Kind, on_a_free_port},
    machine::{PATIENCE, PAUSE, processes},
};

const KIND: Kind = Kind { name: "postgres", taken: "could not bind", end: "QUIT" };

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    owner: Option<Owner>,
    settings: Vec<(String, String)>,
    port: u16,
    daemon: Daemon,
}

/// Whether the programs are installed.
pub fn available() -> bool {
    machine::programs().is_some()
}

impl Postgres {
    /// Starts a server with the settings that PostgreSQL comes with, so with `fsync` on.
    ///
    /// # Errors
    ///
    /// `NotFound` if PostgreSQL is not installed; otherwise the text ends with the server's log.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with settings such as `("fsync", "off")`; they hold for restarts too.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(settings: &[(&str, &str)]) -> io::Result<Self> {
        let absent =
            "PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or on the PATH";
        let bin =
            machine::programs().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, absent))?;
        let owner = Owner::needed()?;
        let daemon = Daemon::new(KIND)?;
        if let Some(owner) = owner {
            chown(daemon.folder(), Some(owner.user), Some(owner.group))?;
        }
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let settings = settings.collect();
        let mut postgres = Self { bin, owner, settings, port: 0, daemon };
        postgres.create()?;
        on_a_free_port(|port| {
            postgres.port = port;
            postgres.launch()
        })?;
        Ok(postgres)
    }

    /// Where to connect to the database `postgres`.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Where to connect to a database, which need not exist yet.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The port on 127.0.0.1; a restart keeps it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The temporary folder; the server's files are in `data`.
    pub fn folder(&self) -> &Path {
        self.daemon.folder()
    }

    /// What the server said since it was made.
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// The path of a program of this server's version, such as `psql` or `pgbench`.
    pub fn bin(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }

    /// Kills the server and all its backends at once, as a power cut would; the system's caches stay.
    /// Nothing happens if it does not run.
    ///
    /// # Panics
    ///
    /// If a process cannot be killed.
    pub fn kill(&mut self) {
        self.try_kill().expect("the server is killed");
    }

    /// Starts again, on the same port and data; a server that still runs is stopped first.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if another process took the port; otherwise the text ends with the server's log.
    pub fn restart(&mut self) -> io::Result<()> {
        self.end(Signal::INT)?;
        self.launch()
    }

    /// Stops in good order: backends are sent away, the data is written. Nothing happens if it does not run.
    ///
    /// # Panics
    ///
    /// If the server does not end.
    pub fn stop(&mut self) {
        self.end(Signal::INT).expect("the server stops");
    }

    /// Halts the server and all its backends, as if they hung: connections are taken, nobody answers.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn pause(&self) {
        self.freeze().expect("the server is paused");
    }

    /// Lets a paused server go on.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn resume(&self) {
        self.thaw().expect("the server goes on");
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// A program of the server, as its owner.
    fn command(&self, program: &str) -> io::Result<Command> {
        let mut command = self.daemon.command(self.bin(program))?;
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
        command.arg("-D").arg(self.data());
        if let Some(owner) = self.owner {
            command.uid(owner.user).gid(owner.group);
        }
        Ok(command)
    }

    fn create(&self) -> io::Result<()> {
        let mut initdb = self.command("initdb")?;
        initdb.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        let status = initdb.status();
        let status = status.map_err(|error| self.daemon.failure("initdb cannot be run", error))?;
        if status.success() { Ok(()) } else { Err(self.daemon.failure("initdb failed", status)) }
    }

    fn launch(&mut self) -> io::Result<()> {
        let own = [
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", self.port.to_string()),
            ("unix_socket_directories", self.folder().display().to_string()),
            ("max_connections", "200".to_owned()),
        ];
        let given = self.settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let mut command = self.command("postgres")?;
        for (name, value) in own.into_iter().chain(given) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        self.daemon.spawn(&mut command)?;
        let (data, pid) = (self.data(), self.daemon.pid()?);
        let ready = self.daemon.until_ready(|_| is_ready(&data, pid));
        if ready.is_err() {
            self.try_kill()?;
        }
        ready
    }

    /// Sends the signal that ends the server in a certain way, and waits.
    fn end(&mut self, signal: Signal) -> io::Result<()> {
        let Ok(server) = self.daemon.pid() else { return Ok(()) };
        processes::send(server, signal)?;
        self.thaw()?;
        let deadline = Instant::now() + PATIENCE;
        while self.daemon.ended()?.is_none() {
            if Instant::now() > deadline {
                self.try_kill()?;
                return Err(self.daemon.failure("postgres does not end", "it was killed"));
            }
            std::thread::sleep(PAUSE);
        }
        self.daemon.bury()
    }

    fn try_kill(&mut self) -> io::Result<()> {
        if self.daemon.pid().is_err() {
            return Ok(());
        }
        // Frozen first, no process outlives another by doing something.
        let family = self.freeze()?;
        for pid in &family {
            processes::send(*pid, Signal::KILL)?;
        }
        processes::wait(&family, processes::is_gone)?;
        self.daemon.bury()
    }

    /// Stops the server, then its children, of which there can be no new ones.
    fn freeze(&self) -> io::Result<Vec<Pid>> {
        let server = self.daemon.pid()?;
        processes::send(server, Signal::STOP)?;
        processes::wait(&[server], processes::is_halted)?;
        let family = processes::family(server)?;
        for pid in &family {
            processes::send(*pid, Signal::STOP)?;
        }
        processes::wait(&family, processes::is_halted)?;
        Ok(family)
    }

    fn thaw(&self) -> io::Result<()> {
        for pid in processes::family(self.daemon.pid()?)? {
            processes::send(pid, Signal::CONT)?;
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nobody to tell; the watchdog tries once more.
        let _ = self.end(Signal::QUIT);
    }
}

/// Whether the server of this id takes connections: the first and eighth line of `postmaster.pid` in its data
/// say so. A connection would prove less, for another server may be at the other end.
fn is_ready(data: &Path, pid: Pid) -> bool {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = file.lines();
    lines.next() == Some(pid.to_string().as_str()) && lines.nth(6).map(str::trim) == Some("ready")
}
