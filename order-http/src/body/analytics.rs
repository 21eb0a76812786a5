//! Numbers over all orders.

use order_core::{
    Currency, Funnel, Ranked, Ranking, RankingRow, Spread, Standing, Status, Timestamp,
    analytics::{Figures, Period},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::Named;

/// Figures of orders in one currency. Amounts are decimal strings.
///
/// An order counts when it was placed, with what it comes to now; a refund when the money went back; a
/// credit note when it was issued. Drafts do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiguresBody {
    /// Orders that are not cancelled.
    pub orders: i64,
    /// Orders that are.
    pub cancelled_orders: i64,
    /// Units of orders that are not cancelled, without those called off.
    pub units: i64,
    /// All that was placed: sales and cancelled.
    #[schema(example = "1250.00")]
    pub gross: String,
    /// What the cancelled orders came to.
    pub cancelled: String,
    /// What the orders come to that are not cancelled.
    pub sales: String,
    /// What went back of orders that are not cancelled; not negative.
    pub refunds: String,
    /// Credit notes that belong to no order.
    pub credit_notes: i64,
    /// What they come to; not positive.
    pub credits: String,
    /// Sales less refunds and credits.
    pub net: String,
    /// Sales by order, rounded half away from zero; absent without orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_order: Option<String>,
}

impl FiguresBody {
    pub(crate) fn new(figures: &Figures, currency: Currency) -> Self {
        let amount = |minor| amount(minor, currency);
        Self {
            orders: figures.orders,
            cancelled_orders: figures.cancelled_orders,
            units: figures.units,
            gross: amount(figures.gross()),
            cancelled: amount(figures.cancelled),
            sales: amount(figures.sales),
            refunds: amount(figures.refunds),
            credit_notes: figures.notes,
            credits: amount(figures.credits),
            net: amount(figures.net()),
            average_order: figures.average_order().map(amount),
        }
    }

    /// The names of its columns, and what is in them.
    pub(crate) const COLUMNS: [&'static str; 11] = [
        "orders",
        "cancelledOrders",
        "units",
        "gross",
        "cancelled",
        "sales",
        "refunds",
        "creditNotes",
        "credits",
        "net",
        "averageOrder",
    ];

    pub(crate) fn cells(self) -> [String; 11] {
        [
            self.orders.to_string(),
            self.cancelled_orders.to_string(),
            self.units.to_string(),
            self.gross,
            self.cancelled,
            self.sales,
            self.refunds,
            self.credit_notes.to_string(),
            self.credits,
            self.net,
            self.average_order.unwrap_or_default(),
        ]
    }
}

/// Minor units as an exact decimal text, however many there are.
fn amount(minor: i128, currency: Currency) -> String {
    let exponent = usize::from(currency.exponent());
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>1$}", minor.unsigned_abs(), exponent + 1);
    match digits.split_at(digits.len() - exponent) {
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    }
}

/// How far events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AsOfBody {
    /// Up to this position of the feed, at least, all events are in the figures.
    pub position: u64,
    /// So many events are not in them yet: 0 means that the answer is up to date.
    pub behind: u64,
}

impl From<Standing> for AsOfBody {
    fn from(standing: Standing) -> Self {
        Self { position: standing.position, behind: standing.behind }
    }
}

/// The sums of a whole period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryBody {
    /// From this time on; absent if from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Before this time; absent if up to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// How far events are counted.
    pub as_of: AsOfBody,
    /// One row for each currency.
    pub totals: Vec<TotalBody>,
}

/// The sums in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TotalBody {
    /// The currency.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The figures.
    #[serde(flatten)]
    pub figures: FiguresBody,
}

/// The sums by hour, day, week or month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevenueBody {
    /// How long the periods are.
    #[schema(example = "month")]
    pub interval: String,
    /// The zone whose hours and days they are.
    #[schema(example = "Europe/Berlin")]
    pub zone: String,
    /// How far events are counted.
    pub as_of: AsOfBody,
    /// For each period each currency that occurs in any of them, also where there is nothing.
    pub periods: Vec<PeriodBody>,
}

/// The sums of one period in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeriodBody {
    /// What people call it, in the zone: `2011-04-05 13:00`, `2011-04-05`, `2011-W14` or `2011-04`.
    #[schema(example = "2011-04")]
    pub label: String,
    /// From this time on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Before this time.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The currency.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The figures.
    #[serde(flatten)]
    pub figures: FiguresBody,
}

impl PeriodBody {
    pub(crate) fn new(named: &Named, currency: Currency, figures: &Figures) -> Self {
        Self {
            label: named.label.clone(),
            from: named.period.from,
            to: named.period.to,
            currency,
            figures: FiguresBody::new(figures, currency),
        }
    }
}

/// The products, customers or countries that come first, in each currency by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RankingBody {
    /// What is ranked: `products`, `customers` or `countries`.
    #[schema(value_type = String, example = "products")]
    pub of: Ranked,
    /// From this time on; absent if from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Before this time; absent if up to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// How far events are counted.
    pub as_of: AsOfBody,
    /// The rows, by currency, the highest first.
    pub rows: Vec<RankedBody>,
}

/// One row of a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RankedBody {
    /// Which product, customer or country; empty for orders that name no country.
    pub key: String,
    /// The currency.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The figures. Those of a product are the prices of its lines, before discounts, shipping and taxes.
    #[serde(flatten)]
    pub figures: FiguresBody,
}

impl RankingBody {
    pub(crate) fn new(of: Ranked, ranking: Ranking) -> Self {
        let Ranking { period, rows, standing } = ranking;
        let (from, to) = open(period);
        let row = |RankingRow { key, currency, figures }| RankedBody {
            key,
            currency,
            figures: FiguresBody::new(&figures, currency),
        };
        Self { of, from, to, as_of: standing.into(), rows: rows.into_iter().map(row).collect() }
    }
}

/// What became of the orders of a period, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunnelBody {
    /// Orders placed from this time on; absent if from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Before this time; absent if up to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// How far events are counted.
    pub as_of: AsOfBody,
    /// How many orders have each status now.
    pub statuses: Vec<StatusCountBody>,
    /// From placement to the first parcel.
    pub to_shipped: SpreadBody,
    /// From placement until all had arrived.
    pub to_delivered: SpreadBody,
}

/// How many orders have a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusCountBody {
    /// The status.
    #[schema(value_type = String, example = "shipped")]
    pub status: Status,
    /// How many orders.
    pub orders: u64,
}

/// How long something took. The mean is exact, percentiles are right within 4 %. Orders that were placed and
/// were so far in one step, as imported ones may be, are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpreadBody {
    /// How many orders.
    pub orders: u64,
    /// The mean, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_seconds: Option<u64>,
    /// Half took no longer, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_seconds: Option<u64>,
    /// Nine in ten took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90_seconds: Option<u64>,
    /// 95 in a hundred took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_seconds: Option<u64>,
    /// 99 in a hundred took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_seconds: Option<u64>,
}

impl From<Spread> for SpreadBody {
    fn from(spread: Spread) -> Self {
        Self {
            orders: spread.orders,
            mean_seconds: spread.mean,
            p50_seconds: spread.p50,
            p90_seconds: spread.p90,
            p95_seconds: spread.p95,
            p99_seconds: spread.p99,
        }
    }
}

impl From<Funnel> for FunnelBody {
    fn from(funnel: Funnel) -> Self {
        let (from, to) = open(funnel.period);
        let count = |(status, orders)| StatusCountBody { status, orders };
        Self {
            from,
            to,
            as_of: funnel.standing.into(),
            statuses: funnel.statuses.into_iter().map(count).collect(),
            to_shipped: funnel.shipped.into(),
            to_delivered: funnel.delivered.into(),
        }
    }
}

/// The bounds of a period, none where it is open.
pub(crate) fn open(period: Period) -> (Option<Timestamp>, Option<Timestamp>) {
    let from = Some(period.from).filter(|from| *from > Timestamp::MIN);
    (from, Some(period.to).filter(|to| *to < Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_whatever_their_size() {
        let most = i128::from(i64::MAX) * 1_000;
        for (minor, currency, text) in [
            (0, Currency::EUR, "0.00"),
            (-5, Currency::EUR, "-0.05"),
            (123, Currency::JPY, "123"),
            (1_234, Currency::KWD, "1.234"),
            (most, Currency::GBP, "92233720368547758070.00"),
            (-most, Currency::JPY, "-9223372036854775807000"),
        ] {
            assert_eq!(amount(minor, currency), text);
        }
    }
}
