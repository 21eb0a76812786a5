//! Runs a command beside a Redis server that ends with it:
//!
//! ```text
//! cargo run -q -p order-testkit --features redis --bin with_redis -- cargo test -p order-cache-redis --all-features
//! ```
//!
//! The command finds the server in `ORDER_TEST_REDIS`; where that is set already, nothing is started. Many
//! tests share it: those that are rough with it start their own.

use std::{
    env, io,
    os::unix::process::ExitStatusExt,
    process::{Command, ExitCode, ExitStatus},
};

use order_testkit::redis::Redis;

/// Where tests look for a server.
const VARIABLE: &str = "ORDER_TEST_REDIS";
/// How much the server may say about a command that failed.
const LINES_MAX: usize = 60;

fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    let Some(program) = words.next() else {
        eprintln!("usage: with_redis COMMAND [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(words);
    run(&mut command).unwrap_or_else(|error| {
        eprintln!("with_redis: {error}");
        ExitCode::FAILURE
    })
}

fn run(command: &mut Command) -> io::Result<ExitCode> {
    if env::var_os(VARIABLE).is_some_and(|url| !url.is_empty()) {
        return command.status().map(code);
    }
    let server = Redis::start()?;
    let status = command.env(VARIABLE, server.url()).status()?;
    if !status.success() {
        let log = server.log();
        let lines: Vec<&str> = log.lines().collect();
        eprintln!("with_redis: the command failed; the server's log ends with:");
        for line in &lines[lines.len().saturating_sub(LINES_MAX)..] {
            eprintln!("  {line}");
        }
    }
    Ok(code(status))
}

/// As a shell has it: who dies of a signal has 128 and its number.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
