//! Tools of another language: the library that the authors of Standard Webhooks publish, and others.

use std::{
    env, fs,
    io::{self, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::receiver::Received;

/// A Python that has a package of its index: one that is made in the temporary folder and kept there.
/// None, and a word on it, where the index is out of reach.
pub(crate) fn python_with(module: &str, package: &str) -> Option<PathBuf> {
    let folder = env::temp_dir().join(format!("order-server-{module}"));
    let python = folder.join("bin/python");
    let succeeds = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let known = format!("import {module}");
    if !succeeds(Command::new(&python).args(["-c", &known]).stderr(Stdio::null())) {
        let _ = fs::remove_dir_all(&folder);
        let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        assert!(made, "python3 with venv is needed");
        let install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", package];
        if !succeeds(Command::new(&python).args(install)) {
            let text = format!("without {module}: Python's package index is out of reach\n");
            io::stderr().write_all(text.as_bytes()).unwrap();
            return None;
        }
    }
    Some(python)
}

/// What the library says of each request, checked with its secret; none, and a word on it, where the
/// library cannot be had.
pub(crate) fn verified(requests: &[(&str, &Received)]) -> Option<Vec<bool>> {
    let python = python_with("standardwebhooks", "standardwebhooks>=1,<2")?;
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
