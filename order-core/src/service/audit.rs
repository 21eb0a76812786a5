//! Whether what serves reads still follows from what happened.

use serde::{Deserialize, Serialize};

use super::{error::ServiceError, principal::Principal};
use crate::{
    OrderId, OrderService,
    ports::{Audited, Finding, Severity},
    replay,
};

/// The most orders that one call verifies.
pub const VERIFY_PAGE_MAX: u32 = 1_000;

/// What a verification of some orders found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyPage {
    /// How many orders were verified.
    pub orders: u64,
    /// How many events they have.
    pub events: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// The last order verified; none when there are no more.
    pub next: Option<OrderId>,
}

impl OrderService {
    pub(super) async fn verify_page(
        &self,
        who: &Principal,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<VerifyPage, ServiceError> {
        who.check_staff("verify")?;
        let limit = limit.clamp(1, VERIFY_PAGE_MAX);
        let audited = self.maintenance.audit(after, limit).await?;
        let full = audited.len() == limit as usize;
        let next = audited.last().filter(|_| full).map(|last| last.id.clone());
        let mut page = VerifyPage { orders: 0, events: 0, findings: Vec::new(), next };
        for order in audited {
            page.orders += 1;
            page.events += order.events.as_ref().map_or(0, Vec::len) as u64;
            page.findings.extend(examine(&order));
        }
        Ok(page)
    }
}

fn examine(audited: &Audited) -> Vec<Finding> {
    let error = |code: &str, detail: String| Finding {
        severity: Severity::Error,
        code: code.to_owned(),
        subject: audited.id.to_string(),
        detail,
    };
    let mut findings: Vec<_> =
        audited.amiss.iter().map(|detail| error("verify.row", detail.clone())).collect();
    let folded = match &audited.events {
        Err(unreadable) => {
            findings.push(error("verify.history", unreadable.to_string()));
            return findings;
        }
        Ok(events) => match replay(events, None) {
            Err(corrupt) => {
                findings.push(error("verify.history", corrupt.to_string()));
                return findings;
            }
            Ok(folded) => folded,
        },
    };
    match (&audited.state, folded) {
        (Err(unreadable), _) => findings.push(error("verify.state", unreadable.to_string())),
        (Ok(_), None) => findings.push(error("verify.history", "no event is left".to_owned())),
        (Ok(state), Some(folded)) if *state != folded => {
            let detail = "the state does not follow from the history".to_owned();
            findings.push(error("verify.state", detail));
        }
        (Ok(state), Some(_)) => {
            if let Err(fact) = state.check() {
                findings.push(error("verify.ledger", fact.to_owned()));
            }
        }
    }
    findings
}
