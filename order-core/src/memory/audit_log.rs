//! The log of administrative acts.

use async_trait::async_trait;

use super::InMemoryStore;
use crate::ports::{AuditEntry, AuditLog, AuditPage, AuditQuery, KeptEntry, StoreError};

#[async_trait]
impl AuditLog for InMemoryStore {
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let id = tables.audit_log.len() as u64 + 1;
        tables.audit_log.push(KeptEntry { id, entry: entry.clone() });
        Ok(())
    }

    async fn entries(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let tables = self.tables();
        let fits = |kept: &&KeptEntry| {
            query.after.is_none_or(|after| kept.id < after)
                && query.actor.as_ref().is_none_or(|actor| kept.entry.actor == *actor)
                && query.act.is_none_or(|act| kept.entry.act == act)
        };
        let newest = tables.audit_log.iter().rev().filter(fits);
        let entries = newest.take(query.limit as usize + 1).cloned().collect();
        Ok(AuditPage::of(entries, query.limit))
    }
}
