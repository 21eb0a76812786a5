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
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    daemon::{Daemon, Kind, on_a_free_port},
    machine::free_port,
};

const KIND: Kind = Kind { name: "rabbitmq-server", taken: "eaddrinuse", end: "KILL" };
/// Where Debian puts the programs.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";
/// The server's name, for its own tools.
const NODE: &str = "order@localhost";
/// A small server on a machine with a full disk still takes messages.
const CONFIGURATION: &str = "disk_free_limit.absolute = 1MB\n";

/// A running, killed or stopped server. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub struct RabbitMq {
    ports: Ports,
    daemon: Daemon,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    amqp: u16,
    distribution: u16,
    names: u16,
}

/// Whether the programs are installed.
pub fn available() -> bool {
    program(KIND.name).is_file()
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
        on_a_free_port(|amqp| {
            let ports = Ports { amqp, distribution: free_port()?, names: free_port()? };
            let mut rabbit = Self { ports, daemon: Daemon::new(KIND)? };
            let path = |name: &str| rabbit.daemon.folder().join(name);
            for name in ["home", "mnesia", "logs"] {
                fs::create_dir(path(name))?;
            }
            fs::write(path("plugins"), "[].\n")?;
            fs::write(path("server.conf"), CONFIGURATION)?;
            rabbit.restart()?;
            Ok(rabbit)
        })
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
        self.daemon.log()
    }

    /// Asks the server's own tool, such as `["list_queues", "name"]`, and gives its answer. Takes a second
    /// or two.
    ///
    /// # Errors
    ///
    /// What the tool complains of.
    pub fn ask(&self, arguments: &[&str]) -> io::Result<String> {
        let mut tool = self.command(program("rabbitmqctl"))?;
        tool.args(["-q", "-n", NODE]).args(arguments);
        let output = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
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
        self.daemon.kill();
    }

    /// Starts again, on the same ports and data; a server that still runs is killed first.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if another process took a port; otherwise the text ends with the server's log.
    pub fn restart(&mut self) -> io::Result<()> {
        let mut names = self.command("epmd")?;
        names.args(["-address", "127.0.0.1", "-port", &self.ports.names.to_string()]);
        let server = self.command(program(KIND.name))?;
        self.daemon.launch([names, server], |said| said.contains("Starting broker... completed"))
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

    /// A program of the server, with all that it may know.
    fn command(&self, program: impl AsRef<OsStr>) -> io::Result<Command> {
        let path = |name: &str| self.daemon.folder().join(name);
        let mut command = self.daemon.command(program)?;
        command
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
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
        Ok(command)
    }
}

fn program(name: &str) -> PathBuf {
    Path::new(PROGRAMS).join(name)
}
