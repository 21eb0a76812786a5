//! The log of administrative acts, told to the server's log as well.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::ports::{AuditEntry, AuditLog, AuditPage, AuditQuery, StoreError};

/// The log in the database, and a line in the server's log for each entry: at `order::audit`.
#[derive(Debug)]
pub(crate) struct ToldLog(Arc<dyn AuditLog>);

impl ToldLog {
    pub(crate) fn new(log: Arc<dyn AuditLog>) -> Self {
        Self(log)
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

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::Mutex,
    };

    use order_core::{RoleKind, Timestamp, ports::Act};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// Has too much to do, always.
    #[derive(Debug)]
    struct Busy;

    #[async_trait]
    impl AuditLog for Busy {
        async fn append(&self, _: &AuditEntry) -> Result<(), StoreError> {
            Err(StoreError::Overloaded)
        }

        async fn entries(&self, _: &AuditQuery) -> Result<AuditPage, StoreError> {
            Err(StoreError::Overloaded)
        }
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[tokio::test]
    async fn an_act_is_told_though_it_cannot_be_written_and_that_is_told_too() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false);
        let guard = tracing::subscriber::set_default(subscriber.finish());
        let entry = AuditEntry {
            at: Timestamp::from_millis(0),
            actor: "root".parse().unwrap(),
            role: RoleKind::Admin,
            act: Act::UserRemoved,
            subject: Some("ann".parse().unwrap()),
            outcome: AuditEntry::DONE.parse().unwrap(),
            count: 1,
        };
        let refused = ToldLog::new(Arc::new(Busy)).append(&entry).await.unwrap_err();
        drop(guard);
        assert_eq!(refused.code(), "store.overloaded");
        let told = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let [act, missing] = told.lines().collect::<Vec<_>>()[..] else { panic!("{told}") };
        for part in ["INFO order::audit", "root", "admin", "user.removed", "ann", "done"] {
            assert!(act.contains(part), "{act}");
        }
        assert!(missing.contains("ERROR order::audit"), "{missing}");
        assert!(missing.contains("not in the audit log"), "{missing}");
    }
}
