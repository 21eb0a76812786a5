//! How what the service depends on is doing, as far as its host knows it.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::body::HealthBody;

/// What a host knows of the health of the service, beside its store: brokers, caches, services, memory.
#[async_trait]
pub trait Health: Debug + Send + Sync {
    /// Asks whatever is depended on, and not for long. The checks are those beside the database; the
    /// status is `ok` or `degraded`.
    async fn look(&self) -> HealthBody;
}
