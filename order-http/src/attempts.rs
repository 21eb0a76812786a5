//! How often somebody may try to sign in.

use std::{fmt, sync::Arc};

use crate::error::ApiError;

/// Counts attempts to sign in or to register, each of which may be a guess. A host that limits them puts
/// this into the extensions of a request; without it nothing is counted.
#[derive(Clone)]
pub struct Attempts(Arc<dyn Fn() -> Result<(), ApiError> + Send + Sync>);

impl Attempts {
    /// Counts by a function that says for each attempt whether it may be made.
    pub fn new(count: impl Fn() -> Result<(), ApiError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(count))
    }

    /// Counts an attempt, if somebody counts them.
    ///
    /// # Errors
    /// That it may not be made.
    pub(crate) fn count(counted: Option<&Self>) -> Result<(), ApiError> {
        counted.map_or(Ok(()), |Self(count)| count())
    }
}

impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attempts").finish_non_exhaustive()
    }
}
