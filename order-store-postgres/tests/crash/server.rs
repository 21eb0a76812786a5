//! A server of this test's own, which is as durable as PostgreSQL comes.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

use order_testkit::postgres::Postgres;

/// A server that nobody kills, for every test that cuts connections. It ends with the process.
pub(crate) fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start().expect("PostgreSQL is installed"))
}

/// The name of a schema that is not there yet.
pub(crate) fn fresh_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("shop_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
