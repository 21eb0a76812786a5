//! Numbers over all orders as GraphQL shows them.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use super::{
    caller::Caller,
    order::List,
    part::of_text,
    scalar::{DateTime, Decimal, Long},
    word::OrderStatus,
};
use crate::body::{
    AsOfBody, FiguresBody, FunnelBody, PeriodBody, RankedBody, RankingBody, RevenueBody,
    SpreadBody, StatusCountBody, SummaryBody, TotalBody,
};

/// Figures of orders in one currency.
///
/// An order counts when it was placed, with what it comes to now; a refund when the money went back; a
/// credit note when it was issued. Drafts do not count.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderFigures {
    /// Orders that are not cancelled.
    orders: Long,
    /// Orders that are.
    cancelled_orders: Long,
    /// Units of orders that are not cancelled, without those called off.
    units: Long,
    /// All that was placed: sales and cancelled.
    gross: Decimal,
    /// What the cancelled orders came to.
    cancelled: Decimal,
    /// What the orders come to that are not cancelled.
    sales: Decimal,
    /// What went back of orders that are not cancelled; not negative.
    refunds: Decimal,
    /// Credit notes that belong to no order.
    credit_notes: Long,
    /// What they come to; not positive.
    credits: Decimal,
    /// Sales less refunds and credits.
    net: Decimal,
    /// Sales by order, rounded half away from zero; null without orders.
    average_order: Option<Decimal>,
}

impl From<&FiguresBody> for OrderFigures {
    fn from(figures: &FiguresBody) -> Self {
        Self {
            orders: Long(figures.orders),
            cancelled_orders: Long(figures.cancelled_orders),
            units: Long(figures.units),
            gross: (&figures.gross).into(),
            cancelled: (&figures.cancelled).into(),
            sales: (&figures.sales).into(),
            refunds: (&figures.refunds).into(),
            credit_notes: Long(figures.credit_notes),
            credits: (&figures.credits).into(),
            net: (&figures.net).into(),
            average_order: figures.average_order.as_ref().map(Into::into),
        }
    }
}

/// How far events are counted.
#[derive(Debug, SimpleObject)]
pub(super) struct AsOf {
    /// Up to this position of the feed, at least, all events are in the figures.
    position: Long,
    /// So many events are not in them yet: 0 means that the answer is up to date.
    behind: Long,
}

impl From<AsOfBody> for AsOf {
    fn from(AsOfBody { position, behind }: AsOfBody) -> Self {
        Self { position: position.into(), behind: behind.into() }
    }
}

/// The sums of a whole period.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderSummary {
    /// From this time on; null if from the beginning.
    from: Option<DateTime>,
    /// Before this time; null if up to the end.
    to: Option<DateTime>,
    /// How far events are counted.
    as_of: AsOf,
    /// One row for each currency.
    totals: Vec<OrderTotal>,
}

impl From<SummaryBody> for OrderSummary {
    fn from(SummaryBody { from, to, as_of, totals }: SummaryBody) -> Self {
        let totals = totals.iter().map(Into::into).collect();
        Self { from: from.map(Into::into), to: to.map(Into::into), as_of: as_of.into(), totals }
    }
}

/// The sums in one currency.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderTotal {
    /// The ISO 4217 currency.
    currency: &'static str,
    /// The figures.
    figures: OrderFigures,
}

impl From<&TotalBody> for OrderTotal {
    fn from(total: &TotalBody) -> Self {
        Self { currency: total.currency.code(), figures: (&total.figures).into() }
    }
}

/// The sums by hour, day, week or month.
#[derive(Debug)]
pub(super) struct OrderRevenue(pub(super) RevenueBody);

#[async_graphql::Object]
impl OrderRevenue {
    /// The zone whose hours and days the periods are.
    async fn zone(&self) -> &str {
        &self.0.zone
    }

    /// How far events are counted.
    async fn as_of(&self) -> AsOf {
        self.0.as_of.into()
    }

    /// For each period each currency that occurs in any of them, also where there is nothing.
    async fn periods(&self, ctx: &Context<'_>) -> List<RevenuePeriod> {
        Caller::listed(ctx, &self.0.periods)
    }
}

/// The sums of one period in one currency.
#[derive(Debug, SimpleObject)]
pub(super) struct RevenuePeriod {
    /// What people call it, in the zone: `2011-04-05 13:00`, `2011-04-05`, `2011-W14` or `2011-04`.
    label: String,
    /// From this time on.
    from: DateTime,
    /// Before this time.
    to: DateTime,
    /// The ISO 4217 currency.
    currency: &'static str,
    /// The figures.
    figures: OrderFigures,
}

impl From<&PeriodBody> for RevenuePeriod {
    fn from(period: &PeriodBody) -> Self {
        Self {
            label: period.label.clone(),
            from: period.from.into(),
            to: period.to.into(),
            currency: period.currency.code(),
            figures: (&period.figures).into(),
        }
    }
}

/// The products, customers or countries that come first, in each currency by itself.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(super) struct OrderRanking {
    /// From this time on; null if from the beginning.
    from: Option<DateTime>,
    /// Before this time; null if up to the end.
    to: Option<DateTime>,
    /// How far events are counted.
    as_of: AsOf,
    #[graphql(skip)]
    rows: Vec<RankedBody>,
}

#[ComplexObject]
impl OrderRanking {
    /// The rows, by currency, the highest first.
    async fn rows(&self, ctx: &Context<'_>) -> List<RankingRow> {
        Caller::listed(ctx, &self.rows)
    }
}

impl From<RankingBody> for OrderRanking {
    fn from(RankingBody { of: _, from, to, as_of, rows }: RankingBody) -> Self {
        Self { from: from.map(Into::into), to: to.map(Into::into), as_of: as_of.into(), rows }
    }
}

/// One row of a ranking.
#[derive(Debug, SimpleObject)]
pub(super) struct RankingRow {
    /// Which product, customer or country; empty for orders that name no country.
    key: ID,
    /// The ISO 4217 currency.
    currency: &'static str,
    /// The figures. Those of a product are the prices of its lines, before discounts, shipping and taxes.
    figures: OrderFigures,
}

impl From<&RankedBody> for RankingRow {
    fn from(row: &RankedBody) -> Self {
        let figures = (&row.figures).into();
        Self { key: of_text(&row.key), currency: row.currency.code(), figures }
    }
}

/// What became of the orders of a period, and how long it took.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderFunnel {
    /// Orders placed from this time on; null if from the beginning.
    from: Option<DateTime>,
    /// Before this time; null if up to the end.
    to: Option<DateTime>,
    /// How far events are counted.
    as_of: AsOf,
    /// How many orders have each status now.
    statuses: Vec<StatusCount>,
    /// From placement to the first parcel.
    to_shipped: Spread,
    /// From placement until all had arrived.
    to_delivered: Spread,
}

impl From<FunnelBody> for OrderFunnel {
    fn from(funnel: FunnelBody) -> Self {
        Self {
            from: funnel.from.map(Into::into),
            to: funnel.to.map(Into::into),
            as_of: funnel.as_of.into(),
            statuses: funnel.statuses.into_iter().map(Into::into).collect(),
            to_shipped: funnel.to_shipped.into(),
            to_delivered: funnel.to_delivered.into(),
        }
    }
}

/// How many orders have a status.
#[derive(Debug, SimpleObject)]
pub(super) struct StatusCount {
    /// The status.
    status: OrderStatus,
    /// How many orders.
    orders: Long,
}

impl From<StatusCountBody> for StatusCount {
    fn from(StatusCountBody { status, orders }: StatusCountBody) -> Self {
        Self { status: status.into(), orders: orders.into() }
    }
}

/// How long something took. The mean is exact, percentiles are right within 4 %. Orders that were placed and
/// were so far in one step, as imported ones may be, are not in it.
#[derive(Debug, SimpleObject)]
pub(super) struct Spread {
    /// How many orders.
    orders: Long,
    /// The mean, in seconds.
    mean_seconds: Option<Long>,
    /// Half took no longer, in seconds.
    p50_seconds: Option<Long>,
    /// Nine in ten took no longer.
    p90_seconds: Option<Long>,
    /// 95 in a hundred took no longer.
    p95_seconds: Option<Long>,
    /// 99 in a hundred took no longer.
    p99_seconds: Option<Long>,
}

impl From<SpreadBody> for Spread {
    fn from(spread: SpreadBody) -> Self {
        Self {
            orders: spread.orders.into(),
            mean_seconds: spread.mean_seconds.map(Into::into),
            p50_seconds: spread.p50_seconds.map(Into::into),
            p90_seconds: spread.p90_seconds.map(Into::into),
            p95_seconds: spread.p95_seconds.map(Into::into),
            p99_seconds: spread.p99_seconds.map(Into::into),
        }
    }
}
