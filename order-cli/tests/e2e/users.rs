//! Accounts and tokens on the command line.

use std::fs;

use serde_json::Value;

use crate::shop::Shop;

/// A shop with a password in a file.
fn shop() -> Shop {
    let shop = Shop::new();
    fs::write(shop.path("password"), "correct horse\n").unwrap();
    shop
}

fn add(shop: &Shop, email: &str, more: &[&str]) -> Value {
    shop.json(&[&["user", "add", email, "--password-file", "password"][..], more].concat())
}

#[test]
fn the_first_admin_is_made_on_the_database() {
    let shop = shop();
    let root = add(&shop, "root@shop.example", &["--role", "admin", "--first-name", "Ruth"]);
    assert_eq!((&root["role"], &root["firstName"]), (&"admin".into(), &"Ruth".into()));
    let run = shop.run(&["user", "update", "root@shop.example", "--role", "staff"]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("[user.last_admin]"), "{}", run.err);
    assert_eq!(shop.run(&["user", "delete", "root@shop.example"]).status, 1);
}

#[test]
fn accounts_are_listed_shown_changed_and_removed() {
    let shop = shop();
    assert_eq!(shop.run(&["user", "list"]).status, 3, "there is no database yet");
    let ann = add(&shop, "Ann@shop.example", &["--phone", "555"]);
    assert_eq!(ann["role"], "customer");
    add(&shop, "bob@shop.example", &["--id", "bob"]);
    assert_eq!(shop.json_lines(&["user", "list"]).len(), 2);
    assert_eq!(shop.json_lines(&["user", "list", "-n", "1"]).len(), 1);
    assert_eq!(shop.json(&["user", "show", "ann@SHOP.example"]), ann);
    assert_eq!(shop.json(&["user", "show", ann["id"].as_str().unwrap()]), ann);
    let more = ["--last-name", "Archer", "--role", "staff", "--if-version", "1"];
    let changed = shop.json(&[&["user", "update", "ann@shop.example"], &more[..]].concat());
    assert_eq!((&changed["lastName"], &changed["role"]), (&"Archer".into(), &"staff".into()));
    assert_eq!(changed["phone"], "555");
    let stale = shop.run(&["user", "delete", "bob", "--if-version", "7"]);
    assert_eq!(stale.status, 1, "{}", stale.err);
    assert_eq!(shop.json(&["user", "delete", "bob"])["deleted"], true);
    let gone = shop.run(&["user", "show", "bob@shop.example"]);
    assert!(gone.err.contains("[user.not_found]"), "{}", gone.err);
    let table = shop.ok(&["user", "list"]);
    assert!(table.contains("Ann@shop.example") && !table.contains("bob"), "{table}");
}

#[test]
fn a_password_comes_from_a_file_standard_input_or_the_environment() {
    let shop = shop();
    let none = shop.run(&["user", "add", "a@shop.example"]);
    assert_eq!(none.status, 2);
    assert!(none.err.contains("a password is needed"), "{}", none.err);
    let argument = shop.run(&["user", "add", "a@shop.example", "--password", "correct horse"]);
    assert_eq!(argument.status, 2, "others see command lines");
    let args = ["user", "add", "a@shop.example", "--password-stdin"];
    let given = shop.run_with_input(&args, "correct horse\nnot this\n");
    assert_eq!(given.status, 0, "{}", given.err);
    let short = shop.run_with_input(&["user", "add", "b@shop.example", "--password-stdin"], "x");
    assert!(short.err.contains("[password.too_short]"), "{}", short.err);
    let missing = shop.run(&["user", "add", "b@shop.example", "--password-file", "nowhere"]);
    assert_eq!(missing.status, 2, "{}", missing.err);
    let shop = shop.with("ORDER_PASSWORD", "correct horse");
    let run = shop.run(&["user", "add", "b@shop.example"]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(!(run.out + &run.err).contains("horse"));
}

#[test]
fn a_token_is_made_from_the_database_and_the_secret() {
    let shop = shop();
    let ann = add(&shop, "ann@shop.example", &["--role", "staff"]);
    let none = shop.run(&["token", "ann@shop.example"]);
    assert_eq!(none.status, 2);
    assert!(none.err.contains("no secret to make a token with"), "{}", none.err);
    fs::write(shop.path("secret"), "a secret that is long enough for this\n").unwrap();
    let by_file = shop.json(&["token", "ann@shop.example", "--secret-file", "secret"]);
    let shop = shop.with("JWT_SECRET", "a secret that is long enough for this");
    let by_variable = shop.json(&["token", ann["id"].as_str().unwrap(), "--expires", "15m"]);
    for made in [&by_file, &by_variable] {
        assert_eq!(made["token"].as_str().unwrap().split('.').count(), 3);
    }
    let (long, short) = (by_file["expiresAt"].as_str(), by_variable["expiresAt"].as_str());
    assert!(long > short, "{long:?} {short:?}");
    let run = shop.run(&["token", "ann@shop.example"]);
    assert_eq!(run.out.lines().count(), 1, "only the token is on standard output: {}", run.out);
    assert_eq!(shop.run(&["token", "nobody@shop.example"]).status, 1);
    let service = shop.json(&["token", "--subject", "billing", "--role", "service"]);
    assert!(service["token"].is_string());
    for wrong in [
        &["token"][..],
        &["token", "--subject", "billing"],
        &["token", "a@shop.example", "--role", "admin"],
        &["token", "--subject", "b", "--role", "root"],
        &["token", "--subject", "b", "--role", "admin", "--expires", "1d"],
    ] {
        assert_eq!(shop.run(wrong).status, 2, "{wrong:?}");
    }
}
