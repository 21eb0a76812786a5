//! How connections are made.

use std::{str::FromStr, time::Duration};

use order_core::ports::StoreError;
use sqlx::{
    ConnectOptions, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use tokio::time::timeout;

use crate::error::{Late, OpenError};

/// How long a read waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection may take to come about.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long anybody waits for an answer by key. A database that hangs says nothing; what was asked of
/// it may still be done when it goes on.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(2_900);
/// What has waited so long for its turn is refused untried: something stands in the way, and whoever
/// asked had better hear of it.
pub(crate) const PATIENCE: Duration = Duration::from_millis(1_200);
/// Connections for lists, reports and products.
const CONNECTIONS_MAX: u32 = 8;

/// What is answered in time, or that the database does not answer.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(crate) async fn in_time<T>(
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(ANSWER_TIMEOUT, answer)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable(Late.into())))
}

/// Reads `postgres://user:password@host:port/database`.
pub(crate) fn parse(url: &str) -> Result<PgConnectOptions, OpenError> {
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        let source = sqlx::Error::Configuration("it begins with postgres://".into());
        return Err(OpenError::Address { source });
    }
    let options =
        PgConnectOptions::from_str(url).map_err(|source| OpenError::Address { source })?;
    Ok(match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("order-store"),
    })
}

/// Every connection of ours: the texts of statements stay out of logs, a statement that waits for a
/// lock too long fails, and a session whose process is gone ends.
pub(crate) fn ours(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().disable_statement_logging().options([
        ("jit", "off"),
        ("default_transaction_isolation", "read committed"),
        ("lock_timeout", "10s"),
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "60s"),
        ("tcp_user_timeout", "10s"),
    ])
}

/// Connections that look up and write by key, where a plan that reads whole tables is never right
/// and planning anew would cost more than the work. A group commit is durable before it is answered.
pub(crate) fn by_key(options: &PgConnectOptions) -> PgConnectOptions {
    ours(options).options([
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("synchronous_commit", "on"),
        // A whole batch waits with the one commit that meets a foreign lock. PostgreSQL counts it twice for
        // whoever is second in line for a row. With `PATIENCE` that is less than `ANSWER_TIMEOUT`: whoever is
        // behind a lock learns for certain that nothing was done.
        ("lock_timeout", "800ms"),
    ])
}

/// The pool for all other reads.
pub(crate) fn pool(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_mins(10))
        .connect_lazy_with(ours(options))
}
