//! `order completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{
    cli::Cli,
    error::{Done, Failure},
    output::Output,
};

/// What `order completions` takes.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Prints a completion script.
pub(crate) fn run(args: &CompletionsArgs, output: Output) -> Done {
    // The generator panics when the pipe it writes to is closed, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "order", &mut script);
    let script =
        String::from_utf8(script).map_err(|error| Failure::Unavailable(error.to_string()))?;
    output.data(script.trim_end())
}
