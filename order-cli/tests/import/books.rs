//! A folder and a database, the program over them, and a look into the books.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use order_core::{
    CreditNote, OrderService, Orders, Principal, RefusedRow, Report,
    ports::{StatsBy, StatsQuery, SystemClock},
};
use order_store_postgres::PgOrderStore;
use order_store_sqlite::SqliteStore;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::database::Database;

/// A folder and a database of its own.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
    database: Database,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: Database::fresh() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn url(&self) -> String {
        self.database.url(self.folder.path())
    }

    /// The program, about to run over the database.
    pub(crate) fn order(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_order"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_clear().env("DATABASE_URL", self.url());
        command
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.order(arguments).output().unwrap()
    }

    /// Imports a file and gives the summary.
    pub(crate) fn import(&self, arguments: &[&str]) -> Value {
        let words = [&["import", "--output", "json"], arguments].concat();
        let output = self.run(&words);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {talk}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Opens the books.
    pub(crate) fn books(&self) -> Books {
        let runtime = Runtime::new().unwrap();
        let service = runtime.block_on(open(&self.url()));
        Books { runtime, service }
    }
}

async fn open(url: &str) -> OrderService {
    if url.starts_with("sqlite:") {
        let store = SqliteStore::open(url).await.unwrap();
        return OrderService::new(store, SystemClock, Uuid::now_v7);
    }
    let store = PgOrderStore::open(url).await.unwrap();
    OrderService::new(store, SystemClock, Uuid::now_v7)
}

/// A look into the books.
#[derive(Debug)]
pub(crate) struct Books {
    runtime: Runtime,
    service: OrderService,
}

impl Books {
    fn who() -> Principal {
        Principal::admin("tester".parse().unwrap())
    }

    pub(crate) fn report(&self, by: StatsBy) -> Report {
        let query = StatsQuery { by, ..StatsQuery::default() };
        self.runtime.block_on(self.service.report(&Self::who(), query)).unwrap()
    }

    pub(crate) fn credit_notes(&self) -> Vec<CreditNote> {
        let (mut notes, who): (Vec<CreditNote>, _) = (Vec::new(), Self::who());
        loop {
            let after = notes.last().map(|note| note.id.clone());
            let page = self.service.credit_notes(&who, after.as_ref(), 200);
            let page = self.runtime.block_on(page).unwrap();
            if page.is_empty() {
                return notes;
            }
            notes.extend(page);
        }
    }

    pub(crate) fn refused(&self) -> Vec<RefusedRow> {
        self.runtime.block_on(self.service.refused_rows(&Self::who())).unwrap()
    }

    /// How many orders there are, all of which must be sound.
    pub(crate) fn verified_orders(&self) -> u64 {
        let (mut orders, mut after, who) = (0, None, Self::who());
        loop {
            let page = self.service.verify(&who, after.as_ref(), 1_000);
            let page = self.runtime.block_on(page).unwrap();
            assert!(page.findings.is_empty(), "{:?}", page.findings);
            orders += page.orders;
            after = page.next;
            if after.is_none() {
                return orders;
            }
        }
    }
}

/// The report as short lines: key, sales, refunds, credits and refused.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let line = |row: &order_core::ReportRow| {
        let booked = &row.booked;
        let (sales, refunds) = (booked.sales_minor, booked.refunds_minor);
        let (key, credits, refused) = (&booked.key, booked.credits_minor, row.refused());
        format!("{key} {} {sales} {refunds} {credits} {refused}", booked.currency)
    };
    report.rows.iter().map(line).collect()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
