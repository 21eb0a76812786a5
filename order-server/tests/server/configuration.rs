use std::{fs, process::Output};

use crate::{process::Setup, wire::get};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn with_dot_env(text: &str) -> Setup {
    let setup = Setup::new();
    fs::write(setup.path().join(".env"), text).unwrap();
    setup
}

fn assert_refused(output: &Output, words: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "{said}");
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn values_that_cannot_be_used_end_it_with_code_2() {
    for (flags, words) in [
        (&["--listen", "here"][..], "--listen: here is neither"),
        (&["--drain-timeout", "0"], "--drain-timeout: 0 is not a time"),
        (&["--currency", "BTC"], "--currency: BTC is not an ISO 4217"),
        (&["--database-url", "mysql://me:secret@db/orders"], "mysql://me:***@db/orders is not"),
        (&["--nonsense"], "--nonsense"),
        (&["surplus"], "surplus"),
    ] {
        assert_refused(&Setup::new().flags(flags).output(), words);
    }
    let output = Setup::new().variable("ORDER_MAX_CONNECTIONS", "lots").output();
    assert_refused(&output, "environment variable ORDER_MAX_CONNECTIONS: lots is not a whole");
    let output = with_dot_env("ORDER_LOG_FORMAT=xml").output();
    assert_refused(&output, "ORDER_LOG_FORMAT in .env: xml is none of");
}

#[test]
fn an_address_that_others_can_reach_is_refused_with_the_reason() {
    for address in ["0.0.0.0:0", "[::]:0", "10.1.2.3:8080"] {
        let setup = Setup::new().flags(&["--listen", address]);
        assert_refused(&setup.output(), "every caller is admin");
        assert!(!setup.path().join("orders.db").exists(), "nothing was begun");
    }
    // An empty secret is none.
    let setup = Setup::new().variable("JWT_SECRET", "").flags(&["--listen", "0.0.0.0:0"]);
    assert_refused(&setup.output(), "set JWT_SECRET or JWT_KEYS");
}

#[test]
fn dot_env_is_read_but_does_not_override_the_environment() {
    let setup = with_dot_env("ORDER_BASE_PATH=/from-file\nDATABASE_URL=sqlite://from-file.db\n")
        .variable("ORDER_BASE_PATH", "/from-environment");
    let server = setup.start();
    assert_eq!(get(server.address, "/from-environment/livez").status, 200);
    assert_eq!(get(server.address, "/from-file/livez").status, 404);
    assert!(setup.path().join("from-file.db").exists());
    server.stop();
}

#[test]
fn the_configuration_can_be_checked_without_serving() {
    let setup = Setup::new().variable("PORT", "9123").flags(&["--check-config"]);
    let output = setup.output();
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stdout);
    let line = said.lines().find(|line| line.starts_with("ORDER_LISTEN=9123")).expect(&said);
    assert!(line.ends_with("# environment variable PORT"), "{line}");
    assert!(!setup.path().join("orders.db").exists());
}

#[test]
fn help_lists_every_flag_with_its_variable() {
    let output = Setup::new().flags(&["--help"]).output();
    assert_eq!(output.status.code(), Some(0));
    // Lines end where a terminal's do.
    let said = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["--database-url", "[env: ORDER_LISTEN or PORT]", "[default: 20s]", ".env"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}
