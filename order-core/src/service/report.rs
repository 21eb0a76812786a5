//! Numbers by month, country or status.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{error::ServiceError, principal::Principal};
use crate::{
    Currency, OrderService, RefusedRow,
    decimal::Decimal,
    ports::{StatsBy, StatsQuery, StatsRow},
};

/// Decimals that the sums of refused rows are kept with: enough for every currency and price.
const REFUSED_DECIMALS: u8 = 6;

/// A report: what the books say, and beside it what imports refused, so that both together are what
/// the other system had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What it is grouped by.
    pub by: StatsBy,
    /// The rows, sorted by key and currency.
    pub rows: Vec<ReportRow>,
}

/// One row of a report, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportRow {
    /// What the books say.
    #[serde(flatten)]
    pub booked: StatsRow,
    /// The sum of the rows that imports refused, in millionths of the currency's unit.
    pub refused_millionths: i64,
}

impl ReportRow {
    /// What came in less what went back, in minor units.
    pub const fn net_minor(&self) -> i64 {
        self.booked.sales_minor - self.booked.refunds_minor + self.booked.credits_minor
    }

    /// The net and the refused rows together, as an exact decimal text.
    pub fn all(&self) -> String {
        let exponent = u32::from(self.booked.currency.exponent());
        let minor = i128::from(10_i64.pow(u32::from(REFUSED_DECIMALS).saturating_sub(exponent)));
        decimal_text(i128::from(self.net_minor()) * minor + i128::from(self.refused_millionths))
    }

    /// The refused rows, as an exact decimal text.
    pub fn refused(&self) -> String {
        decimal_text(i128::from(self.refused_millionths))
    }
}

impl OrderService {
    pub(super) async fn make_report(
        &self,
        who: &Principal,
        query: &StatsQuery,
    ) -> Result<Report, ServiceError> {
        who.check_staff("see reports")?;
        let mut rows = BTreeMap::new();
        for booked in self.queries.stats(query).await? {
            let key = (booked.key.clone(), booked.currency);
            rows.insert(key, ReportRow { booked, refused_millionths: 0 });
        }
        for refused in self.books.refused().await? {
            let Some((key, currency, millionths)) = placed_in(query, &refused) else {
                continue;
            };
            let row = rows.entry((key, currency)).or_insert_with_key(|(key, _)| ReportRow {
                booked: StatsRow {
                    key: key.clone(),
                    currency,
                    orders: 0,
                    sales_minor: 0,
                    refunds_minor: 0,
                    credits_minor: 0,
                },
                refused_millionths: 0,
            });
            row.refused_millionths = row.refused_millionths.saturating_add(millionths);
        }
        Ok(Report { by: query.by, rows: rows.into_values().collect() })
    }
}

/// Where a refused row belongs, if it is known well enough to belong anywhere.
fn placed_in(query: &StatsQuery, row: &RefusedRow) -> Option<(String, Currency, i64)> {
    let at = row.at?;
    if query.from.is_some_and(|from| at < from) || query.to.is_some_and(|to| at >= to) {
        return None;
    }
    let amount = Decimal::parse(row.amount.as_deref()?)?.scaled(REFUSED_DECIMALS).ok()?;
    let key = match query.by {
        StatsBy::Month => at.month(),
        StatsBy::Country => row.country.clone().unwrap_or_default(),
        StatsBy::Status => "refused".to_owned(),
    };
    Some((key, row.currency?, amount))
}

/// Millionths as a decimal text with at least two decimals and no zeros behind them.
fn decimal_text(millionths: i128) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let magnitude = millionths.unsigned_abs();
    let fraction = format!("{:06}", magnitude % 1_000_000);
    let kept = fraction.trim_end_matches('0').len().max(2);
    format!("{sign}{}.{}", magnitude / 1_000_000, &fraction[..kept])
}
