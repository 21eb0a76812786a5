//! New ids.

use uuid::Uuid;

/// Where new ids come from. Any function that makes a UUID serves, such as `Uuid::now_v7`, whose
/// ids sort by time and so keep indexes dense.
pub trait IdSource: Send + Sync {
    /// A new id, never given before.
    fn next_id(&self) -> Uuid;
}

impl<F: Fn() -> Uuid + Send + Sync> IdSource for F {
    fn next_id(&self) -> Uuid {
        self()
    }
}
