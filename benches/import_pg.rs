//! `order import` of the real orders into PostgreSQL, beside a raw COPY of the same rows into one plain
//! table.

use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use flate2::read::GzDecoder;
use order_benches::{
    Failure, child,
    measure::{ROUNDS, median},
    postgres::{Cluster, Database},
    report::{Figure, Goal, print, title},
};

const ROWS: f64 = 541_909.0;
const INVOICES: u64 = 25_900;

fn main() -> Result<(), Failure> {
    let data = child::root().join("../shared/data/online-retail/online_retail.csv.gz");
    if !data.exists() {
        println!("the real orders are not here; nothing is measured");
        return Ok(());
    }
    let order = child::build("order-cli", "order")?;
    title("importing the real orders into PostgreSQL: 541,909 rows, 25,900 invoices");
    println!("  {ROUNDS} rounds, one to warm up, each into a new database");
    let folder = tempfile::tempdir()?;
    let plain = folder.path().join("plain.csv");
    std::io::copy(&mut GzDecoder::new(File::open(&data)?), &mut File::create(&plain)?)?;
    let cluster = Cluster::start()?;
    let (mut ours, mut theirs, mut orders) = (Vec::new(), Vec::new(), 0);
    for round in 0..=ROUNDS {
        let database = cluster.create("ours")?;
        cluster.settle()?;
        let our = import(&order, &data, &database)?;
        orders = database.orders()?;
        let database = cluster.create("plain")?;
        cluster.settle()?;
        let their = copy(&database, &plain)?;
        cluster.drop("ours")?;
        cluster.drop("plain")?;
        if round > 0 {
            ours.push(our);
            theirs.push(their);
        }
    }
    print(&Figure {
        work: "G8 order import --format csv: orders, events, indexes, search, returns",
        ours: ROWS / median(&ours),
        yardstick: "raw COPY of the same rows into one plain table",
        theirs: ROWS / median(&theirs),
        unit: "rows/s",
        goal: Goal::AtLeast(0.5),
    });
    println!("    {ours:.2?} s beside {theirs:.2?} s; {orders} orders of {INVOICES} invoices");
    Ok(())
}

/// Seconds that an import takes; every row of the file must be accounted for.
fn import(order: &Path, data: &Path, database: &Database) -> Result<f64, Failure> {
    let start = Instant::now();
    let output = Command::new(order)
        .args(["import", "--output", "json", "--format", "csv", "--currency", "GBP"])
        .arg(data)
        .env("DATABASE_URL", &database.url)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .output()?;
    let time = start.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(format!("order import: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let imported = summary["taken"]["orders"]["records"].as_u64().ok_or("no count of orders")?;
    let kept = database.orders()?;
    if kept < imported {
        return Err(format!("{imported} orders were imported, {kept} are there").into());
    }
    Ok(time)
}

/// Seconds that a COPY of the rows as they are takes.
fn copy(database: &Database, plain: &Path) -> Result<f64, Failure> {
    database.query(
        "CREATE TABLE line (invoice text, sku text, name text, quantity integer, at timestamp, \
         price numeric, customer text, country text)",
    )?;
    let start = Instant::now();
    database.query(&format!("\\copy line FROM '{}' WITH (FORMAT csv, HEADER)", plain.display()))?;
    Ok(start.elapsed().as_secs_f64())
}
