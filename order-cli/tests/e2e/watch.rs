//! What happens to orders, as it happens.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{remote::serve, shop::Shop};

/// `order watch` while it runs.
struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    fn start(shop: &Shop, args: &[&str]) -> Self {
        let mut command = shop.command(&[&["watch"], args].concat());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    /// Ends it as a person does.
    fn interrupt(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        assert!(self.child.wait().unwrap().success());
        assert_eq!(self.line(), "");
    }
}

fn positions(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["position"].as_u64().unwrap()).collect()
}

/// On a database and through a server alike.
fn shops() -> [Shop; 2] {
    [Shop::new(), Shop::new().with("ORDER_SERVER", serve()).with("ORDER_TOKEN", "let-me-in")]
}

#[test]
fn what_has_happened_is_printed_once() {
    for shop in shops() {
        let first = shop.place(&["--customer", "C-1"]);
        let second = shop.place(&["--customer", "C-2"]);
        shop.json(&["ship", &first, "--carrier", "DHL"]);
        let watch = |args: &[&str]| {
            positions(&shop.json_lines(&[&["watch", "--once", "--from-start"], args].concat()))
        };
        assert_eq!(watch(&[]), [1, 2, 3, 4, 5]);
        assert_eq!(watch(&["--limit", "2"]), [1, 2]);
        assert_eq!(watch(&["--order", &first]), [1, 2, 5]);
        assert_eq!(watch(&["--customer", "C-2"]), [3, 4]);
        assert_eq!(watch(&["--type", "order.placed", "--type", "fulfillment.shipped"]), [1, 3, 5]);
        let after = shop.json_lines(&["watch", "--once", "--after", "3"]);
        assert_eq!(positions(&after), [4, 5]);
        assert_eq!(shop.ok(&["watch", "--once"]), "", "from now on there is nothing yet");
        let text = shop.ok(&["watch", "--once", "--from-start", "--order", &first]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains(&format!("  {first}  ")) && lines[0].contains("order.placed"));
        assert!(lines[2].contains("fulfillment.shipped") && lines[2].contains("carrier DHL"));
        let refused = shop.run(&["watch", "--once", "--type", "order.gone"]);
        assert_eq!(refused.status, 1);
        assert!(refused.err.contains("event.unknown_type"), "{}", refused.err);
        assert_eq!(shop.run(&["watch", "--order", &format!("{second}x")]).status, 1);
    }
}

#[test]
fn what_happens_is_printed_as_it_happens_until_somebody_has_seen_enough() {
    for shop in shops() {
        shop.place(&["--customer", "C-1"]);
        // With its first line it has begun.
        let mut watching = Watching::start(&shop, &["--after", "1"]);
        assert!(watching.line().contains("order.confirmed"));
        let number = shop.place(&["--customer", "C-2"]);
        assert!(watching.line().contains("order.placed"));
        assert!(watching.line().contains("order.confirmed"));
        shop.json(&["cancel", &number, "--reason", "changed my mind"]);
        let line = watching.line();
        assert!(line.contains("order.cancelled") && line.contains("changed my mind"), "{line}");
        watching.interrupt();
        let seen = shop.json_lines(&["watch", "--from-start", "--limit", "5"]);
        assert_eq!(positions(&seen), [1, 2, 3, 4, 5], "it ends by itself");
    }
}

#[test]
fn a_server_that_never_answered_is_not_waited_for() {
    let shop = Shop::new().with("ORDER_SERVER", "http://127.0.0.1:9");
    assert_eq!(shop.run(&["watch"]).status, 3);
}
