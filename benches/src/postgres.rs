//! The PostgreSQL server of a run: durable, and ours and the yardsticks each have a database on it.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use order_testkit::postgres::Postgres;

use crate::Failure;

/// What a machine that is to keep orders would be given. Durability is what it comes with, said
/// again so that no one can wonder.
const SETTINGS: &[(&str, &str)] = &[
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("shared_buffers", "1GB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "30min"),
];

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    server: Postgres,
}

/// A database on it.
#[derive(Debug, Clone)]
pub struct Database {
    psql: PathBuf,
    /// Where to connect to.
    pub url: String,
}

impl Cluster {
    /// Starts it, and prints what is set otherwise than PostgreSQL comes.
    ///
    /// # Errors
    /// If PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self, Failure> {
        let cluster = Self { server: Postgres::start_with(SETTINGS)? };
        let version = cluster.query("SHOW server_version")?;
        let durable = cluster.query(
            "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings \
             WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_level')",
        )?;
        let other = cluster.query(
            "SELECT string_agg(name || '=' || current_setting(name), ' ' ORDER BY name) \
             FROM pg_settings WHERE setting <> boot_val AND source IN ('command line', \
             'configuration file', 'environment variable') AND name NOT LIKE 'lc\\_%' AND name NOT \
             IN ('port', 'unix_socket_directories', 'listen_addresses', 'data_directory')",
        )?;
        println!("  PostgreSQL {version}: {durable}");
        println!("  other than by default: {other}");
        Ok(cluster)
    }

    /// A new, empty database.
    ///
    /// # Errors
    /// If there is one of this name.
    pub fn create(&self, name: &str) -> Result<Database, Failure> {
        self.query(&format!("CREATE DATABASE {name}"))?;
        Ok(Database { psql: self.bin("psql"), url: self.server.url_of(name) })
    }

    /// Drops a database that nobody uses any more.
    ///
    /// # Errors
    /// If somebody does.
    pub fn drop(&self, name: &str) -> Result<(), Failure> {
        self.query(&format!("DROP DATABASE {name} WITH (FORCE)")).map(drop)
    }

    /// Writes to the data files what is due, so that no round pays for the one before.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn settle(&self) -> Result<(), Failure> {
        self.query("CHECKPOINT").map(drop)
    }

    /// The path of a program of this version, such as `pgbench`.
    pub fn bin(&self, program: &str) -> PathBuf {
        self.server.bin(program)
    }

    fn query(&self, sql: &str) -> Result<String, Failure> {
        Database { psql: self.bin("psql"), url: self.server.url() }.query(sql)
    }
}

impl Database {
    /// Runs a statement and gives what it says, a row a line.
    ///
    /// # Errors
    /// If it fails.
    pub fn query(&self, sql: &str) -> Result<String, Failure> {
        self.psql(&["-c", sql])
    }

    /// Runs a file of `pgbench/`, with variables of psql.
    ///
    /// # Errors
    /// If a statement of it fails.
    pub fn run(&self, file: &str, variables: &[(&str, &str)]) -> Result<(), Failure> {
        let file = crate::pgbench::folder().join(file);
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| format!("--set={name}={value}")).collect();
        let mut arguments = vec!["-f", file.to_str().ok_or("a path that is no text")?];
        arguments.extend(variables.iter().map(String::as_str));
        self.psql(&arguments).map(drop)
    }

    /// How many rows a query counts.
    ///
    /// # Errors
    /// If it fails or gives no number.
    pub fn count(&self, sql: &str) -> Result<u64, Failure> {
        Ok(self.query(sql)?.parse()?)
    }

    /// How many orders our store has.
    ///
    /// # Errors
    /// If it has no schema.
    pub fn orders(&self) -> Result<u64, Failure> {
        self.count("SELECT count(*) FROM order_store.order_state")
    }

    /// Vacuums and analyses every table, as autovacuum would in time.
    ///
    /// # Errors
    /// If it fails.
    pub fn tidy(&self) -> Result<(), Failure> {
        self.query("VACUUM (ANALYZE)").map(drop)
    }

    fn psql(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = Command::new(&self.psql)
            .args(["-XqtA", "--set=ON_ERROR_STOP=1", "-d", &self.url])
            .args(arguments)
            .env("PGOPTIONS", "-c client_min_messages=warning")
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            return Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }
}
