//! A folder with a database, the program over it, and a look into the books.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use order_core::{
    CreditNote, OrderService, Orders, Principal, RefusedRow, Report,
    ports::{StatsBy, StatsQuery, SystemClock},
};
use order_store_sqlite::SqliteStore;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// A folder with a database of its own.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path("orders.db").display())
    }

    /// The program, about to run over the database.
    pub(crate) fn order(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_order"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
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
        let store = runtime.block_on(SqliteStore::open(&self.url())).unwrap();
        let service = OrderService::new(store, SystemClock, Uuid::now_v7);
        Books { runtime, service }
    }
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
