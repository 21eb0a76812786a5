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
    fmt::Display,
    fs::{self, File, Permissions},
    io,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use self::machine::Owner;
use crate::machine::{PATIENCE, PAUSE, Watchdog, free_port, processes};

/// How many ports are tried, for another process may be faster.
const PORT_ATTEMPTS_MAX: u32 = 20;
/// How much of the log is in an error.
const LINES_MAX: usize = 20;

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    owner: Option<Owner>,
    settings: Vec<(String, String)>,
    port: u16,
    server: Option<Child>,
    // Dropped before the folder, which it removes.
    watchdog: Watchdog,
    folder: TempDir,
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
        let folder = tempfile::Builder::new()
            .prefix("order-postgres-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        if let Some(owner) = owner {
            chown(folder.path(), Some(owner.user), Some(owner.group))?;
        }
        let watchdog = Watchdog::over(folder.path(), "QUIT")?;
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let settings = settings.collect();
        let mut postgres = Self { bin, owner, settings, port: 0, server: None, watchdog, folder };
        postgres.create()?;
        postgres.launch_on_a_free_port()?;
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
        self.folder.path()
    }

    /// What the server said since it was made.
    pub fn log(&self) -> String {
        let log = fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
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

    fn log_file(&self) -> PathBuf {
        self.folder().join("log")
    }

    /// A program of the server, as its owner, with nothing of our environment.
    fn command(&self, program: &str) -> io::Result<Command> {
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let mut command = Command::new(self.bin(program));
        command
            .current_dir(self.folder())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .arg("-D")
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
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
        let status =
            initdb.status().map_err(|error| self.failure("initdb cannot be run", error))?;
        if status.success() { Ok(()) } else { Err(self.failure("initdb failed", status)) }
    }

    fn launch_on_a_free_port(&mut self) -> io::Result<()> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.port = free_port()?;
            match self.launch() {
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && attempt < PORT_ATTEMPTS_MAX => {}
                done => return done,
            }
        }
    }

    /// Starts the server in a process group of its own, so that Ctrl-C in a terminal passes it by.
    fn launch(&mut self) -> io::Result<()> {
        let log_before = self.log().len();
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
        let server = command.process_group(0).spawn();
        let server = server.map_err(|error| self.failure("postgres cannot be run", error))?;
        let pid = server.id();
        self.server = Some(server);
        self.watchdog.guard(&[pid.into()])?;
        let deadline = Instant::now() + PATIENCE;
        while !self.is_ready(pid) {
            if let Some(status) = self.server.as_mut().map(Child::try_wait).transpose()?.flatten() {
                self.forget();
                let taken =
                    self.log().get(log_before..).is_some_and(|log| log.contains("could not bind"));
                let kind = if taken { io::ErrorKind::AddrInUse } else { io::ErrorKind::Other };
                return Err(io::Error::new(kind, self.failure("postgres ended early", status)));
            }
            if Instant::now() > deadline {
                self.try_kill()?;
                return Err(self.failure("postgres does not start", "it took too long"));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Whether the server of this id takes connections: its first and eighth line in `postmaster.pid` say
    /// so. A connection would prove less, for another server may be at the other end.
    fn is_ready(&self, pid: u32) -> bool {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = file.lines();
        lines.next() == Some(pid.to_string().as_str())
            && lines.nth(6).map(str::trim) == Some("ready")
    }

    /// Sends the signal that ends the server in a certain way, and waits.
    fn end(&mut self, signal: Signal) -> io::Result<()> {
        let Some(server) = &self.server else { return Ok(()) };
        processes::send(Pid::from_child(server), signal)?;
        self.thaw()?;
        let deadline = Instant::now() + PATIENCE;
        while self.server.as_mut().map(Child::try_wait).transpose()?.flatten().is_none() {
            if Instant::now() > deadline {
                self.try_kill()?;
                return Err(self.failure("postgres does not end", "it was killed"));
            }
            std::thread::sleep(PAUSE);
        }
        self.forget();
        Ok(())
    }

    fn try_kill(&mut self) -> io::Result<()> {
        if self.server.is_none() {
            return Ok(());
        }
        // Frozen first, no process outlives another by doing something.
        let family = self.freeze()?;
        for pid in &family {
            processes::send(*pid, Signal::KILL)?;
        }
        if let Some(server) = &mut self.server {
            server.wait()?;
        }
        processes::wait(&family, processes::is_gone)?;
        self.forget();
        Ok(())
    }

    /// Stops the server, then its children, of which there can be no new ones.
    fn freeze(&self) -> io::Result<Vec<Pid>> {
        let server = self.pid()?;
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
        for pid in processes::family(self.pid()?)? {
            processes::send(pid, Signal::CONT)?;
        }
        Ok(())
    }

    fn pid(&self) -> io::Result<Pid> {
        let server = self.server.as_ref().map(Pid::from_child);
        server.ok_or_else(|| io::Error::other("the server does not run"))
    }

    /// The server is gone: its id may soon be another process's.
    fn forget(&mut self) {
        self.server = None;
        // A watchdog that somebody ended has nothing to forget.
        let _ = self.watchdog.guard(&[]);
    }

    fn failure(&self, what: &str, why: impl Display) -> io::Error {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(LINES_MAX)..].join("\n");
        io::Error::other(format!("{what}: {why}; its log ends with:\n{tail}"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nobody to tell; the watchdog tries once more.
        let _ = self.end(Signal::QUIT);
    }
}
