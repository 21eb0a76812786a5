//! What belongs in the books but is no order.

use std::fmt::Debug;

use async_trait::async_trait;

use super::store::StoreError;
use crate::{CreditNote, CreditNoteId, RefusedRow};

/// Credit notes that belong to no order of ours, and the rows that an import refused.
///
/// 1. [`issue`](Self::issue) of a known id writes nothing and answers `false`.
/// 2. [`refuse`](Self::refuse) replaces what is kept of the same source and line.
#[async_trait]
pub trait Books: Debug + Send + Sync {
    /// Keeps a credit note and says whether it is new.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn issue(&self, note: &CreditNote) -> Result<bool, StoreError>;

    /// Credit notes by id, after one, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn credit_notes(
        &self,
        after: Option<&CreditNoteId>,
        limit: u32,
    ) -> Result<Vec<CreditNote>, StoreError>;

    /// Keeps rows that an import refused.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn refuse(&self, rows: &[RefusedRow]) -> Result<(), StoreError>;

    /// Every row that an import refused, by source and line.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn refused(&self) -> Result<Vec<RefusedRow>, StoreError>;
}
