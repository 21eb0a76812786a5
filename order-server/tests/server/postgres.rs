//! A PostgreSQL database for a test, on the server that `ORDER_TEST_POSTGRES` names. The tests of other
//! crates include this file too.

use std::{
    env,
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
};

/// A database of its own for a test, gone with this value.
#[derive(Debug)]
pub(crate) struct Postgres(String);

impl Postgres {
    /// An empty one.
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("order_test_{}_{number}", process::id());
        let said = psql(&format!("CREATE DATABASE {name}"));
        assert_eq!(said, "", "a database can be made");
        Self(name)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        let server = server();
        let (place, options) = server.split_once('?').unwrap_or((&server, ""));
        // After the scheme and the host comes the name of a database, or nothing.
        let host = place.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        format!("{host}/{}?{options}", self.0)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // What is left over is only in the way of who looks.
        psql(&format!("DROP DATABASE {} WITH (FORCE)", self.0));
    }
}

fn server() -> String {
    env::var("ORDER_TEST_POSTGRES").expect(
        "ORDER_TEST_POSTGRES names no server; run this by \
         `cargo run -q -p order-testkit --features postgres --bin with_postgres -- cargo test ...`",
    )
}

/// Runs a statement; what is wrong with it.
fn psql(statement: &str) -> String {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--command", statement, &server()]);
    let output = psql.output().expect("psql is installed; it comes with PostgreSQL");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
