//! What the program does when it cannot do what is asked.

use crate::shop::Shop;

#[test]
fn a_refusal_names_code_reason_and_what_is_allowed() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    let run = shop.run(&["deliver", &number]);
    assert_eq!(run.status, 1);
    assert_eq!(run.out, "");
    let reason = "error: deliver is not allowed while the order is confirmed [order.transition";
    assert!(run.err.starts_with(reason), "{}", run.err);
    assert!(run.err.contains("\n  allowed now: edit, process, hold, cancel"), "{}", run.err);
}

#[test]
fn a_refusal_points_at_the_fault() {
    let shop = Shop::new();
    let run = shop.run(&["place", "--product", "mug:2:7.505", "--currency", "EUR"]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("at /items/0/unitPrice"), "{}", run.err);
}

#[test]
fn a_refusal_is_one_json_document_for_programs() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    let run = shop.run(&["deliver", &number, "--output", "json"]);
    let problem: serde_json::Value = serde_json::from_str(run.err.trim()).unwrap();
    assert_eq!(problem["code"], "order.transition_not_allowed");
    assert!(problem["allowed"].as_array().unwrap().contains(&"ship".into()));
}

#[test]
fn a_stale_version_is_refused() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    shop.ok(&["hold", &number, "--if-version", "1"]);
    let run = shop.run(&["release", &number, "--if-version", "1"]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("[order.stale]"), "{}", run.err);
}

#[test]
fn a_dry_run_tells_what_would_happen_and_changes_nothing() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    let run = shop.run(&["ship", &number, "--dry-run"]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(run.out.contains("shipped"), "{}", run.out);
    assert!(run.err.contains("nothing was changed"), "{}", run.err);
    let order = shop.json(&["show", &number]);
    assert_eq!((&order["status"], &order["version"]), (&"confirmed".into(), &1.into()));
    let dry = shop.json(&["place", "--product", "mug:1:1", "--dry-run"]);
    assert_eq!(dry["dryRun"], true);
    assert_eq!(shop.json_lines(&["list"]).len(), 1);
}

#[test]
fn wrong_usage_is_told_from_a_refusal() {
    let shop = Shop::new();
    let wrong: [&[&str]; 9] = [
        &[],
        &["nonsense"],
        &["place"],
        &["place", "--product", "mug:two"],
        &["ship", "1", "--item", "1"],
        &["list", "--status", "lost"],
        &["list", "--from", "yesterday"],
        &["list", "--database-url", "mysql://localhost/orders"],
        &["place", "--file", "order.json", "--customer", "C-1"],
    ];
    for args in wrong {
        let run = shop.run(args);
        assert_eq!(run.status, 2, "{args:?}: {}", run.err);
        assert!(!run.err.is_empty(), "{args:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let shop = Shop::new();
    shop.place(&[]);
    let commands: [&[&str]; 6] = [
        &["transitions"],
        &["completions", "bash"],
        &["list", "--output", "json"],
        &["list"],
        &["verify"],
        &["--help"],
    ];
    for args in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = shop.command(args).stdout(writer).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{args:?}: {err}");
        assert_eq!(output.status.code(), Some(0), "{args:?}: {err}");
    }
}
