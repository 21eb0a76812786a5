//! Plans of the statements that are really executed, as the server itself tells them.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::{
    Event, Id, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};

/// Has the server explain, in notices, whatever a session executes.
const SETTINGS: [(&str, &str); 7] = [
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_analyze", "on"),
    ("auto_explain.log_buffers", "on"),
    ("auto_explain.log_nested_statements", "on"),
    ("auto_explain.log_format", "json"),
    ("auto_explain.log_level", "notice"),
];

/// An address whose sessions explain themselves, and plan in this mode.
pub(crate) fn explaining(url: &str, plan_cache_mode: &str) -> String {
    let mode = [("plan_cache_mode", plan_cache_mode)];
    let settings = SETTINGS.iter().chain(&mode);
    let settings = settings.map(|(name, value)| format!("options[{name}]={value}"));
    let begin = if url.contains('?') { '&' } else { '?' };
    format!("{url}{begin}{}", settings.collect::<Vec<_>>().join("&"))
}

/// Collects what servers tell the sessions of this thread: the driver passes it on as events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Vec<String>>>);

impl Notices {
    /// The plans since the last time.
    pub(crate) fn take(&self) -> Vec<Plan> {
        let told = std::mem::take(&mut *self.0.lock().unwrap());
        told.iter().filter_map(|notice| Plan::of(notice)).collect()
    }
}

impl Subscriber for Notices {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::postgres::notice"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Collecting(self));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Collecting<'a>(&'a Notices);

impl Visit for Collecting<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0.0.lock().unwrap().push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// A statement that was executed, and how.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) statement: String,
    root: Value,
}

impl Plan {
    fn of(notice: &str) -> Option<Self> {
        let (begin, document) = notice.split_once("plan:\n")?;
        assert!(begin.starts_with("duration:"), "{notice}");
        let document: Value = serde_json::from_str(document).expect("a plan is JSON");
        let text = document["Query Text"].as_str().expect("a plan has a text");
        let statement = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Self { statement, root: document["Plan"].clone() })
    }

    /// Its nodes that were executed, from the top.
    fn nodes(&self) -> Vec<&Value> {
        let mut nodes = vec![&self.root];
        let mut next = 0;
        while let Some(node) = nodes.get(next) {
            let inner = node["Plans"].as_array();
            nodes.extend(inner.into_iter().flatten());
            next += 1;
        }
        nodes.retain(|node| node["Actual Loops"].as_f64() > Some(0.0));
        nodes
    }

    /// The kinds of its nodes; those that scan a table with its name.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let kind = |node: &&Value| {
            let kind = node["Node Type"].as_str().unwrap_or_default();
            match node["Relation Name"].as_str() {
                Some(table) if kind.ends_with("Scan") => format!("{kind} on {table}"),
                _ => kind.to_owned(),
            }
        };
        self.nodes().iter().map(kind).collect()
    }

    /// The rows of tables that it looked at, whether it had a use for them or not.
    pub(crate) fn rows_read(&self) -> f64 {
        let scans = self.nodes().into_iter().filter(|node| node["Relation Name"].is_string());
        let scans = scans.filter(|node| node["Node Type"] != "ModifyTable");
        let number = |node: &Value, name: &str| node[name].as_f64().unwrap_or_default();
        let rows = |node: &Value| {
            let looked = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
            let looked: f64 = looked.iter().map(|name| number(node, name)).sum();
            looked * number(node, "Actual Loops")
        };
        scans.map(rows).sum()
    }

    /// The blocks that it looked at, of tables and indexes: what an index scan skips shows here.
    pub(crate) fn blocks_read(&self) -> f64 {
        let number = |name: &str| self.root[name].as_f64().unwrap_or_default();
        number("Shared Hit Blocks") + number("Shared Read Blocks")
    }
}
