//! Whether what serves reads still follows from what happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{error::ServiceError, principal::Principal};
use crate::{
    Currency, OrderId, OrderService, Status,
    analytics::{Dimension, Period},
    ports::{Audited, FigureRow, Finding, Severity, StatsBy, StatsQuery},
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
        // Of orders that are not sound themselves nothing can be said to follow.
        if page.next.is_none() && page.findings.is_empty() {
            page.findings = self.examine_figures().await?;
        }
        Ok(page)
    }

    /// Compares the figures with the orders, status by status. Says nothing where nobody has had anything
    /// counted, where much is still to be counted, and where something happens meanwhile.
    async fn examine_figures(&self) -> Result<Vec<Finding>, ServiceError> {
        if self.rollups.counted().await?.is_none() {
            return Ok(Vec::new());
        }
        let standing = self.standing().await?;
        let always = Period::ALWAYS.rounded(Dimension::Status.finest());
        let kept = self.figures_of(Dimension::Status, &[always], None).await?;
        let query = StatsQuery { by: StatsBy::Status, ..StatsQuery::default() };
        let booked = self.queries.stats(&query).await?;
        self.feed.sequence().await?;
        if standing.behind > 0 || self.feed.end().await? != standing.position {
            return Ok(Vec::new());
        }
        // What was cancelled as a draft was never placed, and only what was placed is counted.
        let is_counted = |status: &str| {
            let never = [Status::Draft, Status::Cancelled];
            status.parse().is_ok_and(|status| !never.contains(&status))
        };
        let mut sums: BTreeMap<(String, Currency), [(i128, i128); 2]> = BTreeMap::new();
        for FigureRow { key, currency, figures, .. } in kept {
            sums.entry((key, currency)).or_default()[0] = (figures.orders.into(), figures.sales);
        }
        for row in booked {
            let sum = (row.orders.into(), row.sales_minor.into());
            sums.entry((row.key, row.currency)).or_default()[1] = sum;
        }
        sums.retain(|(status, _), [figures, orders]| is_counted(status) && figures != orders);
        let finding = |((status, currency), [figures, orders]): ((String, Currency), [_; 2])| {
            let told = |(orders, sales): (i128, i128)| format!("{orders} for {sales} minor units");
            Finding {
                severity: Severity::Error,
                code: "verify.figures".to_owned(),
                subject: format!("{status}, {currency}"),
                detail: format!("{} are counted, {} are there", told(figures), told(orders)),
            }
        };
        Ok(sums.into_iter().map(finding).collect())
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
