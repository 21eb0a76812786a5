//! The library of another language that the authors of Standard Webhooks publish.

use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

use order_testkit::python::Packages;
use serde_json::json;

use crate::receiver::Received;

const WEBHOOKS: Packages = Packages {
    folder: "order-server-python",
    import: "import standardwebhooks",
    names: &["standardwebhooks>=1,<2"],
};

/// What the library says of each request, checked with its secret; none, and a word on it, where the
/// library cannot be had.
pub(crate) fn verified(requests: &[(&str, &Received)]) -> Option<Vec<bool>> {
    let Some(python) = WEBHOOKS.python() else {
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
