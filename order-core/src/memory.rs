//! A store in memory: for tests, examples and first steps.

mod accounts;
mod agenda;
mod audit_log;
mod catalog;
mod feed;
mod orders;
mod outbox;
mod queries;
mod rollups;
mod stats;
mod subscriptions;
mod tables;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use self::tables::Tables;
use crate::{
    CreditNote, CreditNoteId, OrderId, RefusedRow,
    analytics::note_changes,
    ports::{Audited, Books, Finding, Maintenance, Severity, StoreError},
};

/// A store in memory that keeps every clause of every port, except that nothing survives the
/// process. Clones share what is kept.
///
/// Pages without filters cost what is on them; filters look at every order on their way.
#[derive(Clone, Default)]
pub struct InMemoryStore(Arc<Mutex<Tables>>);

impl fmt::Debug for InMemoryStore {
    /// Says how much is kept, never what: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let orders = self.tables().orders.len();
        f.debug_struct("InMemoryStore").field("orders", &orders).finish_non_exhaustive()
    }
}

impl InMemoryStore {
    /// The tables, alone. Every change is made after its last check, so a panic elsewhere in the
    /// process leaves them whole and a poisoned lock says nothing.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Books for InMemoryStore {
    async fn issue(&self, note: &CreditNote) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let new = !tables.credit_notes.contains_key(&note.id);
        if new {
            tables.credit_notes.insert(note.id.clone(), note.clone());
            if tables.counted.is_some() {
                tables.add_figures(&note_changes(note));
            }
        }
        Ok(new)
    }

    async fn credit_notes(
        &self,
        after: Option<&CreditNoteId>,
        limit: u32,
    ) -> Result<Vec<CreditNote>, StoreError> {
        let tables = self.tables();
        let notes = tables::after(&tables.credit_notes, after);
        Ok(notes.take(limit as usize).map(|(_, note)| note.clone()).collect())
    }

    async fn refuse(&self, rows: &[RefusedRow]) -> Result<(), StoreError> {
        let mut tables = self.tables();
        for row in rows {
            tables.refused.insert((row.source.clone(), row.line), row.clone());
        }
        Ok(())
    }

    async fn refused(&self) -> Result<Vec<RefusedRow>, StoreError> {
        Ok(self.tables().refused.values().cloned().collect())
    }
}

#[async_trait]
impl Maintenance for InMemoryStore {
    async fn audit(&self, after: Option<&OrderId>, limit: u32) -> Result<Vec<Audited>, StoreError> {
        let tables = self.tables();
        let page = tables::after(&tables.orders, after).take(limit as usize);
        Ok(page
            .map(|(id, kept)| Audited {
                id: id.clone(),
                state: Ok((*kept.order).clone()),
                events: Ok(kept.events.clone()),
                amiss: tables.amiss(kept),
            })
            .collect())
    }

    async fn doctor(&self) -> Result<Vec<Finding>, StoreError> {
        Ok(vec![Finding {
            severity: Severity::Info,
            code: "memory.not_durable".to_owned(),
            subject: "store".to_owned(),
            detail: "orders are kept in memory and are gone when the process ends".to_owned(),
        }])
    }

    /// What was freed is not overwritten, but is nowhere written down.
    async fn sweep(&self) -> Result<Vec<Finding>, StoreError> {
        Ok(Vec::new())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
