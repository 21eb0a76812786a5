//! The use cases behind the driving port for numbers.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{
    analytics::{
        Analytics, Funnel, FunnelQuery, PERIODS_MAX, RANKING_MAX, Ranking, RankingQuery,
        RankingRow, Revenue, RevenueQuery, RevenueRow, Spread, Standing,
    },
    error::ServiceError,
    principal::Principal,
};
use crate::{
    Currency, OrderService, Status,
    analytics::{Dimension, Durations, Figures, Follower, Period, runs},
    ports::{FigureQuery, FigureRow, RankQuery},
};

/// How many steps a question lets a follower take before it is answered.
const STEPS_MAX: u32 = 4;

#[async_trait]
impl Analytics for OrderService {
    async fn revenue(&self, who: &Principal, query: RevenueQuery) -> Result<Revenue, ServiceError> {
        who.check_staff("see analytics")?;
        let RevenueQuery { periods, currency } = query;
        if periods.len() > PERIODS_MAX {
            let detail = format!("this would be more than {PERIODS_MAX} periods");
            return Err(ServiceError::invalid("/interval", "analytics.too_many_periods", detail));
        }
        let whole = |period: &Period| rounded(*period, Dimension::All);
        let periods = periods.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
        let standing = self.standing().await?;
        let found = self.figures_of(Dimension::All, &periods, currency).await?;
        let currencies: BTreeSet<_> = found.iter().map(|row| row.currency).collect();
        let mut sums: BTreeMap<(u32, Currency), Figures> =
            found.into_iter().map(|row| ((row.period, row.currency), row.figures)).collect();
        let mut rows = Vec::with_capacity(periods.len() * currencies.len());
        for (index, period) in (0..).zip(periods) {
            for currency in currencies.iter().copied() {
                let figures = sums.remove(&(index, currency)).unwrap_or_default();
                rows.push(RevenueRow { period, currency, figures });
            }
        }
        Ok(Revenue { rows, standing })
    }

    async fn ranking(&self, who: &Principal, query: RankingQuery) -> Result<Ranking, ServiceError> {
        who.check_staff("see analytics")?;
        let RankingQuery { of, period, currency, by, limit } = query;
        if !(1..=RANKING_MAX).contains(&limit) {
            let detail = format!("the limit must be between 1 and {RANKING_MAX}");
            return Err(ServiceError::invalid("/limit", "page.limit_out_of_range", detail));
        }
        let dimension = of.dimension();
        let period = rounded(period, dimension)?;
        let standing = self.standing().await?;
        let currencies: BTreeSet<_> = if let Some(currency) = currency {
            [currency].into()
        } else {
            let found = self.figures_of(Dimension::All, &[period], None).await?;
            found.into_iter().map(|row| row.currency).collect()
        };
        let runs = runs(period, dimension.grains());
        let mut rows = Vec::new();
        for currency in currencies {
            let query = RankQuery { dimension, runs: runs.clone(), currency, by, limit };
            let found = self.rollups.ranking(&query).await?;
            rows.extend(found.into_iter().map(|row| RankingRow {
                key: row.key,
                currency: row.currency,
                figures: row.figures,
            }));
        }
        Ok(Ranking { period, rows, standing })
    }

    async fn funnel(&self, who: &Principal, query: FunnelQuery) -> Result<Funnel, ServiceError> {
        who.check_staff("see analytics")?;
        let FunnelQuery { period, currency } = query;
        let period = rounded(period, Dimension::Status)?;
        let standing = self.standing().await?;
        let mut orders: BTreeMap<String, u64> = BTreeMap::new();
        for row in self.figures_of(Dimension::Status, &[period], currency).await? {
            *orders.entry(row.key).or_default() += count_of(row.figures.orders);
        }
        let statuses = Status::ALL.iter().filter(|status| **status != Status::Draft);
        let statuses = statuses
            .map(|status| (*status, orders.get(status.as_str()).copied().unwrap_or_default()));
        Ok(Funnel {
            period,
            statuses: statuses.collect(),
            shipped: self.spread(Dimension::Shipped, period, currency).await?,
            delivered: self.spread(Dimension::Delivered, period, currency).await?,
            standing,
        })
    }

    async fn recount(&self, who: &Principal) -> Result<Standing, ServiceError> {
        who.check_staff("recount analytics")?;
        self.rollups.recount().await?;
        self.standing().await
    }
}

impl OrderService {
    /// Who counts events, over the same store.
    pub fn follower(&self) -> Follower {
        Follower::new(self.feed.clone(), self.rollups.clone())
    }

    /// Has some of the newest events counted, and says how far they are.
    pub(super) async fn standing(&self) -> Result<Standing, ServiceError> {
        let follower = self.follower();
        for _ in 0..STEPS_MAX {
            // None is left, or somebody else has just counted them.
            if follower.step().await?.events == 0 {
                break;
            }
        }
        let end = self.feed.end().await?;
        let position = self.rollups.counted().await?.unwrap_or_default();
        Ok(Standing { position, behind: end.saturating_sub(position) })
    }

    pub(super) async fn figures_of(
        &self,
        dimension: Dimension,
        periods: &[Period],
        currency: Option<Currency>,
    ) -> Result<Vec<FigureRow>, ServiceError> {
        let periods = periods.iter().map(|period| runs(*period, dimension.grains())).collect();
        Ok(self.rollups.figures(&FigureQuery { dimension, periods, currency }).await?)
    }

    async fn spread(
        &self,
        dimension: Dimension,
        period: Period,
        currency: Option<Currency>,
    ) -> Result<Spread, ServiceError> {
        let mut durations = Durations::default();
        for row in self.figures_of(dimension, &[period], currency).await? {
            if let Ok(bucket) = row.key.parse() {
                let Figures { orders, units, .. } = row.figures;
                durations.add(bucket, count_of(orders), count_of(units));
            }
        }
        let percentile = |percent| durations.percentile(percent);
        Ok(Spread {
            orders: durations.count(),
            mean: durations.mean(),
            p50: percentile(50),
            p90: percentile(90),
            p95: percentile(95),
            p99: percentile(99),
        })
    }
}

/// A sum that is never negative.
fn count_of(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or_default()
}

/// A period of whole buckets, unless it ends before it begins.
fn rounded(period: Period, dimension: Dimension) -> Result<Period, ServiceError> {
    if period.from >= period.to {
        let detail = "the period must end after it begins";
        return Err(ServiceError::invalid("/to", "analytics.period_empty", detail));
    }
    Ok(period.rounded(dimension.finest()))
}
