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
    env,
    fmt::Display,
    fs::{self, File, Permissions},
    io,
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process},
};
use tempfile::TempDir;

use crate::{
    Cable,
    machine::{PATIENCE, PAUSE, Watchdog, free_port},
};

/// The program.
const PROGRAM: &str = "tansu";
/// Where it keeps what it is given: in a file of its folder. What its memory holds has watermarks that are
/// too low.
const ENGINE: &str = "sqlite://tansu.db";
/// How many ports are tried, for another process may be faster.
const PORT_ATTEMPTS_MAX: u32 = 20;
/// How much of the log is in an error.
const LINES_MAX: usize = 20;

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct Tansu {
    port: u16,
    cable: Cable,
    server: Option<Child>,
    // Dropped before the folder, which it removes.
    watchdog: Watchdog,
    folder: TempDir,
}

/// Whether the program is installed.
pub fn available() -> bool {
    program().is_some()
}

fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
}

impl Tansu {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not installed; otherwise the text ends with the server's log.
    pub fn start() -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("order-tansu-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let watchdog = Watchdog::over(folder.path(), "KILL")?;
        let port = free_port()?;
        let cable = Cable::to(port)?;
        let mut tansu = Self { port, cable, server: None, watchdog, folder };
        tansu.launch_on_free_port()?;
        Ok(tansu)
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
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// Kills the server at once. Nothing happens if it does not run.
    ///
    /// # Panics
    ///
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.try_kill().expect("the server is killed");
    }

    /// Starts again on the same port, with what it kept; a server that still runs is killed first.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if another process took the port; otherwise the text ends with the server's log.
    pub fn restart(&mut self) -> io::Result<()> {
        self.try_kill()?;
        self.launch()
    }

    /// Halts the server as if it hung: connections are taken, nobody answers.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn pause(&self) {
        self.send(Signal::STOP).expect("the server is paused");
    }

    /// Lets a paused server go on.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn resume(&self) {
        self.send(Signal::CONT).expect("the server goes on");
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn launch_on_free_port(&mut self) -> io::Result<()> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.launch() {
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && attempt < PORT_ATTEMPTS_MAX =>
                {
                    self.port = free_port()?;
                    self.cable = Cable::to(self.port)?;
                }
                done => return done,
            }
        }
    }

    fn launch(&mut self) -> io::Result<()> {
        let log_before = self.log().len();
        let absent = || io::Error::new(io::ErrorKind::NotFound, "there is no tansu on the path");
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let server = Command::new(program().ok_or_else(absent)?)
            .args(["broker", "--cluster-id", "order", "--storage-engine", ENGINE])
            .args(["--listener-url", &format!("tcp://127.0.0.1:{}", self.port)])
            .args(["--advertised-listener-url", &format!("tcp://{}", self.servers())])
            .current_dir(self.folder.path())
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.watchdog.guard(&[i64::from(server.id())])?;
        self.server = Some(server);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Some(status) = self.server.as_mut().map(Child::try_wait).transpose()?.flatten() {
                let taken = self.said_since(log_before, "in use");
                let kind = if taken { io::ErrorKind::AddrInUse } else { io::ErrorKind::Other };
                let failure = self.failure("tansu ended early", status);
                self.try_kill()?;
                return Err(io::Error::new(kind, failure));
            }
            if Instant::now() > deadline {
                self.try_kill()?;
                return Err(self.failure("tansu does not start", "it took too long"));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn said_since(&self, length: usize, words: &str) -> bool {
        self.log().get(length..).is_some_and(|log| log.contains(words))
    }

    fn send(&self, signal: Signal) -> io::Result<()> {
        let server = self.server.as_ref();
        let server = server.ok_or_else(|| io::Error::other("the server does not run"))?;
        Ok(kill_process(Pid::from_child(server), signal)?)
    }

    fn try_kill(&mut self) -> io::Result<()> {
        if let Some(mut server) = self.server.take() {
            match kill_process(Pid::from_child(&server), Signal::KILL) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
            server.wait()?;
        }
        // A watchdog that somebody ended has nothing to forget.
        let _ = self.watchdog.guard(&[]);
        Ok(())
    }

    fn failure(&self, what: &str, why: impl Display) -> io::Error {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(LINES_MAX)..].join("\n");
        io::Error::other(format!("{what}: {why}; its log ends with:\n{tail}"))
    }
}

impl Drop for Tansu {
    fn drop(&mut self) {
        // Nobody to tell; the watchdog tries once more.
        let _ = self.try_kill();
    }
}
