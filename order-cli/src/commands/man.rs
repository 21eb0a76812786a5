//! `order man`.

use std::{fs, path::PathBuf};

use clap::{Args, CommandFactory};

use crate::{
    cli::Cli,
    error::{Done, Failure},
    output::Output,
};

/// What `order man` takes.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder for them; made if it is not there
    #[arg(default_value = "man")]
    folder: PathBuf,
}

/// Writes a manual page for every command.
pub(crate) fn run(args: &ManArgs, output: Output) -> Done {
    let failed = |error: std::io::Error| {
        Failure::Unavailable(format!("cannot write to {}: {error}", args.folder.display()))
    };
    fs::create_dir_all(&args.folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command().name("order"), &args.folder).map_err(failed)?;
    let folder = args.folder.display();
    output.say(format!("manual pages are in {folder}; try man {folder}/order.1"));
    Ok(())
}
