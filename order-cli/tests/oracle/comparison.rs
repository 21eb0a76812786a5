//! What must agree.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::Stdio,
};

use flate2::read::GzDecoder;
use order_core::ports::StatsBy;
use serde_json::{Value, json};

use crate::books::{Folder, lines, text};

/// Where the data is, seen from the workspace.
const DATA: &str = "../../shared/data/online-retail";

fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA);
    if folder.join("oracle.json").is_file() {
        return Some(folder);
    }
    println!("SKIPPED: there is no data at {DATA}, so nothing was compared with the oracle");
    None
}

fn oracle(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("oracle.json")).unwrap()).unwrap()
}

/// A decimal text in thousandths, which all figures are whole counts of.
fn thousandths(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{:0<3}", fraction.trim_end_matches('0'));
    digits.parse().unwrap_or_else(|_| panic!("{text} has more than three decimals"))
}

/// The keys and sums of the oracle for a group.
fn expected(oracle: &Value, group: &str) -> BTreeMap<String, i64> {
    let rows = oracle[group].as_object().unwrap().iter();
    rows.map(|(key, row)| (key.clone(), thousandths(row["sum"].as_str().unwrap()))).collect()
}

fn sums(folder: &Folder, by: StatsBy) -> BTreeMap<String, i64> {
    let report = folder.books().report(by);
    report.rows.iter().map(|row| (row.booked.key.clone(), thousandths(&row.all()))).collect()
}

/// Adds what a row is worth to the kind that its number tells.
fn add(kinds: &mut BTreeMap<&str, i64>, number: &str, amount: i64) {
    let kind = match number.as_bytes().first() {
        Some(b'C') => "cancellation",
        Some(b'A') => "adjustment",
        _ => "sale",
    };
    *kinds.entry(kind).or_default() += amount;
}

/// Sales, cancellations and adjustments as the books have them.
fn kinds(folder: &Folder) -> BTreeMap<&'static str, i64> {
    let mut kinds = BTreeMap::new();
    let export = folder.order(&["export", "--quiet"]).stderr(Stdio::null()).output().unwrap();
    for line in export.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let order: Value = serde_json::from_slice(line).unwrap();
        let amount = |key: &str| thousandths(order[key].as_str().unwrap());
        add(&mut kinds, order["number"].as_str().unwrap(), amount("total"));
        // A return is named for the credit invoice that it came with.
        for back in order["returns"].as_array().unwrap() {
            assert!(back["id"].as_str().unwrap().starts_with('C'));
        }
        add(&mut kinds, "C", -amount("amountRefunded"));
    }
    let books = folder.books();
    for note in books.credit_notes() {
        add(&mut kinds, note.id.as_str(), note.total.minor() * 10);
    }
    for row in books.refused() {
        add(&mut kinds, &row.number.unwrap(), thousandths(&row.amount.unwrap()));
    }
    kinds
}

/// Figures as `order stats` tells them, in JSON.
fn figures(folder: &Folder, arguments: &[&str]) -> Value {
    let words = [&["stats"], arguments, &["--json", "--quiet"]].concat();
    let output = folder.run(&words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(figures["asOf"]["behind"], 0, "all of it is counted");
    figures
}

/// The net figures by a key, with what imports refused.
fn nets(rows: &Value, key: &str, refused: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let mut nets = refused.clone();
    for row in rows.as_array().unwrap() {
        let net = thousandths(row["net"].as_str().unwrap());
        *nets.entry(row[key].as_str().unwrap().to_owned()).or_default() += net;
    }
    nets.retain(|_, net| *net != 0);
    nets
}

fn refused(folder: &Folder, by: StatsBy) -> BTreeMap<String, i64> {
    let rows = folder.books().report(by).rows;
    rows.iter().map(|row| (row.booked.key.clone(), thousandths(&row.refused()))).collect()
}

/// Compares the figures that are kept as orders change with sums by month and country, and those of
/// products with the lines of every order.
fn figures_agree(
    folder: &Folder,
    months: &BTreeMap<String, i64>,
    countries: &BTreeMap<String, i64>,
) {
    let revenue = ["revenue", "--interval", "month", "--from", "2010-12", "--to", "2012-01"];
    let revenue = figures(folder, &revenue);
    let found = nets(&revenue["periods"], "label", &refused(folder, StatsBy::Month));
    assert_eq!(found, *months);
    let ranked = figures(folder, &["countries", "-n", "1000"]);
    let found = nets(&ranked["rows"], "key", &refused(folder, StatsBy::Country));
    assert_eq!(found, *countries);
    let mut products: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let export = folder.order(&["export", "--quiet"]).stderr(Stdio::null()).output().unwrap();
    for line in export.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let order: Value = serde_json::from_slice(line).unwrap();
        assert_ne!(order["status"], "cancelled");
        for item in order["items"].as_array().unwrap() {
            let product = item["productId"].as_str().unwrap().to_owned();
            let sums = products.entry(product).or_default();
            sums.0 += item["quantity"].as_i64().unwrap();
            sums.1 += thousandths(item["total"].as_str().unwrap());
        }
    }
    let ranked = figures(folder, &["products", "-n", "1000"]);
    for row in ranked["rows"].as_array().unwrap() {
        let sums = (row["units"].as_i64().unwrap(), thousandths(row["sales"].as_str().unwrap()));
        assert_eq!(products.get(row["key"].as_str().unwrap()), Some(&sums), "{row}");
    }
    let mut best: Vec<_> = products.values().map(|(_, sales)| *sales).collect();
    best.sort_unstable_by(|one, other| other.cmp(one));
    let sales = ranked["rows"].as_array().unwrap().iter().map(|row| row["sales"].as_str().unwrap());
    assert_eq!(sales.map(thousandths).collect::<Vec<_>>(), best[..best.len().min(1_000)]);
}

/// Imports a file into a fresh database and compares the books with the oracle.
fn compared(data: &Path, name: &str) -> Folder {
    let oracle = oracle(data);
    let folder = Folder::new();
    let summary = folder.import(&[text(&data.join(name))]);
    assert_eq!(summary["rows"], oracle["lines"]);
    let rows = |part: &str| summary[part]["rows"].as_u64().unwrap();
    assert_eq!(json!(rows("taken") + rows("refused")), oracle["lines"]);
    let by_code = json!({"import.stock_write_off": 1_336, "money.precision": 4});
    assert_eq!(summary["refused"]["byCode"], by_code);
    assert_eq!(summary["sums"][0]["all"], oracle["sum_amount"]);
    assert_eq!(sums(&folder, StatsBy::Month), expected(&oracle, "by_month"));
    assert_eq!(sums(&folder, StatsBy::Country), expected(&oracle, "by_country"));
    figures_agree(&folder, &expected(&oracle, "by_month"), &expected(&oracle, "by_country"));
    for (kind, sum) in kinds(&folder) {
        let expected = oracle["sum_amount_by_kind"][kind].as_str().unwrap();
        assert_eq!(sum, thousandths(expected), "{kind}");
    }
    assert_eq!(json!(folder.books().verified_orders()), summary["taken"]["orders"]["records"]);
    folder
}

/// What the books of two folders must have in common.
fn all_books(folder: &Folder) -> (Vec<String>, Vec<order_core::CreditNote>) {
    let books = folder.books();
    let mut all = lines(&books.report(StatsBy::Month));
    all.extend(lines(&books.report(StatsBy::Country)));
    all.extend(lines(&books.report(StatsBy::Status)));
    (all, books.credit_notes())
}

/// The lines of a file that have a mark, after its header if it has one.
fn cut(data: &Path, name: &str, header: usize, mark: &str) -> String {
    let mut whole = String::new();
    GzDecoder::new(File::open(data.join(name)).unwrap()).read_to_string(&mut whole).unwrap();
    let kept = whole.lines().enumerate().filter(|(n, line)| *n < header || line.contains(mark));
    kept.flat_map(|(_, line)| [line, "\n"]).collect()
}

#[test]
fn one_month_agrees_with_the_oracle_however_it_is_written() {
    let Some(data) = data() else { return };
    let december = oracle(&data)["by_month"]["2010-12"].clone();
    let rows = cut(&data, "online_retail.csv.gz", 1, ",2010-12-");
    let invoices = cut(&data, "invoices.jsonl.gz", 0, "\"invoiced_at\":\"2010-12-");
    let mut all = Vec::new();
    for (name, content) in [("december.csv", rows), ("december.jsonl", invoices)] {
        let folder = Folder::new();
        let file = folder.write(name, content);
        let summary = folder.import(&[text(&file)]);
        assert_eq!(summary["rows"], december["lines"]);
        assert_eq!(summary["sums"][0]["all"], december["sum"]);
        let sum = thousandths(december["sum"].as_str().unwrap());
        let months = BTreeMap::from([("2010-12".to_owned(), sum)]);
        assert_eq!(sums(&folder, StatsBy::Month), months);
        let mut countries = sums(&folder, StatsBy::Country);
        countries.retain(|_, sum| *sum != 0);
        figures_agree(&folder, &months, &countries);
        let orders = &summary["taken"]["orders"]["records"];
        assert_eq!(*orders, json!(folder.books().verified_orders()));
        all.push((all_books(&folder), folder.run(&["export", "--quiet"]).stdout));
    }
    assert!(all[0] == all[1], "both give the same books, to the last byte of every order");
}

#[test]
fn the_invoices_agree_with_the_oracle_and_a_second_import_doubles_nothing() {
    let Some(data) = data() else { return };
    let folder = compared(&data, "invoices.jsonl.gz");
    let before = all_books(&folder);
    let again = folder.import(&[text(&data.join("invoices.jsonl.gz"))]);
    assert_eq!(again["taken"]["knownBefore"]["rows"], again["taken"]["rows"]);
    assert_eq!(all_books(&folder), before);
}

#[test]
fn the_rows_agree_with_the_oracle() {
    let Some(data) = data() else { return };
    compared(&data, "online_retail.csv.gz");
}
