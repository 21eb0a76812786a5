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
    env,
    fmt::Display,
    fs::{self, File, Permissions},
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process},
};
use tempfile::TempDir;

use crate::machine::{PATIENCE, PAUSE, Watchdog, free_port};

/// The program.
const PROGRAM: &str = "redis-server";
/// Where it is, if not on the path.
const FOLDER: &str = "/usr/bin";
/// How many ports are tried, for another process may be faster.
const PORT_ATTEMPTS_MAX: u32 = 20;
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How much of the log is in an error.
const LINES_MAX: usize = 20;

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct Redis {
    port: u16,
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
    let folders = env::split_paths(&path).chain([PathBuf::from(FOLDER)]);
    folders.map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
}

impl Redis {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// `NotFound` if Redis is not installed; otherwise the text ends with the server's log.
    pub fn start() -> io::Result<Self> {
        if !available() {
            let absent = format!("Redis is not installed: there is no {PROGRAM}");
            return Err(io::Error::new(io::ErrorKind::NotFound, absent));
        }
        let folder = tempfile::Builder::new()
            .prefix("order-redis-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let watchdog = Watchdog::over(folder.path(), "KILL")?;
        let mut redis = Self { port: 0, server: None, watchdog, folder };
        redis.launch_on_free_port()?;
        Ok(redis)
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
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
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
        self.try_kill().expect("the server is killed");
    }

    /// Starts again on the same port, empty; a server that still runs is killed first.
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
            self.port = free_port()?;
            match self.launch() {
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && attempt < PORT_ATTEMPTS_MAX => {}
                done => return done,
            }
        }
    }

    fn launch(&mut self) -> io::Result<()> {
        let log_before = self.log().len();
        let program = program().unwrap_or_else(|| Path::new(FOLDER).join(PROGRAM));
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let server = Command::new(program)
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir"])
            .arg(self.folder.path())
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
        while !self.said_since(log_before, "Ready to accept connections") {
            if let Some(status) = self.server.as_mut().map(Child::try_wait).transpose()?.flatten() {
                let taken = self.said_since(log_before, "Address already in use");
                let kind = if taken { io::ErrorKind::AddrInUse } else { io::ErrorKind::Other };
                let failure = self.failure("redis-server ended early", status);
                self.try_kill()?;
                return Err(io::Error::new(kind, failure));
            }
            if Instant::now() > deadline {
                self.try_kill()?;
                return Err(self.failure("redis-server does not start", "it took too long"));
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

impl Drop for Redis {
    fn drop(&mut self) {
        // Nobody to tell; the watchdog tries once more.
        let _ = self.try_kill();
    }
}
