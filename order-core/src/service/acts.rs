//! The log of administrative acts, as the use cases write it and as it is read.

use std::sync::Arc;

use super::{error::ServiceError, place::check_page, principal::Principal};
use crate::{
    Label, OrderService,
    ports::{Act, AuditEntry, AuditLog, AuditPage, AuditQuery, Clock, StoreError},
};

/// Writes down what was done, right after it was done; nothing without a log.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorder {
    log: Option<Arc<dyn AuditLog>>,
}

impl Recorder {
    pub(super) fn new(log: Arc<dyn AuditLog>) -> Self {
        Self { log: Some(log) }
    }

    async fn entries(&self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        match &self.log {
            Some(log) => log.entries(query).await,
            None => Ok(AuditPage::default()),
        }
    }

    /// Writes down what came of an act, and gives it back. That it cannot be written does not undo what
    /// was done: the log says so itself, to the operator.
    pub(super) async fn note<T>(
        &self,
        clock: &dyn Clock,
        who: &Principal,
        (act, subject, count): (Act, Option<&str>, u64),
        done: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        // Customers do nothing for others.
        let Some(log) = self.log.as_ref().filter(|_| who.scope().is_none()) else {
            return done;
        };
        let outcome = done.as_ref().err().map_or(AuditEntry::DONE, ServiceError::code);
        let entry = AuditEntry {
            at: clock.now(),
            actor: who.subject.clone(),
            role: who.role.kind(),
            act,
            subject: subject.filter(|id| !id.contains('@')).and_then(|id| Label::try_from(id).ok()),
            outcome: Label::fixed(outcome),
            count: if done.is_ok() { count } else { 0 },
        };
        let _ = log.append(&entry).await;
        done
    }
}

impl OrderService {
    /// Writes down what came of an act on one thing.
    pub(super) async fn note<T>(
        &self,
        who: &Principal,
        act: Act,
        subject: &str,
        done: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        self.acts.note(&*self.clock, who, (act, Some(subject), 1), done).await
    }

    pub(super) async fn audit_page(
        &self,
        who: &Principal,
        query: &AuditQuery,
    ) -> Result<AuditPage, ServiceError> {
        who.check_admin("read the audit log")?;
        check_page(query.limit, 0)?;
        Ok(self.acts.entries(query).await?)
    }

    /// Writes down that records were taken over: one entry for as many as came together.
    pub(super) async fn record_import(
        &self,
        who: &Principal,
        taken: u64,
    ) -> Result<(), ServiceError> {
        who.check_staff("import")?;
        self.acts.note(&*self.clock, who, (Act::RecordsImported, None, taken), Ok(())).await
    }

    pub(super) async fn record_token(
        &self,
        who: &Principal,
        subject: &Label,
    ) -> Result<(), ServiceError> {
        who.check_admin("note a token")?;
        self.note(who, Act::TokenIssued, subject.as_str(), Ok(())).await
    }
}
