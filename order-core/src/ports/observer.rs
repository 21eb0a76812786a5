//! Who is told of what happened.

use std::fmt::Debug;

use super::commit::Commit;
use crate::Status;

/// Is told of every commit that this service has landed, for whoever counts or measures.
///
/// It is told after the commit, on the path of the request: it must neither block nor fail. A process
/// that ends in between tells nobody, so what must not be missed follows the
/// [`EventFeed`](super::EventFeed) instead.
pub trait Observer: Debug + Send + Sync {
    /// A commit landed. `before` is the status until then; none if the order is new.
    fn committed(&self, before: Option<Status>, commit: &Commit);
}
