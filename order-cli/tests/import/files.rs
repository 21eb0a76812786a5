//! Files of every kind, good and bad.

use std::{
    fs::{self, File},
    io::Write,
    process::Stdio,
};

use flate2::{Compression, write::GzEncoder};
use order_core::ports::StatsBy;
use serde_json::{Value, json};

use crate::books::{Folder, lines, text};

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

/// A sale, a return of it, a credit that matches nothing, a write-off and a price of 0.001.
fn shop() -> String {
    let rows = [
        HEADER,
        "1,A,mug,6,2011-01-31 23:59:00,2.50,17850.0,United Kingdom",
        "1,B,cup,1,2011-01-31 23:59:00,0.001,17850.0,United Kingdom",
        "2,C,,1,2011-01-31 10:00:00,0.0,,France",
        "C3,A,mug,-6,2011-02-01 00:00:00,2.50,17850.0,United Kingdom",
        "C4,M,Manual,-1,2011-02-02 10:00:00,9.99,,France",
        "5,A,damaged,-3,2011-02-03 10:00:00,0,,France",
    ];
    rows.join("\r\n")
}

#[test]
fn every_row_is_taken_or_refused_and_the_sums_are_exact() {
    let folder = Folder::new();
    let file = folder.write("shop.csv", shop());
    let mut summary = folder.import(&[text(&file), "--report", "refused.jsonl"]);
    assert!(summary["seconds"].take().is_f64());
    let expected = json!({
        "source": "shop.csv",
        "rows": 6,
        "taken": {
            "rows": 4,
            "orders": {"records": 2, "rows": 2},
            "returns": {"records": 1, "rows": 1},
            "creditNotes": {"records": 1, "rows": 1},
            "knownBefore": {"records": 0, "rows": 0},
        },
        "refused": {"rows": 2, "byCode": {"import.stock_write_off": 1, "money.precision": 1}},
        "notTried": 0,
        "sums": [{"currency": "GBP", "taken": "-9.99", "refused": "0.001", "all": "-9.989"}],
        "seconds": null,
    });
    assert_eq!(summary, expected);
    let books = folder.books();
    let by_month = ["2011-01 GBP 1500 0 0 0.001", "2011-02 GBP 0 1500 -999 0.00"];
    assert_eq!(lines(&books.report(StatsBy::Month)), by_month);
    let by_country = ["France GBP 0 0 -999 0.00", "United Kingdom GBP 1500 1500 0 0.001"];
    assert_eq!(lines(&books.report(StatsBy::Country)), by_country);
    assert_eq!(books.verified_orders(), 2);
    let notes = books.credit_notes();
    let note = notes.first().unwrap();
    assert_eq!((notes.len(), note.id.as_str(), note.total.minor()), (1, "C4", -999));
    assert_eq!(note.issued_at.to_string(), "2011-02-02T10:00:00Z");

    let report = fs::read_to_string(folder.path("refused.jsonl")).unwrap();
    let report: Vec<Value> =
        report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(report.len(), 2);
    let expected = json!({
        "fileLine": 3,
        "source": "shop.csv",
        "line": 3,
        "number": "1",
        "code": "money.precision",
        "detail": "the amount has more decimals than GBP allows, 2",
        "at": "2011-01-31T23:59:00Z",
        "country": "United Kingdom",
        "currency": "GBP",
        "quantity": 1,
        "amount": "0.001",
    });
    assert_eq!(report[0], expected);
    let kept: Vec<_> = books.refused().iter().map(|row| (row.line, row.code.clone())).collect();
    let expected = [(3, "money.precision".to_owned()), (7, "import.stock_write_off".to_owned())];
    assert_eq!(kept, expected);
}

#[test]
fn the_same_import_again_changes_nothing() {
    let folder = Folder::new();
    let file = folder.write("shop.csv", shop());
    let first = folder.import(&[text(&file)]);
    let before = lines(&folder.books().report(StatsBy::Month));
    let again = folder.import(&[text(&file)]);
    assert_eq!(again["taken"]["knownBefore"], json!({"records": 4, "rows": 4}));
    assert_eq!(again["sums"], first["sums"]);
    assert_eq!(lines(&folder.books().report(StatsBy::Month)), before);
}

#[test]
fn a_changed_order_is_refused_and_not_counted_twice() {
    let folder = Folder::new();
    let file = folder.write("shop.csv", shop());
    folder.import(&[text(&file)]);
    let before = lines(&folder.books().report(StatsBy::Month));
    let file = folder.write("shop.csv", shop().replace("mug,6", "mug,7"));
    let again = folder.import(&[text(&file)]);
    assert_eq!(again["refused"]["byCode"]["request.key_reused"], 1);
    // The return of six now matches nothing, and its credit invoice becomes a note.
    assert_eq!(again["taken"]["creditNotes"]["records"], 2);
    let after = lines(&folder.books().report(StatsBy::Month));
    assert_eq!(after[0], before[0], "the changed sale is in the books once");
}

#[test]
fn a_compressed_pipe_is_read_like_a_file() {
    let folder = Folder::new();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(shop().as_bytes()).unwrap();
    let path = folder.write("packed", packed.finish().unwrap());
    let mut command = folder.order(&["import", "--output", "json", "-"]);
    command.stdin(Stdio::from(File::open(path).unwrap()));
    let output = command.output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["source"], &summary["rows"]), (&json!("stdin"), &json!(6)));
}

#[test]
fn columns_of_any_name_are_mapped() {
    let folder = Folder::new();
    let text_of = "Bestellung;x,wann,Ware,Stück,Netto,Währung\nA-1,2024-05-01,mug,2,1.25,EUR\n";
    let file = folder.write("bestellungen.txt", text_of);
    let mapping = [
        "--map",
        "number=Bestellung;x",
        "--map",
        "at=wann",
        "--map",
        "product=Ware",
        "--map",
        "quantity=Stück",
        "--map",
        "price=Netto",
        "--map",
        "currency=Währung",
    ];
    let summary = folder.import(&[&mapping, &[text(&file), "--source", "may"][..]].concat());
    assert_eq!(summary["source"], "may");
    assert_eq!(lines(&folder.books().report(StatsBy::Month)), ["2024-05 EUR 250 0 0 0.00"]);
}

/// The exit status and what was said.
fn refused(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let output = folder.run(&[&["import"], arguments].concat());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn files_that_cannot_be_read_at_all_are_wrong_usage_and_leave_nothing_behind() {
    let folder = Folder::new();
    let cases: [(&str, &[u8], &str); 5] = [
        ("no_price.csv", b"order_no,date,sku,qty\n1,2011-01-01,A,1\n", "--map price=COLUMN"),
        ("book.csv", b"PK\x03\x04...", "Excel"),
        ("wide.csv", b"\xff\xfeo\0", "UTF-16"),
        ("cut.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc", "cannot be read"),
        ("list.json", b"[{}]", "JSON Lines"),
    ];
    for (name, bytes, hint) in cases {
        let file = folder.write(name, bytes);
        let (status, talk) = refused(&folder, &[text(&file)]);
        assert_eq!(status, Some(2), "{name}: {talk}");
        assert!(talk.contains(hint), "{name}: {talk}");
    }
    let (status, talk) = refused(&folder, &["missing.csv"]);
    assert_eq!(status, Some(2), "{talk}");
    assert!(talk.contains("missing.csv"), "{talk}");
    let (status, talk) = refused(&folder, &["x.csv", "--map", "colour=red"]);
    assert!(status == Some(2) && talk.contains("quantity"), "{talk}");
    assert_eq!(folder.books().verified_orders(), 0);
}

#[test]
fn prices_without_a_currency_are_taken_in_the_default_one_and_that_is_said() {
    let rows = "order_no,date,sku,qty,price\n1,2011-01-01,A,1,1\n";
    let cases: [(&[&str], &str, bool); 2] =
        [(&[], "USD", true), (&["--currency", "EUR"], "EUR", false)];
    for (words, currency, is_said) in cases {
        let folder = Folder::new();
        let file = folder.write("plain.csv", rows);
        let output = folder.run(&[&["import"], words, &[text(&file)]].concat());
        assert!(output.status.success());
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(talk.contains("--currency"), is_said, "{talk}");
        let expected = [format!("2011-01 {currency} 100 0 0 0.00")];
        assert_eq!(lines(&folder.books().report(StatsBy::Month)), expected);
    }
}

#[test]
fn a_file_without_rows_is_taken_as_it_is() {
    let folder = Folder::new();
    for (name, content) in [("empty.csv", ""), ("header.csv", HEADER), ("empty.jsonl", "\n\n")] {
        let file = folder.write(name, content);
        let summary = folder.import(&[text(&file)]);
        assert_eq!((&summary["rows"], &summary["sums"]), (&json!(0), &json!([])), "{name}");
    }
}

#[test]
fn people_see_which_rows_were_refused_and_why() {
    let folder = Folder::new();
    let mut rows = shop();
    rows.push_str(&"\r\n9,A,\u{1b}[31m,x,2011-01-01,1,,UK".repeat(30));
    let file = folder.write("shop.csv", rows);
    let output = folder.run(&["import", text(&file)]);
    assert_eq!(output.status.code(), Some(0), "refused rows are accounted for");
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("refused line 3: the amount has more decimals"), "{talk}");
    assert!(talk.contains("and 12 more refused rows"), "{talk}");
    let table = String::from_utf8(output.stdout).unwrap();
    let line = table.lines().find(|line| line.contains("import.quantity")).unwrap();
    assert_eq!(line.split_whitespace().last(), Some("30"));
    assert!(table.contains("-9.99") && table.contains("-9.989"), "{table}");
}

#[test]
fn an_order_that_breaks_a_rule_of_the_domain_is_refused_row_by_row() {
    let folder = Folder::new();
    let row = "1,A,mug,1,2011-01-01,1.00,,UK\n";
    let file = folder.write("long.csv", format!("{HEADER}\n{}", row.repeat(5_001)));
    let summary = folder.import(&[text(&file)]);
    assert_eq!(summary["refused"]["rows"], 5_001);
    assert_eq!(summary["sums"][0]["refused"], "5001.00");
    let books = folder.books();
    assert_eq!(books.refused().len(), 5_001);
    assert_eq!(lines(&books.report(StatsBy::Month)), ["2011-01 GBP 0 0 0 5001.00"]);
}
