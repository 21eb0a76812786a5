//! A schema of its own for each test, on the server that `ORDER_TEST_POSTGRES` names.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use order_store_postgres::PgOrderStore;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The server's address.
pub(crate) fn url() -> String {
    env::var("ORDER_TEST_POSTGRES").expect("ORDER_TEST_POSTGRES names a server; ./test starts one")
}

/// The name of a schema that is dropped with this.
#[derive(Debug)]
pub(crate) struct Schema(pub(crate) String);

impl Schema {
    /// A name that no other test has.
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self(format!("t{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// A store in it, migrated.
    pub(crate) async fn store(&self) -> PgOrderStore {
        PgOrderStore::open_schema(&url(), &self.0).await.expect("the server is there")
    }

    /// A statement on this schema.
    pub(crate) fn sql(&self, text: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(text.replace("order_store.", &format!("{}.", self.0)))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {} CASCADE", self.0));
        let tidy = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // What is left over is only in the way of who looks.
            let _ = runtime.map(|runtime| {
                runtime.block_on(async {
                    let mut connection = PgConnection::connect(&url()).await?;
                    sqlx::query(drop).execute(&mut connection).await
                })
            });
        });
        let _ = tidy.join();
    }
}
