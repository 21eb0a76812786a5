//! A folder to run the program in.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use order_core::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::database::Database;

/// What the program reads from the environment.
const VARIABLES: [&str; 12] = [
    "DATABASE_URL",
    "ORDER_SERVER",
    "ORDER_TOKEN",
    "ORDER_PASSWORD",
    "JWT_SECRET",
    "JWT_SECRET_FILE",
    "JWT_EXPIRATION",
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "WEBHOOK_ALLOW_PRIVATE",
    "NO_COLOR",
    "COLUMNS",
];

/// A folder and a database of its own.
pub(crate) struct Shop {
    folder: TempDir,
    database: Database,
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// What a run came to.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let shop = Self {
            folder: tempfile::tempdir().unwrap(),
            database: Database::fresh(),
            variables: Vec::new(),
        };
        let url = shop.url();
        shop.with("DATABASE_URL", url)
    }

    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        self.database.url(self.folder.path())
    }

    /// The same with a variable of the environment.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_order"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Runs the program.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    /// Runs the program with something to read.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Run::of(child.wait_with_output().unwrap())
    }

    /// Runs the program, which must do what is asked; what it prints.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.status, 0, "order {}: {}", args.join(" "), run.err);
        run.out
    }

    /// The same, read as one JSON document.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let out = self.ok(&[args, &["--output", "json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// The same, read as one JSON document a line.
    pub(crate) fn json_lines(&self, args: &[&str]) -> Vec<Value> {
        let out = self.ok(&[args, &["--output", "json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Places an order of two mugs and a tea for 30.00 EUR and gives its number.
    pub(crate) fn place(&self, more: &[&str]) -> String {
        let mugs =
            ["place", "--product", "mug:2:7.50", "--product", "tea:1:15", "--currency", "EUR"];
        let order = self.json(&[&mugs[..], more].concat());
        order["number"].as_str().unwrap().to_owned()
    }
}

impl Run {
    fn of(output: std::process::Output) -> Self {
        Self {
            status: output.status.code().expect("the program was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A document whose times and new ids are named, not shown.
pub(crate) fn steady(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.parse::<Timestamp>().is_ok() => "[time]".clone_into(text),
        Value::String(text) => {
            let ids = text.split('.').next().filter(|id| uuid::Uuid::try_parse(id).is_ok());
            if let Some(id) = ids.map(ToOwned::to_owned) {
                *text = text.replacen(&id, "[id]", 1);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|entry| *entry = steady(entry.take())),
        Value::Object(members) => {
            members.values_mut().for_each(|member| *member = steady(member.take()));
        }
        _ => {}
    }
    value
}
