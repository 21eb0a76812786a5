//! Where a password comes from: never from the command line, which others see.

use std::{
    env, fs,
    io::{self, Read as _},
    path::PathBuf,
};

use clap::Args;

use crate::error::{Done, Failure};

/// The variable that a password may be in.
const VARIABLE: &str = "ORDER_PASSWORD";
/// The most that is read, in bytes: more than any password has.
const BYTES_MAX: u64 = 4_096;

/// Where a password comes from.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// The file with the password, a line [or the variable `ORDER_PASSWORD`].
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read the password from standard input, a line.
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
}

impl PasswordArgs {
    /// The password, if there is to be one.
    pub(crate) fn given(&self) -> Done<Option<String>> {
        if let Some(path) = &self.password_file {
            let file = fs::File::open(path);
            let file = file.map_err(|error| Failure::io(path.display(), &error))?;
            return line(file).map_err(|error| Failure::io(path.display(), &error)).map(Some);
        }
        if self.password_stdin {
            let read = line(io::stdin().lock());
            return read.map_err(|error| Failure::io("standard input", &error)).map(Some);
        }
        Ok(env::var(VARIABLE).ok().filter(|password| !password.is_empty()))
    }

    /// The same where there must be one.
    pub(crate) fn needed(&self) -> Done<String> {
        self.given()?.ok_or_else(|| {
            let hint = "a password is needed: --password-file, --password-stdin or ORDER_PASSWORD";
            Failure::Usage(hint.to_owned())
        })
    }
}

fn line(from: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
