//! What an error asks of its receiver.

use serde::{Deserialize, Serialize};

/// What to do about an error, the same for every boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// What was asked for is not there, or not for this caller.
    NotFound,
    /// Who is calling is not known: show something that proves it.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// The request can never succeed as it is.
    Invalid,
    /// The state does not allow it; another state might.
    Conflict,
    /// The caller's version is out of date.
    Stale,
    /// Whether it happened is unknown; ask again with the same key.
    Unavailable,
    /// Too much is going on; nothing happened, ask again later.
    Overloaded,
    /// A fault of ours.
    Internal,
}
