//! The built server on PostgreSQL: what the suite `server` asks of it wherever the orders are kept.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "server/accounts.rs"]
mod accounts;
#[path = "server/crash.rs"]
mod crash;
#[path = "server/down.rs"]
mod down;
#[path = "server/erasure.rs"]
mod erasure;
#[path = "server/events.rs"]
mod events;
#[path = "server/graphql.rs"]
mod graphql;
#[path = "server/lifecycle.rs"]
mod lifecycle;
#[path = "server/node.rs"]
mod node;
#[path = "server/payments.rs"]
mod payments;
#[path = "server/postgres.rs"]
mod postgres;
#[path = "server/process.rs"]
mod process;
#[path = "server/python.rs"]
mod python;
#[path = "server/receiver.rs"]
mod receiver;
#[path = "server/routes.rs"]
mod routes;
#[path = "server/webhooks.rs"]
mod webhooks;
#[path = "server/wire.rs"]
mod wire;

/// Where the servers of this run keep their orders.
mod database {
    use std::{fs, path::Path, process::Command};

    use crate::postgres::Postgres;

    /// How often a server is killed.
    pub(crate) const KILLS: usize = 60;
    /// Whether servers may share a cache.
    pub(crate) const CACHES: bool = true;
    /// Whether an erasure leaves nothing that a dump shows, before anything is swept.
    pub(crate) const SWEPT_AT_ONCE: bool = true;
    /// What the finding of an erasure says, and the statistics.
    const REWRITE: &str = "VACUUM FULL order_store.order_person, order_store.order_user,
        pg_catalog.pg_statistic";

    /// A database of its own for a test.
    #[derive(Debug)]
    pub(crate) struct Database(Postgres);

    impl Database {
        pub(crate) fn fresh() -> Self {
            Self(Postgres::fresh())
        }

        /// What tells a server of it.
        pub(crate) fn variables(&self) -> [(&'static str, String); 1] {
            [("DATABASE_URL", self.0.url())]
        }

        /// All that is kept, as a dump.
        pub(crate) fn kept(&self, _: &Path) -> Vec<u8> {
            let dump = Command::new("pg_dump").arg(self.0.url()).output().unwrap();
            assert!(dump.status.success(), "{dump:?}");
            dump.stdout
        }

        /// The files of the tables, written anew; the write-ahead log is not among them.
        pub(crate) fn kept_in_files(&self, _: &Path) -> Vec<u8> {
            self.ask(REWRITE);
            self.ask("CHECKPOINT");
            let folder = "SELECT current_setting('data_directory') || '/base/' || oid
                FROM pg_catalog.pg_database WHERE datname = current_database()";
            let folder = self.ask(folder);
            let files = fs::read_dir(folder.trim()).unwrap().map(|file| file.unwrap().path());
            files.flat_map(|file| fs::read(file).unwrap()).collect()
        }

        fn ask(&self, statement: &str) -> String {
            let mut psql = Command::new("psql");
            psql.args(["--no-psqlrc", "--quiet", "-tA", "--command", statement, &self.0.url()]);
            let answer = psql.output().unwrap();
            assert!(answer.status.success(), "{answer:?}");
            String::from_utf8(answer.stdout).unwrap()
        }

        /// What the banner of a server calls it.
        pub(crate) fn shown(&self, _: &Path) -> String {
            let url = self.0.url();
            url.split(['?', '@']).nth(1).unwrap().to_owned()
        }
    }
}
