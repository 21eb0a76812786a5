//! The program on PostgreSQL: what the suite `e2e` asks of it wherever orders are, and what is only so
//! here.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "database/postgres.rs"]
mod database;
#[path = "e2e/life.rs"]
mod life;
#[path = "e2e/output.rs"]
mod output;
#[path = "e2e/process.rs"]
mod process;
#[path = "e2e/refusal.rs"]
mod refusal;
#[path = "e2e/seed.rs"]
mod seed;
#[path = "e2e/shop.rs"]
mod shop;
#[path = "e2e/users.rs"]
mod users;
#[path = "e2e/webhook.rs"]
mod webhook;

use shop::Shop;

#[test]
fn reading_creates_no_schema() {
    let shop = Shop::new();
    let reads: [&[&str]; 5] = [
        &["list"],
        &["verify"],
        &["stock", "mug", "+1"],
        &["ship", "1"],
        &["place", "--product", "a:1:1", "--dry-run"],
    ];
    for args in reads {
        let run = shop.run(args);
        assert_eq!(run.status, 3, "{args:?}: {}", run.err);
        assert!(run.err.contains("there are no orders in postgres://"), "{}", run.err);
    }
    assert!(shop.ok(&["migrate"]).ends_with(" is up to date\n"));
    assert_eq!(shop.run(&["list"]).status, 0);
}

#[test]
fn a_database_that_is_not_there_is_unavailable() {
    let url = Shop::new().url();
    let (server, _) = url.rsplit_once('/').unwrap();
    let shop = Shop::new().with("DATABASE_URL", format!("{server}/order_test_missing"));
    for args in [["list"], ["migrate"]] {
        let run = shop.run(&args);
        assert_eq!(run.status, 3, "{}", run.err);
        assert!(run.err.contains("\"order_test_missing\" does not exist"), "{}", run.err);
    }
}

#[test]
fn a_password_is_shown_by_no_command() {
    let shop = Shop::new();
    let url = shop.url().replacen('@', ":s3cret@", 1);
    assert!(url.contains("s3cret"), "{url} names a user");
    let shop = shop.with("DATABASE_URL", url);
    let commands: [&[&str]; 8] = [
        &["list"],
        &["migrate"],
        &["migrate", "--output", "json"],
        &["place", "--product", "a:1:1"],
        &["doctor"],
        &["verify"],
        &["--help"],
        &["ship", "--help"],
    ];
    for args in commands {
        let run = shop.run(args);
        assert!(!format!("{}{}", run.out, run.err).contains("s3cret"), "{}{}", run.out, run.err);
    }
}
