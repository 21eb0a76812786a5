//! What the servers of tests have alike: a folder, a log, processes, and an end in every case.

use std::{
    ffi::OsStr,
    fmt::Display,
    fs::{self, File, Permissions},
    io,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Instant,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};
use tempfile::TempDir;

use crate::machine::{PATIENCE, PAUSE, Watchdog, free_port};

/// How many ports are tried, for another process may be faster.
const PORT_ATTEMPTS_MAX: u32 = 20;
/// How much of the log is in an error.
const LINES_MAX: usize = 20;

/// What a server is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// What its folder and its errors call it.
    pub(crate) name: &'static str,
    /// What it says if another process has its port.
    pub(crate) taken: &'static str,
    /// The signal that ends it after a test that was killed, such as `QUIT`.
    pub(crate) end: &'static str,
}

/// A server that runs or not. It ends with this value, and with the process that made it.
#[derive(Debug)]
pub(crate) struct Daemon {
    kind: Kind,
    /// Those that the server needs, and the server at the end.
    processes: Vec<Child>,
    /// How long the log was before they were started.
    log_before: usize,
    // Dropped before the folder, which it removes.
    watchdog: Watchdog,
    folder: TempDir,
}

impl Daemon {
    /// One that does not run yet, in a folder of its own.
    pub(crate) fn new(kind: Kind) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("order-{}-", kind.name))
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let watchdog = Watchdog::over(folder.path(), kind.end)?;
        Ok(Self { kind, processes: Vec::new(), log_before: 0, watchdog, folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the server and its tools said since it was made.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.folder().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// What they said since the server was started.
    fn said(&self) -> String {
        self.log().get(self.log_before..).unwrap_or_default().to_owned()
    }

    /// A program in the folder that writes to the log, with nothing of our environment.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> io::Result<Command> {
        let log = File::options().create(true).append(true).open(self.folder().join("log"))?;
        let mut command = Command::new(program);
        command
            .current_dir(self.folder())
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }

    /// Starts the server, or what it needs, in a process group of its own, so that Ctrl-C in a terminal
    /// passes it by.
    pub(crate) fn spawn(&mut self, command: &mut Command) -> io::Result<()> {
        if self.processes.is_empty() {
            self.log_before = self.log().len();
        }
        let program = command.get_program().display().to_string();
        let child = command.process_group(0).spawn().map_err(|error| {
            let failure = self.failure(&format!("{program} cannot be run"), &error);
            io::Error::new(error.kind(), failure)
        })?;
        self.processes.push(child);
        // A process group has a sign before it.
        let groups = self.processes.iter().map(|child| -i64::from(child.id()));
        self.watchdog.guard(&groups.collect::<Vec<_>>())
    }

    /// Waits until the server is ready, which is judged by what it said since it was started.
    pub(crate) fn until_ready(&mut self, is_ready: impl Fn(&str) -> bool) -> io::Result<()> {
        let name = self.kind.name;
        let deadline = Instant::now() + PATIENCE;
        while !is_ready(&self.said()) {
            if let Some(status) = self.ended()? {
                let taken = self.said().contains(self.kind.taken);
                let kind = if taken { io::ErrorKind::AddrInUse } else { io::ErrorKind::Other };
                let failure = self.failure(&format!("{name} ended early"), status);
                return Err(io::Error::new(kind, failure));
            }
            if Instant::now() > deadline {
                return Err(self.failure(&format!("{name} does not start"), "it took too long"));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    pub(crate) fn pid(&self) -> io::Result<Pid> {
        let server = self.processes.last().map(Pid::from_child);
        server.ok_or_else(|| io::Error::other("the server does not run"))
    }

    /// How the server ended, if it was started and ended by itself.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        Ok(self.processes.last_mut().map(Child::try_wait).transpose()?.flatten())
    }

    /// Kills the server at once. Nothing happens if it does not run.
    pub(crate) fn try_kill(&mut self) -> io::Result<()> {
        for child in self.processes.iter().rev() {
            match kill_process_group(Pid::from_child(child), Signal::KILL) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.bury()
    }

    /// The server is gone, or about to be: its id may soon be another process's.
    pub(crate) fn bury(&mut self) -> io::Result<()> {
        for mut child in self.processes.drain(..) {
            child.wait()?;
        }
        // A watchdog that somebody ended has nothing to forget.
        let _ = self.watchdog.guard(&[]);
        Ok(())
    }

    /// An error that ends with the log's last lines.
    pub(crate) fn failure(&self, what: &str, why: impl Display) -> io::Error {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(LINES_MAX)..].join("\n");
        io::Error::other(format!("{what}: {why}; its log ends with:\n{tail}"))
    }
}

/// How all are handled but PostgreSQL, whose backends have process groups of their own.
#[cfg(any(feature = "rabbitmq", feature = "redis", feature = "tansu"))]
impl Daemon {
    /// Starts what the server needs and the server, which comes last, and waits until it is ready.
    pub(crate) fn launch<const N: usize>(
        &mut self,
        commands: [Command; N],
        is_ready: impl Fn(&str) -> bool,
    ) -> io::Result<()> {
        self.try_kill()?;
        let spawned = commands.into_iter().try_for_each(|mut command| self.spawn(&mut command));
        let launched = spawned.and_then(|()| self.until_ready(is_ready));
        if launched.is_err() {
            self.try_kill()?;
        }
        launched
    }

    pub(crate) fn kill(&mut self) {
        self.try_kill().expect("the server is killed");
    }

    pub(crate) fn pause(&self) {
        self.send(Signal::STOP).expect("the server is paused");
    }

    pub(crate) fn resume(&self) {
        self.send(Signal::CONT).expect("the server goes on");
    }

    fn send(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process_group(self.pid()?, signal)?)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Nobody to tell; the watchdog tries once more.
        let _ = self.try_kill();
    }
}

/// Launches a server on a port, again on another one while other processes are faster.
pub(crate) fn on_a_free_port<T>(mut launch: impl FnMut(u16) -> io::Result<T>) -> io::Result<T> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match launch(free_port()?) {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && attempt < PORT_ATTEMPTS_MAX => {}
            done => return done,
        }
    }
}

/// A program on the path.
#[cfg(any(feature = "redis", feature = "tansu"))]
pub(crate) fn on_the_path(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn the_watchdog_ends_the_server_and_what_it_needs() {
        let kind = Kind { name: "sleep", taken: "taken", end: "KILL" };
        let mut daemon = Daemon::new(kind).unwrap();
        for _ in 0..2 {
            let mut command = daemon.command("sh").unwrap();
            daemon.spawn(command.args(["-c", "/bin/sleep 20 & wait"])).unwrap();
        }
        // As if our process had ended: the pipe is closed.
        let other = Watchdog::over(daemon.folder(), "KILL").unwrap();
        let watchdog = std::mem::replace(&mut daemon.watchdog, other);
        let gone = std::thread::spawn(|| drop(watchdog));
        for child in &mut daemon.processes {
            assert_eq!(child.wait().unwrap().signal(), Some(Signal::KILL.as_raw()));
        }
        gone.join().unwrap();
        assert!(!daemon.folder().exists());
    }
}
