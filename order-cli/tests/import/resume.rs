//! An import that is killed, and run again.

use std::{
    fmt::Write,
    thread::sleep,
    time::{Duration, Instant},
};

use order_core::ports::StatsBy;

use crate::books::{Books, Folder, lines, text};

/// How long an import may take to get somewhere.
const PATIENCE: Duration = Duration::from_mins(1);

/// Two thousand orders of three lines; every other one comes back.
fn shop() -> String {
    let mut text = String::from("order_no,date,sku,qty,price,customer,currency\n");
    for number in 1..=2_000 {
        for line in 1..=3 {
            let _ = writeln!(text, "{number},2011-01-01,P{line},{line},1.25,{number},GBP");
        }
    }
    for number in (1..=2_000).step_by(2) {
        let _ = writeln!(text, "C{number},2011-02-01,P2,-2,1.25,{number},GBP");
    }
    text
}

/// Sales and refunds in minor units.
fn sums(books: &Books) -> (i64, i64) {
    let report = books.report(StatsBy::Month);
    let sales = report.rows.iter().map(|row| row.booked.sales_minor).sum();
    (sales, report.rows.iter().map(|row| row.booked.refunds_minor).sum())
}

/// Kills an import as soon as the books say so, looks at them and runs it again.
fn killed_when(is_there: impl Fn((i64, i64)) -> bool) {
    let folder = Folder::new();
    let file = folder.write("shop.csv", shop());
    assert!(folder.run(&["migrate"]).status.success());
    // One at a time, so that there is time to be killed.
    let words = ["import", "--quiet", "--concurrency", "1", text(&file)];
    let mut import = folder.order(&words).spawn().unwrap();
    let begun = Instant::now();
    let books = folder.books();
    while !is_there(sums(&books)) {
        assert!(begun.elapsed() < PATIENCE, "the import gets nowhere");
        assert!(import.try_wait().unwrap().is_none(), "the import was over before it was killed");
        sleep(Duration::from_millis(2));
    }
    let seen = sums(&books);
    import.kill().unwrap();
    assert!(!import.wait().unwrap().success());
    drop(books);

    let books = folder.books();
    let left = sums(&books);
    let whole = (2_000 * (1 + 2 + 3) * 125, 1_000 * 2 * 125);
    assert!(left.0 >= seen.0 && left.1 >= seen.1, "what was seen is still there");
    assert!(left < whole, "the kill came in time");
    let orders = books.verified_orders();
    assert_eq!(left.0, i64::try_from(orders).unwrap() * 750, "no order is there by half");
    drop(books);

    let summary = folder.import(&[text(&file)]);
    assert!(summary["taken"]["knownBefore"]["records"].as_u64().unwrap() >= orders);
    let books = folder.books();
    assert_eq!(sums(&books), whole);
    assert_eq!(books.verified_orders(), 2_000);
    let fresh = Folder::new();
    let file = fresh.write("shop.csv", shop());
    fresh.import(&[text(&file)]);
    let by_month = |books: &Books| lines(&books.report(StatsBy::Month));
    assert_eq!(by_month(&fresh.books()), by_month(&books));
}

#[test]
fn an_import_killed_among_the_sales_is_completed_by_the_next() {
    killed_when(|(sales, _)| sales > 100 * 750);
}

#[test]
fn an_import_killed_among_the_returns_is_completed_by_the_next() {
    killed_when(|(_, refunds)| refunds > 100 * 250);
}
