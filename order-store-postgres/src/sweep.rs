//! What rows that are gone left behind, and what takes it away.

use order_core::ports::{Finding, Severity, StoreError};

use crate::{PgOrderStore, error::from_sqlx};

/// Statistics know the most frequent words: they are taken anew.
pub(crate) const SAMPLE_WORDS: &str = "ANALYZE order_store.order_person (words)";

impl PgOrderStore {
    /// No statement and no dump shows what was erased. What is in the files is PostgreSQL's own, and
    /// only writing the tables anew takes it away, which locks them: whoever runs the database says
    /// when.
    pub(crate) async fn sweep_tables(&self) -> Result<Vec<Finding>, StoreError> {
        let sampling = sqlx::query(self.schema().sql(SAMPLE_WORDS));
        sampling.execute(self.pool()).await.map_err(from_sqlx)?;
        let name = self.schema().name();
        let detail = format!(
            "freed parts of the files hold what was erased until they are written over: VACUUM FULL \
             {name}.order_person, {name}.order_user writes them anew and locks both tables meanwhile; \
             the write-ahead log, replicas and backups keep it for as long as you keep them"
        );
        Ok(vec![Finding {
            severity: Severity::Info,
            code: "postgres.not_rewritten".to_owned(),
            subject: "files".to_owned(),
            detail,
        }])
    }
}
