//! What was exported can be imported, and opened in a spreadsheet.

use order_core::ports::StatsBy;

use crate::books::{Folder, lines, text};

const ROWS: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,A,=cmd|' /C calc'!A0,6,2011-01-31 23:59:00,2.50,17850,United Kingdom
1,B,\"a \"\"big\"\", red cup\",2,2011-01-31 23:59:00,1.00,17850,United Kingdom
2,@C,cup,1,2011-02-01 10:00:00,3.00,,France
C3,A,mug,-6,2011-02-01 00:00:00,2.50,17850,United Kingdom
";

fn exported(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.run(&[&["export"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn filled() -> Folder {
    let folder = Folder::new();
    let file = folder.write("shop.csv", ROWS);
    folder.import(&[text(&file)]);
    folder
}

#[test]
fn orders_go_from_one_database_to_another_with_all_that_happened() {
    let first = filled();
    let written = exported(&first, &[]);
    let second = Folder::new();
    let file = second.write("orders.jsonl", &written);
    let summary = second.import(&[text(&file)]);
    assert_eq!(summary["taken"]["rows"], summary["rows"], "{summary}");
    assert_eq!(exported(&second, &[]), written);
    let report = |folder: &Folder| lines(&folder.books().report(StatsBy::Month));
    assert_eq!(report(&second), report(&first));
}

#[test]
fn a_placed_order_keeps_its_person_and_charges() {
    let first = Folder::new();
    let words = ["place", "--product", "mug:2:7.50", "--currency", "GBP", "--email", "a@b.example"];
    assert!(first.run(&words).status.success());
    let written = exported(&first, &[]);
    let second = Folder::new();
    let file = second.write("orders.jsonl", &written);
    second.import(&[text(&file)]);
    let order = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    let (before, after) = (order(&written), order(&exported(&second, &[])));
    for key in ["id", "number", "status", "paymentStatus", "items", "total", "email", "placedAt"] {
        assert_eq!(before[key], after[key], "{key}");
    }
}

#[test]
fn what_is_refused_says_nothing_of_a_person() {
    let first = Folder::new();
    let words = ["place", "--product", "mug:2:7.50", "--currency", "GBP", "--name", "Ann"];
    assert!(first.run(&words).status.success());
    let written: serde_json::Value = serde_json::from_str(&exported(&first, &[])).unwrap();
    let broken = |key: &str, value: serde_json::Value| {
        let mut order = written.clone();
        order[key] = value;
        order.to_string()
    };
    let person = serde_json::json!({"name": "Quincemeadow \"Q\" Lane"});
    let rows = [
        broken("shippingAddress", person["name"].clone()),
        broken("notes", person["name"].clone()),
        person["name"].to_string(),
        format!(r#"{{"number":"1","product":"mug","quantity":1,"price":1,"customer":{person}}}"#),
    ];
    let second = Folder::new();
    let file = second.write("orders.jsonl", rows.join("\n"));
    second.import(&[text(&file)]);
    let refused = second.books().refused();
    assert!(refused.len() >= 3, "{refused:?}");
    assert!(refused.iter().all(|row| !format!("{row:?}").contains("Quince")), "{refused:?}");
}

#[test]
fn a_spreadsheet_gets_no_formula() {
    let text = exported(&filled(), &["--format", "csv"]);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header = rows.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|one| one == name);
    let cells = ["number", "productId", "name", "quantity", "returned", "unitPrice", "lineTotal"];
    let columns = cells.map(|name| at(name).unwrap());
    let told: Vec<_> = rows
        .records()
        .map(|row| {
            let row = row.unwrap();
            columns.map(|column| row[column].to_owned()).join("|")
        })
        .collect();
    let expected = [
        "1|A|'=cmd|' /C calc'!A0|6|6|2.50|15.00",
        "1|B|a \"big\", red cup|2|0|1.00|2.00",
        "2|'@C|cup|1|0|3.00|3.00",
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_export_is_filtered_and_walks_over_pages() {
    let folder = Folder::new();
    let row = |number: u32| format!("{number},A,mug,1,2011-01-01,1,{},UK\n", number % 2);
    let rows: String = (1..=450).map(row).collect();
    let header = ROWS.lines().next().unwrap();
    let file = folder.write("many.csv", format!("{header}\n{rows}"));
    folder.import(&[text(&file)]);
    assert_eq!(exported(&folder, &[]).lines().count(), 450);
    assert_eq!(exported(&folder, &["--customer", "1"]).lines().count(), 225);
    assert_eq!(exported(&folder, &["--to", "2011-01-01"]), "");
    assert_eq!(exported(&folder, &["--format", "csv"]).lines().count(), 451);
}
