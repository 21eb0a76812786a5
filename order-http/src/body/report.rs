//! Numbers.

use order_core::{Currency, Money, Report, ReportRow, ports::StatsBy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decimal::Decimal;

/// A report: what the books say, and beside it what imports refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatsBody {
    /// What it is grouped by.
    #[schema(value_type = String, example = "month")]
    pub by: StatsBy,
    /// The rows, sorted by key and currency.
    pub rows: Vec<StatsRowBody>,
}

/// One row of a report, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatsRowBody {
    /// The group: a month such as `2011-04`, a country or a status.
    #[schema(example = "2011-04")]
    pub key: String,
    /// The currency.
    #[schema(value_type = String, example = "GBP")]
    pub currency: Currency,
    /// How many orders.
    pub orders: u64,
    /// The sum of their totals.
    #[schema(value_type = String)]
    pub sales: Decimal,
    /// What went back to customers, not negative.
    #[schema(value_type = String)]
    pub refunds: Decimal,
    /// The sum of the credit notes, not positive.
    #[schema(value_type = String)]
    pub credits: Decimal,
    /// Sales less refunds and credits.
    #[schema(value_type = String)]
    pub net: Decimal,
    /// The sum of the rows that imports refused.
    pub refused: String,
    /// The net and the refused rows together.
    pub all: String,
}

impl From<Report> for StatsBody {
    fn from(report: Report) -> Self {
        Self { by: report.by, rows: report.rows.into_iter().map(StatsRowBody::from).collect() }
    }
}

impl From<ReportRow> for StatsRowBody {
    fn from(row: ReportRow) -> Self {
        let currency = row.booked.currency;
        let money = |minor: i64| Decimal::from(Money::new(minor, currency));
        Self {
            currency,
            orders: row.booked.orders,
            sales: money(row.booked.sales_minor),
            refunds: money(row.booked.refunds_minor),
            credits: money(row.booked.credits_minor),
            net: money(row.net_minor()),
            refused: row.refused(),
            all: row.all(),
            key: row.booked.key,
        }
    }
}
