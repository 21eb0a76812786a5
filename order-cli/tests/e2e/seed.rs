//! A made-up shop.

use crate::shop::Shop;

const SEED: [&str; 13] = [
    "seed",
    "--orders",
    "300",
    "--products",
    "40",
    "--customers",
    "50",
    "--from",
    "2025-01",
    "--to",
    "2025-03",
    "--currency",
    "GBP",
];

fn count(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn a_made_up_shop_has_orders_of_every_kind_and_is_sound() {
    let shop = Shop::new();
    let made = shop.json(&SEED);
    assert_eq!((count(&made["orders"]), count(&made["products"])), (300, 40), "{made}");
    for status in ["pending", "confirmed", "shipped", "delivered", "completed", "cancelled"] {
        assert!(count(&made["byStatus"][status]) > 0, "{status}: {made}");
    }
    assert!(count(&made["returns"]) > 0 && made["refused"] == serde_json::json!({}), "{made}");
    let verified = shop.json(&["verify"]);
    assert_eq!(
        (count(&verified["orders"]), verified["findings"].as_array().unwrap().len()),
        (300, 0)
    );
    let products = shop.json_lines(&["products", "--all"]);
    assert_eq!(products.len(), 40);
    assert!(products.iter().all(|product| product["currency"] == "GBP"), "{products:?}");
    let orders = shop.json_lines(&["list", "--customer", "C-00001", "-n", "1"]);
    assert!(orders[0]["email"].as_str().unwrap().ends_with("@example.com"), "{orders:?}");
    let placed = shop.place(&[]);
    assert_eq!(placed, "ORD-000001", "made-up numbers are in nobody's way");
}

#[test]
fn a_shop_that_has_orders_is_left_alone_unless_told_otherwise() {
    let shop = Shop::new();
    shop.place(&[]);
    let run = shop.run(&SEED);
    assert_eq!(run.status, 1, "{}", run.err);
    assert!(run.err.contains("--yes") && run.err.contains("[seed.not_empty]"), "{}", run.err);
    assert_eq!(shop.json_lines(&["products"]).len(), 0, "nothing was begun");
    let run = shop.run(&[&SEED[..], &["--yes"]].concat());
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(run.out.lines().any(|line| line.starts_with("orders ") && line.ends_with(" 300")));
    assert_eq!(count(&shop.json(&["verify"])["orders"]), 301);
}

#[test]
fn the_same_seed_makes_the_same_shop_once() {
    let (one, other) = (Shop::new(), Shop::new());
    let made = one.json(&SEED);
    other.ok(&SEED);
    let export = |shop: &Shop| shop.ok(&["export", "--quiet"]);
    let exported = export(&one);
    assert!(exported == export(&other), "the same orders, to the last byte");
    let again = one.json(&[&SEED[..], &["--yes"]].concat());
    assert_eq!(count(&again["knownBefore"]), 300 + count(&made["returns"]), "{again}");
    assert!(exported == export(&one), "nothing is doubled");
    let more = one.json(&[&SEED[..], &["--yes", "--seed", "2"]].concat());
    assert_eq!((count(&more["knownBefore"]), count(&more["orders"])), (0, 300), "{more}");
    assert_eq!(count(&one.json(&["verify"])["orders"]), 600);
}

#[test]
fn times_in_the_wrong_order_are_wrong_usage() {
    let run = Shop::new().run(&["seed", "--orders", "1", "--from", "2025-02", "--to", "2025-01"]);
    assert_eq!(run.status, 2, "{}", run.err);
}
