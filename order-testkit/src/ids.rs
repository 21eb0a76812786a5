//! Ids that count.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use order_core::ports::IdSource;
use uuid::Uuid;

/// Ids 1, 2, 3, … as UUIDs, so that a failing test fails the same way again. Clones go on counting
/// together.
#[derive(Debug, Clone, Default)]
pub struct CountingIds(Arc<AtomicU64>);

impl IdSource for CountingIds {
    fn next_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst) + 1))
    }
}
