//! The database that is a file, and which one it is.

use crate::shop::Shop;

impl Shop {
    /// A shop whose program is not told where orders are.
    fn bare() -> Self {
        let mut shop = Self::new();
        shop.variables.clear();
        shop
    }
}

#[test]
fn reading_creates_no_database() {
    let shop = Shop::bare();
    let reads: [&[&str]; 6] = [
        &["list"],
        &["show", "1"],
        &["verify"],
        &["stock", "mug", "+1"],
        &["ship", "1"],
        &["place", "--product", "a:1:1", "--dry-run"],
    ];
    for args in reads {
        let run = shop.run(args);
        assert_eq!(run.status, 3, "{args:?}: {}", run.err);
        assert!(run.err.contains("there is no database orders.db"), "{}", run.err);
        assert!(!shop.path("orders.db").exists(), "{args:?}");
    }
    assert_eq!(shop.ok(&["migrate"]).trim(), "sqlite://orders.db is up to date");
    assert!(shop.path("orders.db").exists());
    assert_eq!(shop.run(&["list"]).status, 0);
}

#[test]
fn a_file_that_is_no_database_is_unavailable() {
    let shop = Shop::bare();
    std::fs::write(shop.path("orders.db"), "no database at all, but long enough".repeat(9))
        .unwrap();
    assert_eq!(shop.run(&["list"]).status, 3);
}

#[test]
fn the_env_file_is_read_and_a_flag_beats_it() {
    let shop = Shop::bare();
    std::fs::write(shop.path(".env"), "DATABASE_URL=sqlite://other.db\n").unwrap();
    shop.ok(&["migrate"]);
    assert!(shop.path("other.db").exists());
    shop.ok(&["migrate", "--database-url", "sqlite://third.db"]);
    assert!(shop.path("third.db").exists());
    assert!(!shop.path("orders.db").exists());
}

#[test]
fn the_environment_beats_the_env_file() {
    let shop = Shop::bare().with("DATABASE_URL", "sqlite://first.db");
    std::fs::write(shop.path(".env"), "DATABASE_URL=sqlite://other.db\n").unwrap();
    shop.ok(&["migrate"]);
    assert!(shop.path("first.db").exists());
}
