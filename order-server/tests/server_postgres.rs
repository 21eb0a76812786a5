//! The built server on PostgreSQL: what the suite `server` asks of it wherever the orders are kept.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "server/accounts.rs"]
mod accounts;
#[path = "server/crash.rs"]
mod crash;
#[path = "server/down.rs"]
mod down;
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
    use std::path::Path;

    use crate::postgres::Postgres;

    /// How often a server is killed.
    pub(crate) const KILLS: usize = 60;

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

        /// What the banner of a server calls it.
        pub(crate) fn shown(&self, _: &Path) -> String {
            let url = self.0.url();
            url.split(['?', '@']).nth(1).unwrap().to_owned()
        }
    }
}
