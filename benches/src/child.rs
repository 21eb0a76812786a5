//! Servers in processes of their own: ours as it is shipped, and the yardstick in the same way.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Failure,
    load::{self, Connection},
};

/// A running server. It is killed with this value: what it has acknowledged must survive that.
#[derive(Debug)]
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub started_in: Duration,
    child: Child,
}

/// Where the workspace is.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Builds a program of the workspace as it is released, and says where it is. If `ORDER_BENCH_PROGRAMS`
/// names a folder, the program there is taken as it is.
///
/// # Errors
/// If it does not build.
pub fn build(package: &str, program: &str) -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("ORDER_BENCH_PROGRAMS") {
        println!("  programs are those in {}", folder.display());
        return Ok(Path::new(&folder).join(program));
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--locked", "-p", package])
        .current_dir(root())
        .status()?;
    if !built.success() {
        return Err(format!("{package} does not build").into());
    }
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).ok_or("no target folder")?;
    Ok(target.join(program))
}

impl Process {
    /// Starts `order-server` over a database with its shipped defaults, and with what
    /// `ORDER_BENCH_SERVER_ARGS` adds to them. Its log lines are written, to nowhere.
    ///
    /// # Errors
    /// If it does not start.
    pub fn serve(program: &Path, database_url: &str) -> Result<Self, Failure> {
        Self::serve_with(program, database_url, &[])
    }

    /// The same with other settings.
    ///
    /// # Errors
    /// If it does not start.
    pub fn serve_with(
        program: &Path,
        database_url: &str,
        settings: &[&str],
    ) -> Result<Self, Failure> {
        let more = std::env::var("ORDER_BENCH_SERVER_ARGS").unwrap_or_default();
        let mut arguments = vec!["--database-url", database_url, "--listen", "127.0.0.1:0"];
        arguments.extend(settings);
        arguments.extend(more.split_whitespace());
        Self::start(program, &arguments, "/livez")
    }

    /// Starts the yardstick over a database with `pgbench/schema.sql`, with so many connections.
    ///
    /// # Errors
    /// If it does not start.
    pub fn yardstick(program: &str, database_url: &str, pool: &str) -> Result<Self, Failure> {
        Self::start(Path::new(program), &[database_url, pool], "/hello")
    }

    /// Starts a program that prints `listening on http://ADDRESS`, and waits until it answers 200 to
    /// a request for this path.
    ///
    /// # Errors
    /// If it does not.
    pub fn start(program: &Path, arguments: &[&str], path: &str) -> Result<Self, Failure> {
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let address = child.stdout.take().ok_or("no output").map_err(Failure::from);
        let address = address.and_then(|out| {
            let mut line = String::new();
            BufReader::new(out).read_line(&mut line)?;
            let address = line.trim().rsplit('/').next().unwrap_or_default();
            address
                .parse()
                .map_err(|_| Failure::from(format!("{} says {line:?}", program.display())))
        });
        // From here on the process ends with the value, whatever fails.
        let mut process = Self { address: ([0; 4], 0).into(), started_in: Duration::ZERO, child };
        process.address = address?;
        Connection::open(process.address)?.ask(200, &load::get(path))?;
        process.started_in = begun.elapsed();
        Ok(process)
    }

    /// A connection to it.
    ///
    /// # Errors
    /// If it takes none.
    pub fn connect(&self) -> Result<Connection, Failure> {
        Connection::open(self.address)
    }

    /// MiB of memory it has now, and the most it ever had.
    ///
    /// # Errors
    /// If it has ended, or this is not Linux.
    pub fn memory(&self) -> Result<(f64, f64), Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mib = |name: &str| -> Result<f64, Failure> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib: f64 = line.ok_or("it has ended")?.trim().trim_end_matches(" kB").parse()?;
            Ok(kib / 1_024.0)
        };
        Ok((mib("VmRSS:")?, mib("VmHWM:")?))
    }

    /// Asks for every problem that its store finds in itself, and fails if there is an error.
    ///
    /// # Errors
    /// If it finds one.
    pub fn doctor(&self) -> Result<(), Failure> {
        let mut connection = self.connect()?;
        let found = connection.ask(200, &load::get("/admin/doctor"))?;
        let found: serde_json::Value = serde_json::from_slice(found)?;
        let mut errors = String::new();
        for finding in found["findings"].as_array().into_iter().flatten() {
            if finding["severity"] == "error" {
                write!(errors, "{finding} ")?;
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
