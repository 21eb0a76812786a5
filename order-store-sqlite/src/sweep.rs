//! What rows that are gone left behind in the file, and how it goes.

use order_core::ports::{Finding, Severity, StoreError};
use sqlx::{Row, SqliteConnection};

use crate::{
    SqliteStore,
    store::unexpected,
    writer::{Done, Task},
};

/// Writes the index of words anew: until then a word that no order has any more is only marked as gone.
pub(crate) const MERGE_WORDS: &str = "INSERT INTO order_search (order_search) VALUES ('optimize')";
/// The copy is made in a file: it may be larger than what fits into memory.
pub(crate) const COPY_IN_FILE: &str = "PRAGMA temp_store = FILE";
pub(crate) const COPY_IN_MEMORY: &str = "PRAGMA temp_store = MEMORY";
/// Writes the file anew, of what is in it now: freed pages, and what was left over within pages that are
/// in use, go.
pub(crate) const REWRITE: &str = "VACUUM";
/// Moves the log into the file and cuts it to nothing; what it says first is whether a reader was in the
/// way.
pub(crate) const EMPTY_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Sweeps the file, outside of any transaction, and says what stays. What was erased stays erased if
/// that fails, so a failure is an answer.
pub(crate) async fn run(connection: &mut SqliteConnection) -> Vec<Finding> {
    let finding = |code: &str, subject: &str, detail: String| Finding {
        severity: Severity::Warning,
        code: code.to_owned(),
        subject: subject.to_owned(),
        detail,
    };
    if let Err(error) = rewrite(connection).await {
        let detail = format!(
            "what was erased may still be in freed parts of the file, for it could not be written anew \
             ({error}); erase again"
        );
        return vec![finding("sqlite.not_rewritten", "file", detail)];
    }
    let emptied = sqlx::query(EMPTY_LOG).fetch_one(connection).await;
    if let Ok(0) = emptied.and_then(|row| row.try_get::<i64, _>(0)) {
        return Vec::new();
    }
    let detail =
        "what was erased may still be in the log, for somebody was reading it; erase again";
    vec![finding("sqlite.log_in_use", "log", detail.to_owned())]
}

async fn rewrite(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for statement in [MERGE_WORDS, COPY_IN_FILE] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    let rewritten = sqlx::query(REWRITE).execute(&mut *connection).await;
    sqlx::query(COPY_IN_MEMORY).execute(&mut *connection).await?;
    rewritten.map(|_| ())
}

impl SqliteStore {
    pub(crate) async fn sweep_file(&self) -> Result<Vec<Finding>, StoreError> {
        match self.write(Task::Sweep).await? {
            Done::Swept(findings) => Ok(findings),
            _ => Err(unexpected()),
        }
    }
}
