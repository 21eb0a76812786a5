//! Libraries of Node that others publish.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// Of the npm registry, and exactly these: others would be other gateways.
const PACKAGES: [&str; 5] = [
    "@apollo/gateway@2.14.4",
    "@apollo/server@5.5.1",
    "@apollo/subgraph@2.14.4",
    "graphql@16.11.0",
    "graphql-sse@2.6.0",
];

/// A folder that has the libraries: one that is made in the temporary folder and kept there. None where
/// they cannot be had.
fn folder() -> Option<PathBuf> {
    let folder = env::temp_dir().join("order-server-node");
    let mark = folder.join("installed");
    if fs::read_to_string(&mark).ok().as_deref() == Some(&PACKAGES.join(" ")) {
        return Some(folder);
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("package.json"), "{\"private\": true}").unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]).args(PACKAGES);
    let done = npm.current_dir(&folder).stdout(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        return None;
    }
    fs::write(mark, PACKAGES.join(" ")).unwrap();
    Some(folder)
}

/// A script that is asked a line and answers with one.
pub(crate) struct Script {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Script {
    /// Starts the gateway in front of a subgraph; none, and a word on it, where its libraries cannot be had.
    pub(crate) fn gateway(subgraph: &str, token: &str) -> Option<Self> {
        let Some(folder) = folder() else {
            let text = "no gateway is asked: npm is missing, or its registry out of reach\n";
            io::stderr().write_all(text.as_bytes()).unwrap();
            return None;
        };
        // Modules are looked for from where a script lies.
        let script = folder.join("gateway.mjs");
        fs::write(&script, include_str!("gateway.mjs")).unwrap();
        let mut node = Command::new("node");
        node.arg(script).args([subgraph, token]).env("NODE_ENV", "test");
        let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, input, output })
    }

    /// Sends a line.
    pub(crate) fn send(&mut self, line: &Value) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// The answer to the oldest line without one.
    pub(crate) fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
