//! The log of administrative acts, told to the server's log as well.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::ports::{AuditEntry, AuditLog, AuditPage, AuditQuery, Store, StoreError};

/// The log in the database, and a line in the server's log for each entry: at `order::audit`.
#[derive(Debug)]
pub(crate) struct ToldLog(Arc<dyn Store>);

impl ToldLog {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl AuditLog for ToldLog {
    /// The line comes first, so that an act is told though the database has gone.
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        tracing::info!(
            target: "order::audit",
            actor = entry.actor.as_str(),
            role = entry.role.as_str(),
            act = entry.act.as_str(),
            subject = entry.subject.as_ref().map(order_core::Label::as_str),
            outcome = entry.outcome.as_str(),
            count = entry.count,
            "administrative act"
        );
        let written = self.0.append(entry).await;
        if let Err(error) = &written {
            let (code, act) = (error.code(), entry.act.as_str());
            tracing::error!(target: "order::audit", code, act, "the act is not in the audit log");
        }
        written
    }

    async fn entries(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        self.0.entries(query).await
    }
}
