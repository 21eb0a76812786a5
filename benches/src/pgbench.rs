//! The yardsticks in SQL, run by pgbench: the scripts in `pgbench/`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    Failure,
    postgres::{Cluster, Database},
};

/// How many clients are tried; the best number is used.
pub const CLIENTS: [usize; 3] = [8, 16, 32];
const THREADS: &str = "2";

/// A script, and with how many clients it is fastest here.
#[derive(Debug)]
pub struct Script {
    pgbench: PathBuf,
    database: Database,
    file: &'static str,
    variables: Vec<(&'static str, String)>,
    /// How many clients run it.
    pub clients: usize,
    /// How many transactions it has run in all.
    pub done: u64,
}

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Transactions that were carried out.
    pub transactions: u64,
    /// Those per second.
    pub per_second: f64,
}

/// Where the scripts are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pgbench")
}

impl Script {
    /// A script to be run over a database, with these variables.
    pub fn new(
        cluster: &Cluster,
        database: &Database,
        file: &'static str,
        variables: &[(&'static str, &str)],
    ) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            pgbench: cluster.bin("pgbench"),
            database: database.clone(),
            file,
            variables: variables.collect(),
            clients: CLIENTS[CLIENTS.len() - 1],
            done: 0,
        }
    }

    /// Gives a variable another value.
    pub fn set(&mut self, name: &'static str, value: String) {
        self.variables.retain(|(other, _)| *other != name);
        self.variables.push((name, value));
    }

    /// Tries every number of clients for so long, keeps the best and prints it.
    ///
    /// # Errors
    /// If a transaction fails.
    pub fn choose_clients(&mut self, time: Duration) -> Result<(), Failure> {
        self.choose_clients_by(time, Self::run)
    }

    /// The same for a script that must be prepared for each run.
    ///
    /// # Errors
    /// If a transaction fails.
    pub fn choose_clients_by(
        &mut self,
        time: Duration,
        mut run: impl FnMut(&mut Self, Duration) -> Result<Round, Failure>,
    ) -> Result<(), Failure> {
        let mut tried = Vec::new();
        for clients in CLIENTS {
            self.clients = clients;
            tried.push((run(self, time)?.per_second, clients));
        }
        let best = tried.iter().copied().max_by(|one, other| one.0.total_cmp(&other.0));
        self.clients = best.map_or(self.clients, |(_, clients)| clients);
        let tried: Vec<_> =
            tried.iter().map(|(rate, clients)| format!("{clients}: {rate:.0}/s")).collect();
        println!("  pgbench {}: {} clients ({})", self.file, self.clients, tried.join(", "));
        Ok(())
    }

    /// Runs it for so long.
    ///
    /// # Errors
    /// If a transaction fails.
    pub fn run(&mut self, time: Duration) -> Result<Round, Failure> {
        let clients = self.clients;
        let mut command = Command::new(&self.pgbench);
        command
            .args(["-n", "-M", "prepared", "-j", THREADS, "-c", &clients.to_string()])
            .args(["-T", &time.as_secs().max(1).to_string()])
            .arg(format!("--define=clients={clients}"))
            .args(self.variables.iter().map(|(name, value)| format!("--define={name}={value}")))
            .arg("-f")
            .arg(folder().join(self.file))
            .arg(&self.database.url);
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let round = read(&said).filter(|_| output.status.success());
        let complaint = || {
            let complaint = String::from_utf8_lossy(&output.stderr);
            format!("pgbench {}: {complaint}\n{said}", self.file)
        };
        let round = round.ok_or_else(complaint)?;
        self.done += round.transactions;
        Ok(round)
    }
}

/// Finds the figures in what pgbench prints; nothing if a transaction failed.
fn read(said: &str) -> Option<Round> {
    let after = |prefix: &str| said.lines().find_map(|line| line.strip_prefix(prefix));
    let word = |text: &'_ str| text.split([' ', '/']).next().map(str::to_owned);
    // Versions before 15 do not count failures: they abort the client.
    let failed = after("number of failed transactions: ").and_then(word);
    if failed.is_some_and(|failed| failed != "0") {
        return None;
    }
    Some(Round {
        transactions: word(after("number of transactions actually processed: ")?)?.parse().ok()?,
        per_second: word(after("tps = ")?)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "pgbench (15.18)\nnumber of transactions actually processed: 34153\n\
        number of failed transactions: 0 (0.000%)\nlatency average = 3.740 ms\n\
        tps = 8557.184911 (without initial connection time)\n";

    #[test]
    fn the_figures_are_found() {
        let round = Round { transactions: 34_153, per_second: 8_557.184_911 };
        assert_eq!(read(SAID), Some(round));
        assert_eq!(read(&SAID.replace("34153", "34153/40000")), Some(round));
    }

    #[test]
    fn a_failed_transaction_spoils_a_round() {
        assert_eq!(read(&SAID.replace(": 0 (", ": 1 (")), None);
        assert_eq!(read("pgbench: error: no"), None);
    }
}
