//! Brings what payment providers told into the orders.

use super::{
    LEASE_MS,
    runner::{Runner, is_in_every_way},
};
use crate::{
    Label, Rejection, ServiceError, Timestamp,
    ports::{KeptNotice, NoticeFate, PaymentNotice},
};

/// The most notices that one step applies.
const NOTICES_MAX: u32 = 64;

/// How long a notice waits for its order, in milliseconds: a week.
const WAIT_MAX_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

impl Runner {
    /// Applies the notices that wait and are due, and says how many it looked at.
    pub(super) async fn apply_due_notices(&self) -> Result<u32, ServiceError> {
        let now = self.orders.now();
        let until = now.plus_millis(LEASE_MS);
        let due = self.orders.inbox_port().claim_notices(now, until, NOTICES_MAX).await?;
        for kept in &due {
            let fate = self.fate_of(kept, now).await?;
            let PaymentNotice { provider, id, .. } = &kept.notice;
            self.orders.inbox_port().settle_notice(provider, id, &fate).await?;
        }
        Ok(u32::try_from(due.len()).unwrap_or(NOTICES_MAX))
    }

    async fn fate_of(&self, kept: &KeptNotice, now: Timestamp) -> Result<NoticeFate, ServiceError> {
        // What it changes is for whoever takes the order next: at once.
        let learned = self.orders.learn(&self.who, kept.notice.facts.clone(), 0).await;
        let error = match learned {
            Ok(_) | Err(ServiceError::Rejected(Rejection::NothingTo { .. })) => {
                return Ok(NoticeFate::Applied);
            }
            Err(error) => error,
        };
        let code = Label::fixed(error.code());
        match error {
            // The order is not placed yet, or changes all the time.
            ServiceError::NotFound { .. }
            | ServiceError::Rejected(
                Rejection::NoSuchOrder | Rejection::TransitionNotAllowed { .. },
            )
            | ServiceError::Contended(_) => {
                let waited = now.millis_since(kept.received_at);
                let at = now.plus_millis(self.wait(kept.tries));
                Ok(NoticeFate::Wait { at: (waited < WAIT_MAX_MS).then_some(at), code })
            }
            error if is_in_every_way(&error) => Err(error),
            // Refused, or it makes no sense: for whoever looks, and in no other's way.
            _ => Ok(NoticeFate::Refused { code }),
        }
    }
}
