//! Runs a command beside a PostgreSQL server that ends with it:
//!
//! ```text
//! cargo run -q -p order-testkit --features postgres --bin with_postgres -- cargo test -p order-store-postgres
//! ```
//!
//! The command finds the server in `ORDER_TEST_POSTGRES`; where that is set already, nothing is started. Many
//! tests share it: those that kill it start their own.

use std::{
    env, io,
    os::unix::process::ExitStatusExt,
    process::{Command, ExitCode, ExitStatus},
};

use order_testkit::postgres::Postgres;

/// Where tests look for a server.
const VARIABLE: &str = "ORDER_TEST_POSTGRES";

/// How much the server may say about a command that failed.
const LINES_MAX: usize = 60;

/// Durable otherwise, for the doctor looks at that too.
const SETTINGS: [(&str, &str); 1] = [("shared_buffers", "256MB")];

fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    let Some(program) = words.next() else {
        eprintln!("usage: with_postgres COMMAND [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(words);
    run(&mut command).unwrap_or_else(|error| {
        eprintln!("with_postgres: {error}");
        ExitCode::FAILURE
    })
}

fn run(command: &mut Command) -> io::Result<ExitCode> {
    if env::var_os(VARIABLE).is_some_and(|url| !url.is_empty()) {
        return status(command).map(code);
    }
    let postgres = Postgres::start_with(&SETTINGS)?;
    let status = status(command.env(VARIABLE, postgres.url()))?;
    if !status.success() {
        complain(&postgres.log());
    }
    Ok(code(status))
}

fn status(command: &mut Command) -> io::Result<ExitStatus> {
    command.status().map_err(|error| {
        let program = command.get_program().display();
        io::Error::new(error.kind(), format!("{program} cannot be run: {error}"))
    })
}

/// As a shell has it: who dies of a signal has 128 and its number.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn complain(log: &str) {
    let is_bad =
        |line: &&str| ["ERROR:", "FATAL:", "PANIC:"].iter().any(|level| line.contains(level));
    let bad: Vec<&str> = log.lines().filter(is_bad).collect();
    let last = &bad[bad.len().saturating_sub(LINES_MAX)..];
    eprintln!("with_postgres: the command failed; the server's last {} complaints:", last.len());
    for line in last {
        eprintln!("  {line}");
    }
}
