//! `order import` of the real orders, beside inserting the same rows into one plain table.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use flate2::read::GzDecoder;
use order_benches::{
    Failure, child,
    measure::median,
    report::{Figure, Goal, print, title},
};
use sqlx::{Connection, SqliteConnection};

const ROUNDS: usize = 3;
/// Rows per statement of the yardstick: as many as its parameters allow at eight columns.
const CHUNK: usize = 4_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let data = child::root().join("../shared/data/online-retail/online_retail.csv.gz");
    if !data.exists() {
        println!("the real orders are not here; nothing is measured");
        return Ok(());
    }
    let order = child::build("order-cli", "order")?;
    title("importing the real orders: 541,909 rows, 25,900 invoices");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir()?;
        ours.push(import(&order, &data, folder.path())?);
        theirs.push(plain_rows(&data, &folder.path().join("plain.db")).await?);
    }
    let rows = 541_909.0;
    print(&Figure {
        work: "order import --format csv: orders, events, indexes, search, returns",
        ours: rows / median(&ours),
        yardstick: "the same rows into one plain SQLite table, 4,000 a statement",
        theirs: rows / median(&theirs),
        unit: "rows/s",
        goal: Goal::None,
    });
    println!("    {:.1} s beside {:.1} s", median(&ours), median(&theirs));
    Ok(())
}

fn import(order: &PathBuf, data: &Path, folder: &Path) -> Result<f64, Failure> {
    let start = Instant::now();
    let status = Command::new(order)
        .args(["import", "--format", "csv", "--currency", "GBP"])
        .arg(data)
        .env("DATABASE_URL", format!("sqlite://{}", folder.join("orders.db").display()))
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err("the import failed".into());
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Seconds to insert the rows as they are, in one durable transaction.
async fn plain_rows(data: &Path, file: &Path) -> Result<f64, Failure> {
    let start = Instant::now();
    let mut text = Vec::new();
    GzDecoder::new(std::fs::File::open(data)?).read_to_end(&mut text)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let create = "CREATE TABLE line (invoice, sku, name, quantity, at, price, customer, country)";
    sqlx::query(create).execute(&mut connection).await?;
    let mut transaction = connection.begin().await?;
    let records = reader.records().collect::<Result<Vec<_>, _>>()?;
    for chunk in records.chunks(CHUNK) {
        let mut insert = sqlx::QueryBuilder::new("INSERT INTO line ");
        insert.push_values(chunk, |mut row, record| {
            for cell in record {
                row.push_bind(cell.to_owned());
            }
        });
        insert.build().execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(start.elapsed().as_secs_f64())
}
