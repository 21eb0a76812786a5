//! A server of its own for a test: own folder, own port, gone with the test.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::database::Database;

/// A folder, a database, and what the server is told.
#[derive(Clone)]
pub(crate) struct Setup {
    folder: Arc<TempDir>,
    database: Arc<Database>,
    flags: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let database = Arc::new(Database::fresh());
        let variables = database.variables();
        let setup = Self { folder, database, flags: Vec::new(), environment: Vec::new() };
        variables.iter().fold(setup, |setup, (name, value)| setup.variable(name, value))
    }

    pub(crate) fn flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(ToString::to_string));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What the banner calls the database.
    pub(crate) fn shown_database(&self) -> String {
        self.database.shown(self.path())
    }

    /// All that the database keeps.
    pub(crate) fn kept(&self) -> Vec<u8> {
        self.database.kept(self.path())
    }

    /// What its files hold.
    pub(crate) fn kept_in_files(&self) -> Vec<u8> {
        self.database.kept_in_files(self.path())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_order-server"));
        command
            .current_dir(self.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .args(&self.flags);
        command
    }

    /// Runs a server that ends by itself.
    pub(crate) fn output(&self) -> Output {
        self.command().output().unwrap()
    }

    /// Starts a server on a free port, unless told another, and waits until it listens.
    pub(crate) fn start(&self) -> Server {
        let log = self.path().join("log");
        let mut command = self.command();
        if !self.flags.iter().any(|flag| flag.starts_with("--listen")) {
            command.arg("--listen=127.0.0.1:0");
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .or_else(|| line.trim_end().strip_prefix("listening on https://"))
            .unwrap_or_else(|| panic!("{line:?}: {}", fs::read_to_string(&log).unwrap()))
            .parse()
            .unwrap();
        Server { child, address, log, out: Box::new(out), _setup: self.clone() }
    }
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: PathBuf,
    out: Box<dyn Read + Send>,
    // Folder and database stay as long as the server.
    _setup: Setup,
}

impl Server {
    /// What it wrote to standard error so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// What it wrote to standard output after its first line; waits for its end.
    pub(crate) fn rest_of_output(&mut self) -> String {
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        text
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(self.id().cast_signed()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    pub(crate) fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// As the power going off, as far as a process can tell.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self, at_most: Duration) -> ExitStatus {
        let begun = Instant::now();
        while begun.elapsed() < at_most {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("still running after {at_most:?}: {}", self.log());
    }

    /// Stops it and waits for its end.
    pub(crate) fn stop(mut self) {
        self.terminate();
        let status = self.wait(Duration::from_secs(25));
        assert!(status.success(), "{status}: {}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
