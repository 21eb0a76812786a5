//! What a long answer is given for: a token that counts, for as long as it does.

use std::{fmt, sync::Arc};

use order_core::{Principal, ports::Authenticator};

/// The token that a request came with, to be looked at again. [`bearer`](crate::bearer) puts it into the
/// request.
#[derive(Clone)]
pub(crate) struct Pass {
    authenticator: Arc<dyn Authenticator>,
    token: Arc<str>,
}

impl fmt::Debug for Pass {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").finish_non_exhaustive()
    }
}

impl Pass {
    pub(crate) fn new(authenticator: Arc<dyn Authenticator>, token: &str) -> Self {
        Self { authenticator, token: token.into() }
    }

    /// Whether the token still says that it is this caller.
    pub(super) async fn is_of(&self, who: &Principal) -> bool {
        self.authenticator.authenticate(&self.token).await.is_ok_and(|now| now == *who)
    }
}
