//! Forgetting people, and the log of what was done.

use std::fs;

use serde_json::{Value, json};

use crate::shop::Shop;

/// The file and its log hold this text.
fn is_kept(shop: &Shop, text: &str) -> bool {
    let files = ["orders.db", "orders.db-wal"].map(|name| shop.path(name));
    let bytes: Vec<u8> =
        files.into_iter().filter_map(|file| fs::read(file).ok()).flatten().collect();
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

fn acts(shop: &Shop, more: &[&str]) -> Vec<String> {
    let body = shop.json(&[&["audit"], more].concat());
    let word = |entry: &Value, name: &str| entry[name].as_str().unwrap_or("-").to_owned();
    let line = |entry: &Value| {
        assert_eq!((word(entry, "actor"), word(entry, "role")), ("cli".into(), "admin".into()));
        format!("{} {}", word(entry, "action"), word(entry, "outcome"))
    };
    body["entries"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn people_are_forgotten_and_it_is_written_down() {
    let shop = Shop::new().with("JWT_SECRET", "the secret of a shop in a test, long enough");
    fs::write(shop.path("password"), "correct horse\n").unwrap();
    let add = ["user", "add", "ann@shop.example", "--id", "C-1", "--password-file", "password"];
    shop.json(&[&add[..], &["--last-name", "Quincemeadow"]].concat());
    shop.ok(&["token", "ann@shop.example"]);
    for name in ["Quincemeadow", "Quincemeadow"] {
        shop.place(&["--customer", "C-1", "--name", name]);
    }
    let guest = shop.place(&["--email", "guest@x.example", "--name", "Marrowfield"]);
    let other = shop.place(&["--email", "other@x.example", "--name", "Thistlewood"]);
    assert!(is_kept(&shop, "Quincemeadow") && is_kept(&shop, "Marrowfield"));

    let erased = shop.json(&["erase", "--customer", "C-1", "--email", "GUEST@x.example"]);
    assert_eq!(erased, json!({"orders": 3, "accounts": 1, "remains": []}));
    assert!(!is_kept(&shop, "Quincemeadow") && !is_kept(&shop, "Marrowfield"));
    assert!(is_kept(&shop, "Thistlewood"), "nobody else is touched");
    let again = shop.ok(&["erase", "--order", &guest, "--customer", "C-1"]);
    assert_eq!(again, "0 orders and 0 accounts erased\n");
    let shown = shop.json(&["show", &guest]);
    assert_eq!((&shown["name"], &shown["email"]), (&Value::Null, &Value::Null));
    assert!(shown["erasedAt"].is_string() && shop.json(&["show", &other])["erasedAt"].is_null());
    assert!(shop.ok(&["show", &guest]).contains("erased"));
    assert!(shop.ok(&["verify"]).contains("nothing wrong"));

    let acts = acts(&shop, &[]);
    let (erasures, rest) = acts.split_at(4);
    assert!(erasures.iter().all(|act| act == "person.erased done"), "{erasures:?}");
    assert_eq!(rest, ["token.issued done", "user.created done"]);
}

#[test]
fn the_audit_log_is_read_by_actor_and_action() {
    let shop = Shop::new();
    for stock in ["1", "2", "3"] {
        shop.ok(&["products", "add", &format!("p{stock}"), "--name", "P", "--price", "1"]);
    }
    assert_eq!(acts(&shop, &["--action", "product.added", "--limit", "2"]).len(), 2);
    assert_eq!(acts(&shop, &["--actor", "cli"]).len(), 3);
    assert_eq!(acts(&shop, &["--actor", "nobody"]), [""; 0]);
    let table = shop.ok(&["audit"]);
    assert!(table.contains("product.added") && table.contains("cli"), "{table}");
    let wrong = shop.run(&["audit", "--action", "order.placed"]);
    assert_eq!(wrong.status, 1);
    assert!(wrong.err.contains("[audit.action_unknown]"), "{}", wrong.err);
}

#[test]
fn an_import_is_one_entry_whatever_it_takes() {
    let shop = Shop::new();
    let rows = [
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "1,A,mug,6,2011-01-31 23:59:00,2.50,17850,United Kingdom",
        "2,C,cup,1,2011-01-31 10:00:00,1.00,,France",
    ];
    fs::write(shop.path("orders.csv"), rows.join("\n")).unwrap();
    let import = ["import", "--format", "csv", "--currency", "GBP", "orders.csv"];
    shop.ok(&import);
    let entries = shop.json(&["audit"]);
    let entry = &entries["entries"][0];
    assert_eq!((&entry["action"], &entry["count"]), (&"records.imported".into(), &2.into()));
    shop.ok(&import);
    assert_eq!(acts(&shop, &[]).len(), 1, "nothing was taken the second time");
}

#[test]
fn who_is_to_be_forgotten_must_be_said() {
    let shop = Shop::new();
    assert_eq!(shop.run(&["erase"]).status, 2);
    assert_eq!(shop.run(&["erase", "--customer", "C-1"]).status, 3, "there is no database yet");
    shop.place(&[]);
    let unknown = shop.run(&["erase", "--order", "nothing"]);
    assert!(unknown.err.contains("[order.not_found]"), "{}", unknown.err);
}
