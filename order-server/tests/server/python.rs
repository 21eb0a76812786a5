//! Libraries of another language, and the one that the authors of Standard Webhooks publish.

use std::{
    env, fs,
    io::{self, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::receiver::Received;

/// Packages of Python's index.
pub(crate) struct Packages {
    /// Names the Python that has them.
    pub(crate) folder: &'static str,
    /// What a Python that has them can do.
    pub(crate) import: &'static str,
    pub(crate) names: &'static [&'static str],
}

const WEBHOOKS: Packages = Packages {
    folder: "order-server-python",
    import: "import standardwebhooks",
    names: &["standardwebhooks>=1,<2"],
};

/// A Python that has the packages: one that is made in the temporary folder and kept there. None where
/// the package index is out of reach.
pub(crate) fn python(wanted: &Packages) -> Option<PathBuf> {
    let folder = env::temp_dir().join(wanted.folder);
    let python = folder.join("bin/python");
    let succeeds = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let known = ["-c", wanted.import];
    if !succeeds(Command::new(&python).args(known).stderr(Stdio::null())) {
        let _ = fs::remove_dir_all(&folder);
        let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        assert!(made, "python3 with venv is needed");
        let install = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
        if !succeeds(Command::new(&python).args(install).args(wanted.names)) {
            return None;
        }
    }
    Some(python)
}

/// What the library says of each request, checked with its secret; none, and a word on it, where the
/// library cannot be had.
pub(crate) fn verified(requests: &[(&str, &Received)]) -> Option<Vec<bool>> {
    let Some(python) = python(&WEBHOOKS) else {
        let text = "signatures are not checked in Python: its package index is out of reach\n";
        io::stderr().write_all(text.as_bytes()).unwrap();
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/verify.py");
    let mut command = Command::new(python);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for (secret, request) in requests {
        let line = json!({"secret": secret, "headers": request.headers, "body": request.body});
        writeln!(input, "{line}").unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<bool> = text.lines().map(|line| line == "ok").collect();
    assert_eq!(said.len(), requests.len(), "{text}");
    Some(said)
}
