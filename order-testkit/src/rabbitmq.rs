//! A RabbitMQ server of one's own: started in some five seconds, gone with the value.
//!
//! It needs Debian's package `rabbitmq-server`, and a Unix. Nothing is shared with a server that the
//! machine may run already: it has ports, files and a name server (epmd) of its own, on the loopback
//! interface.
//!
//! ```no_run
//! use order_testkit::rabbitmq::RabbitMq;
//!
//! let mut server = RabbitMq::start()?;
//! println!("{}", server.url());
//! server.kill(); // what was confirmed must survive it
//! server.restart()?;
//! # std::io::Result::Ok(())
//! ```
//!
//! All calls block; none takes longer than a minute.

use std::{
    fmt::Display,
    fs::{self, File, Permissions},
    io,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};
use tempfile::TempDir;

use crate::machine::{PATIENCE, PAUSE, Watchdog, free_port};

/// Where Debian puts the programs.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";
/// The server's name, for its own tools.
const NODE: &str = "order@localhost";
/// How many ports are tried, for another process may be faster.
const PORT_ATTEMPTS_MAX: u32 = 20;
/// How much of the log is in an error.
const LINES_MAX: usize = 20;
/// A small server on a machine with a full disk still takes messages.
const CONFIGURATION: &str = "disk_free_limit.absolute = 1MB\n";

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct RabbitMq {
    ports: Ports,
    names: Option<Child>,
    server: Option<Child>,
    // Dropped before the folder, which it removes.
    watchdog: Watchdog,
    folder: TempDir,
}

#[derive(Debug, Clone, Copy, Default)]
struct Ports {
    amqp: u16,
    distribution: u16,
    names: u16,
}

/// Whether the programs are installed.
pub fn available() -> bool {
    Path::new(PROGRAMS).join("rabbitmq-server").is_file()
}

impl RabbitMq {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// `NotFound` if RabbitMQ is not installed; otherwise the text ends with the server's log.
    pub fn start() -> io::Result<Self> {
        if !available() {
            let absent = format!("RabbitMQ is not installed: no rabbitmq-server in {PROGRAMS}");
            return Err(io::Error::new(io::ErrorKind::NotFound, absent));
        }
        let folder = tempfile::Builder::new()
            .prefix("order-rabbitmq-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        for name in ["home", "mnesia", "logs"] {
            fs::create_dir(folder.path().join(name))?;
        }
        fs::write(folder.path().join("plugins"), "[].\n")?;
        fs::write(folder.path().join("server.conf"), CONFIGURATION)?;
        let watchdog = Watchdog::over(folder.path(), "KILL")?;
        let (ports, names, server) = (Ports::default(), None, None);
        let mut rabbit = Self { ports, names, server, watchdog, folder };
        rabbit.launch_on_free_ports()?;
        Ok(rabbit)
    }

    /// Where to connect.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports.amqp)
    }

    /// The port on 127.0.0.1; a restart keeps it.
    pub fn port(&self) -> u16 {
        self.ports.amqp
    }

    /// What the server said since it was made.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// Asks the server's own tool, such as `["list_queues", "name"]`, and gives its answer. Takes a second
    /// or two.
    ///
    /// # Errors
    ///
    /// What the tool complains of.
    pub fn ask(&self, arguments: &[&str]) -> io::Result<String> {
        let mut tool = Command::new(program("rabbitmqctl"));
        self.surround(&mut tool);
        let output = tool.args(["-q", "-n", NODE]).args(arguments).stdin(Stdio::null()).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (said, complaint) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() { Ok(said) } else { Err(io::Error::other(complaint + &said)) }
    }

    /// Lets the server take nothing, as if it were short of memory: connections that publish are blocked.
    ///
    /// # Panics
    ///
    /// If the server does not do it.
    pub fn block(&self) {
        self.ask(&["set_vm_memory_high_watermark", "absolute", "1"])
            .expect("it is short of memory");
    }

    /// The end of [`block`](Self::block).
    ///
    /// # Panics
    ///
    /// If the server does not do it.
    pub fn unblock(&self) {
        self.ask(&["set_vm_memory_high_watermark", "0.6"]).expect("it has memory");
    }

    /// Kills the server at once, as a power cut would; the system's caches stay. Nothing happens if it does
    /// not run.
    ///
    /// # Panics
    ///
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.try_kill().expect("the server is killed");
    }

    /// Starts again, on the same ports and data; a server that still runs is killed first.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if another process took a port; otherwise the text ends with the server's log.
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

    /// Gives a program of the server all that it may know, and nothing of our environment.
    fn surround(&self, command: &mut Command) {
        let path = |name: &str| self.folder.path().join(name);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", path("home"))
            .env("RABBITMQ_NODENAME", NODE)
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.ports.amqp.to_string())
            .env("RABBITMQ_DIST_PORT", self.ports.distribution.to_string())
            .env("ERL_EPMD_PORT", self.ports.names.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("logs"))
            .env("RABBITMQ_PID_FILE", path("pid"))
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", path("server.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
            // Does not come between us and the server.
            .env("RABBITMQ_ALLOW_INPUT", "true")
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-noinput -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            );
    }

    fn launch_on_free_ports(&mut self) -> io::Result<()> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.ports =
                Ports { amqp: free_port()?, distribution: free_port()?, names: free_port()? };
            match self.launch() {
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && attempt < PORT_ATTEMPTS_MAX => {}
                done => return done,
            }
        }
    }

    fn launch(&mut self) -> io::Result<()> {
        let log_before = self.log().len();
        let names = self.spawn(
            Command::new("epmd")
                .args(["-address", "127.0.0.1", "-port"])
                .arg(self.ports.names.to_string()),
        )?;
        self.names = Some(names);
        let server = self.spawn(&mut Command::new(program("rabbitmq-server")))?;
        self.server = Some(server);
        let both = [&self.names, &self.server].into_iter().flatten();
        // A process group has a sign before it.
        self.watchdog.guard(&both.map(|child| -i64::from(child.id())).collect::<Vec<_>>())?;
        let deadline = Instant::now() + PATIENCE;
        while !self.said_since(log_before, "Starting broker... completed") {
            if let Some(status) = self.server.as_mut().map(Child::try_wait).transpose()?.flatten() {
                let taken = self.said_since(log_before, "eaddrinuse");
                let kind = if taken { io::ErrorKind::AddrInUse } else { io::ErrorKind::Other };
                let failure = self.failure("rabbitmq-server ended early", status);
                self.try_kill()?;
                return Err(io::Error::new(kind, failure));
            }
            if Instant::now() > deadline {
                self.try_kill()?;
                return Err(self.failure("rabbitmq-server does not start", "it took too long"));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Starts a program in a process group of its own.
    fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let log = File::options().create(true).append(true).open(self.log_file())?;
        self.surround(command);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0).spawn()
    }

    fn said_since(&self, length: usize, words: &str) -> bool {
        self.log().get(length..).is_some_and(|log| log.contains(words))
    }

    fn send(&self, signal: Signal) -> io::Result<()> {
        let server = self.server.as_ref();
        let server = server.ok_or_else(|| io::Error::other("the server does not run"))?;
        Ok(kill_process_group(Pid::from_child(server), signal)?)
    }

    fn try_kill(&mut self) -> io::Result<()> {
        for mut child in [self.server.take(), self.names.take()].into_iter().flatten() {
            match kill_process_group(Pid::from_child(&child), Signal::KILL) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
            child.wait()?;
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

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // Nobody to tell; the watchdog tries once more.
        let _ = self.try_kill();
    }
}

fn program(name: &str) -> PathBuf {
    Path::new(PROGRAMS).join(name)
}
