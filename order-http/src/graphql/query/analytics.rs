//! Numbers over all orders: by period, product, customer and country, and what became of orders.

use async_graphql::{Context, Object};
use order_core::Ranked;

use crate::{
    error::ApiError,
    graphql::{
        analytics::{OrderFunnel, OrderRanking, OrderRevenue, OrderSummary},
        caller::Caller,
        word::{RankingSort, RevenueInterval, in_rest},
    },
    rest::analytics::{funnel_of, ranking_of, revenue_of, summary_of},
};

/// What figures cost besides what is asked of them: a look at all days of a period.
const COST: usize = 100;

/// The days that figures are of, and in which currency.
#[derive(Debug, Default, async_graphql::InputObject)]
pub(crate) struct FiguresFilter {
    /// From this day of UTC on, or from the beginning of it: RFC 3339, or a day.
    from: Option<String>,
    /// Before this day, or up to the end of it.
    to: Option<String>,
    /// Figures in this ISO 4217 currency alone.
    currency: Option<String>,
}

type Asked = (&'static str, Option<String>);

impl FiguresFilter {
    fn asked(self) -> [Asked; 3] {
        [("from", self.from), ("to", self.to), ("currency", self.currency)]
    }
}

async fn ranked(
    ctx: &Context<'_>,
    of: Ranked,
    filter: Option<FiguresFilter>,
    sort: Option<RankingSort>,
    first: Option<u32>,
) -> Result<OrderRanking, ApiError> {
    let more = [("sort", sort.and_then(in_rest)), ("limit", first.map(|first| first.to_string()))];
    let asked: Vec<Asked> = filter.unwrap_or_default().asked().into_iter().chain(more).collect();
    let (call, analytics) = Caller::call_to::<dyn order_core::Analytics>(ctx, &[], &asked).await?;
    Ok(ranking_of(of, &call, &*analytics).await?.into())
}

/// Numbers over all orders.
#[derive(Debug, Default)]
pub(crate) struct AnalyticsQueries;

#[Object]
impl AnalyticsQueries {
    /// The sums of a period.
    #[graphql(complexity = "COST + child_complexity")]
    async fn order_summary(
        &self,
        ctx: &Context<'_>,
        filter: Option<FiguresFilter>,
        #[graphql(desc = "The zone of days, such as Europe/Berlin or +05:30; UTC if absent.")]
        zone: Option<String>,
    ) -> Option<Result<OrderSummary, ApiError>> {
        let answer = async {
            let [from, to, currency] = filter.unwrap_or_default().asked();
            let (call, analytics) = Caller::call_to::<dyn order_core::Analytics>(
                ctx,
                &[],
                &[from, to, currency, ("zone", zone)],
            )
            .await?;
            Ok(summary_of(&call, &*analytics).await?.into())
        };
        Some(answer.await)
    }

    /// The sums by hour, day, week or month; of the last 24 hours, 30 days, 12 weeks or 12 months if no
    /// time is given.
    #[graphql(complexity = "COST + child_complexity")]
    async fn order_revenue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Days if absent.")] interval: Option<RevenueInterval>,
        filter: Option<FiguresFilter>,
        #[graphql(desc = "The zone of days, such as Europe/Berlin or +05:30; UTC if absent.")]
        zone: Option<String>,
    ) -> Option<Result<OrderRevenue, ApiError>> {
        let answer = async {
            let [from, to, currency] = filter.unwrap_or_default().asked();
            let interval = ("interval", interval.and_then(in_rest));
            let asked = [from, to, currency, ("zone", zone), interval];
            let (call, analytics) =
                Caller::call_to::<dyn order_core::Analytics>(ctx, &[], &asked).await?;
            Ok(OrderRevenue(revenue_of(&call, &*analytics).await?))
        };
        Some(answer.await)
    }

    /// The products that sell best.
    #[graphql(complexity = "COST + child_complexity")]
    async fn product_ranking(
        &self,
        ctx: &Context<'_>,
        filter: Option<FiguresFilter>,
        #[graphql(desc = "Sales if absent.")] sort: Option<RankingSort>,
        #[graphql(desc = "How many in each currency: 1 to 1000, 20 if absent.")] first: Option<u32>,
    ) -> Option<Result<OrderRanking, ApiError>> {
        Some(ranked(ctx, Ranked::Products, filter, sort, first).await)
    }

    /// The customers who buy most.
    #[graphql(complexity = "COST + child_complexity")]
    async fn customer_ranking(
        &self,
        ctx: &Context<'_>,
        filter: Option<FiguresFilter>,
        #[graphql(desc = "Sales if absent.")] sort: Option<RankingSort>,
        #[graphql(desc = "How many in each currency: 1 to 1000, 20 if absent.")] first: Option<u32>,
    ) -> Option<Result<OrderRanking, ApiError>> {
        Some(ranked(ctx, Ranked::Customers, filter, sort, first).await)
    }

    /// The countries that are sold to most.
    #[graphql(complexity = "COST + child_complexity")]
    async fn country_ranking(
        &self,
        ctx: &Context<'_>,
        filter: Option<FiguresFilter>,
        #[graphql(desc = "Sales if absent.")] sort: Option<RankingSort>,
        #[graphql(desc = "How many in each currency: 1 to 1000, 20 if absent.")] first: Option<u32>,
    ) -> Option<Result<OrderRanking, ApiError>> {
        Some(ranked(ctx, Ranked::Countries, filter, sort, first).await)
    }

    /// What became of the orders of a period, and how long it took.
    #[graphql(complexity = "COST + child_complexity")]
    async fn order_funnel(
        &self,
        ctx: &Context<'_>,
        filter: Option<FiguresFilter>,
    ) -> Option<Result<OrderFunnel, ApiError>> {
        let answer = async {
            let asked = filter.unwrap_or_default().asked();
            let (call, analytics) =
                Caller::call_to::<dyn order_core::Analytics>(ctx, &[], &asked).await?;
            Ok(funnel_of(&call, &*analytics).await?.into())
        };
        Some(answer.await)
    }
}
