//! What people do about the process: see what it waits for, and help it on.

use serde::{Deserialize, Serialize};

use super::{
    error::ServiceError,
    execute::check_version,
    principal::Principal,
    requests::{Meta, Receipt},
};
use crate::{
    Command, OrderId, OrderService, Progress,
    ports::{AgendaEntry, KeptNotice, PAGE_MAX, PaymentNotice},
};

/// How somebody helps the process of an order on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steering {
    /// Try again now, also if it stands still.
    Retry,
    /// Leave it alone: somebody does by hand what is left to do.
    Resolve,
}

impl OrderService {
    pub(super) async fn take_notice(&self, notice: &PaymentNotice) -> Result<bool, ServiceError> {
        Ok(self.inbox.receive(notice, self.clock.now()).await?)
    }

    pub(super) async fn open_notices(
        &self,
        who: &Principal,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, ServiceError> {
        who.check_staff("see notices of payment providers")?;
        Ok(self.inbox.open_notices(limit.clamp(1, PAGE_MAX)).await?)
    }

    pub(super) async fn agenda_page(
        &self,
        who: &Principal,
        after: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, ServiceError> {
        who.check_staff("see the process")?;
        Ok(self.agenda.agenda(after, limit.clamp(1, PAGE_MAX), waiting).await?)
    }

    pub(super) async fn steer_order(
        &self,
        who: &Principal,
        reference: &str,
        steering: Steering,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        who.check_staff("steer the process")?;
        let loaded = self.load(who, reference).await?;
        let order = loaded.order;
        let stands = order.process().is_some_and(|it| it.attention.is_some() || it.closed);
        let progress = match steering {
            Steering::Resolve => Progress::Close,
            Steering::Retry if stands => Progress::Resume,
            Steering::Retry => {
                check_version(meta.expected_version, order.version())?;
                if !meta.dry_run {
                    let now = Some(self.clock.now());
                    self.agenda.put_off(order.id(), Some(order.version()), now, None).await?;
                }
                let (events, replayed) = (Vec::new(), false);
                let person = loaded.person.into();
                return Ok(Receipt { order: order.into(), person, events, replayed });
            }
        };
        self.execute_command(who, reference, Command::Advance(progress), meta).await
    }
}
