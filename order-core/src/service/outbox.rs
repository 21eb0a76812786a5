//! What people do about relays: see how they are doing, and help orders on that they hold.

use serde::{Deserialize, Serialize};

use super::{error::ServiceError, principal::Principal};
use crate::{
    Label, OrderId, OrderService,
    ports::{Finding, HeldStream, PAGE_MAX, RelayStatus, Severity},
};

/// Events that wait longer than this, in milliseconds, are a finding.
const LAG_MS: i64 = 5 * 60 * 1_000;

/// Which held orders are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxQuery {
    /// Of this relay; of all if none.
    pub relay: Option<Label>,
    /// After this order.
    pub after: Option<OrderId>,
    /// How many.
    pub limit: u32,
    /// Only those that are parked.
    pub parked: bool,
}

/// How relays are doing, and the orders that they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxPage {
    /// Every relay there ever was, by name.
    pub relays: Vec<RelayStatus>,
    /// Held orders, by relay and order.
    pub held: Vec<HeldStream>,
}

/// How somebody helps held orders on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelaySteering {
    /// Try this order now, or every order that is parked.
    Retry(Option<OrderId>),
    /// Give up the event at this position, the first that waits of this order.
    Skip(OrderId, u64),
}

impl OrderService {
    pub(super) async fn outbox_page(
        &self,
        who: &Principal,
        query: &OutboxQuery,
    ) -> Result<OutboxPage, ServiceError> {
        who.check_staff("see the outbox")?;
        // What has no position yet waits too.
        self.feed.sequence().await?;
        let OutboxQuery { relay, after, limit, parked } = query;
        let limit = (*limit).clamp(1, PAGE_MAX);
        let relays = self.outbox.relays().await?;
        let held = self.outbox.streams(relay.as_ref(), after.as_ref(), limit, *parked).await?;
        Ok(OutboxPage { relays, held })
    }

    /// What an operator should know of the store and of the relays.
    pub(super) async fn findings(&self) -> Result<Vec<Finding>, ServiceError> {
        let mut findings = self.maintenance.doctor().await?;
        let now = self.clock.now();
        for RelayStatus { name, backlog, oldest, parked, .. } in self.outbox.relays().await? {
            let mut warn = |code: &str, detail: String| {
                let (severity, code) = (Severity::Warning, code.to_owned());
                findings.push(Finding { severity, code, subject: name.to_string(), detail });
            };
            if parked > 0 {
                let detail =
                    format!("{parked} orders wait for somebody: order outbox list --parked");
                warn("outbox.parked", detail);
            }
            let lag = oldest.map_or(0, |oldest| now.millis_since(oldest));
            if lag > LAG_MS {
                let seconds = lag / 1_000;
                warn("outbox.lagging", format!("{backlog} events wait, for up to {seconds} s"));
            }
        }
        Ok(findings)
    }

    pub(super) async fn steer_held(
        &self,
        who: &Principal,
        relay: &Label,
        steering: &RelaySteering,
    ) -> Result<u64, ServiceError> {
        who.check_staff("steer the outbox")?;
        if self.outbox.relays().await?.iter().all(|status| status.name != *relay) {
            return Err(ServiceError::NotFound { what: "relay" });
        }
        let now = self.clock.now();
        match steering {
            RelaySteering::Retry(None) => Ok(self.outbox.retry(relay, None, now).await?),
            RelaySteering::Retry(Some(id)) => {
                match self.outbox.retry(relay, Some(id), now).await? {
                    0 => Err(ServiceError::NotFound { what: "held order" }),
                    orders => Ok(orders),
                }
            }
            RelaySteering::Skip(id, position) => {
                if self.outbox.skip(relay, id, *position, now).await? {
                    return Ok(1);
                }
                match self.outbox.stream(relay, id).await? {
                    None => Err(ServiceError::NotFound { what: "held order" }),
                    Some(held) => Err(ServiceError::NotNext {
                        asked: *position,
                        first: held.first.map(|first| first.position),
                    }),
                }
            }
        }
    }
}
