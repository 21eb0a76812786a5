//! The `order` command: places, looks after and reports on orders, in a database or through a
//! server.

mod answer;
mod cli;
mod client;
mod commands;
mod config;
mod diagram;
mod error;
mod output;
mod session;
mod store;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::{
    cli::Cli,
    config::Target,
    error::{Done, Failure},
    output::{Format, Output},
};

fn main() -> ExitCode {
    if let Err(failure) = config::load_env_file() {
        Output::new(Format::Table, false).fail(&failure);
        return failure.exit_code();
    }
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let output = Output::new(cli.global.output, cli.global.quiet);
    match Target::of(&cli.global, &matches).and_then(|target| start(cli, &target, output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Closed) {
                output.fail(&failure);
            }
            failure.exit_code()
        }
    }
}

fn start(cli: Cli, target: &Target, output: Output) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Unavailable(error.to_string()))?;
    runtime.block_on(commands::run(cli.command, target, output))
}
