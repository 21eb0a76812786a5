//! What the machine offers: programs, and a user to run them.

use std::{env, fs, io, path::PathBuf, process::Command};

use rustix::process::geteuid;

/// Whom the server runs as, for it refuses to be root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Owner {
    /// The user `postgres` if we are root, nobody else if not.
    pub(super) fn needed() -> io::Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let id = |flag: &str| {
            let output = Command::new("id").args([flag, "postgres"]).output()?;
            let id = String::from_utf8_lossy(&output.stdout).trim().parse();
            id.map_err(|_| {
                io::Error::other("PostgreSQL refuses root, and there is no user `postgres`")
            })
        };
        Ok(Some(Self { user: id("-u")?, group: id("-g")? }))
    }
}

/// The folder of the newest programs.
pub(super) fn programs() -> Option<PathBuf> {
    let complete =
        |bin: &PathBuf| ["initdb", "postgres"].iter().all(|name| bin.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let numbered = versions.filter_map(|version| {
        let number: Result<Vec<u32>, _> =
            version.file_name().to_str()?.split('.').map(str::parse).collect();
        Some((number.ok()?, version.path().join("bin")))
    });
    let newest = numbered.filter(|(_, bin)| complete(bin)).max().map(|(_, bin)| bin);
    newest.or_else(|| env::split_paths(&env::var_os("PATH")?).find(complete))
}
