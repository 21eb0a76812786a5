//! The driving port for numbers over all orders: what every way in speaks to.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{error::ServiceError, principal::Principal};
use crate::{
    Currency, Status,
    analytics::{Dimension, Figures, Period},
    ports::RankBy,
};

/// The most periods of one answer.
pub const PERIODS_MAX: usize = 1_000;
/// The most keys of one ranking, in each currency.
pub const RANKING_MAX: u32 = 1_000;

/// How far events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Up to this position of the feed, at least, all events are in the figures.
    pub position: u64,
    /// So many events are committed and not in them, as far as they have a position.
    pub behind: u64,
}

/// Which figures of all orders to give, by period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevenueQuery {
    /// The periods, at most [`PERIODS_MAX`]; what they do not fill of a quarter of an hour is filled up.
    pub periods: Vec<Period>,
    /// Those in one currency; in every one if none.
    pub currency: Option<Currency>,
}

/// Figures of all orders by period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revenue {
    /// For each period each currency that occurs in any of them, also where there is nothing.
    pub rows: Vec<RevenueRow>,
    /// How far events are counted.
    pub standing: Standing,
}

/// Figures of one period in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevenueRow {
    /// The period.
    pub period: Period,
    /// The currency.
    pub currency: Currency,
    /// The sums.
    pub figures: Figures,
}

/// What can be ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranked {
    /// Products.
    Products,
    /// Customers; guests are left out.
    Customers,
    /// Countries; what names none counts under the empty key.
    Countries,
}

impl Ranked {
    pub(super) const fn dimension(self) -> Dimension {
        match self {
            Self::Products => Dimension::Product,
            Self::Customers => Dimension::Customer,
            Self::Countries => Dimension::Country,
        }
    }
}

/// Which ranking to give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankingQuery {
    /// What is ranked.
    pub of: Ranked,
    /// In which period; what it does not fill of a day of UTC is filled up.
    pub period: Period,
    /// In one currency; in each by itself if none.
    pub currency: Option<Currency>,
    /// By what.
    pub by: RankBy,
    /// So many at most in each currency, from 1 to [`RANKING_MAX`].
    pub limit: u32,
}

/// A ranking, in each currency by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranking {
    /// The period that it is about.
    pub period: Period,
    /// The rows, by currency, the highest first.
    pub rows: Vec<RankingRow>,
    /// How far events are counted.
    pub standing: Standing,
}

/// One row of a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankingRow {
    /// Which product, customer or country.
    pub key: String,
    /// The currency.
    pub currency: Currency,
    /// The sums.
    pub figures: Figures,
}

/// What became of the orders of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelQuery {
    /// Orders placed in this period; what it does not fill of a day of UTC is filled up.
    pub period: Period,
    /// Those in one currency; in every one if none.
    pub currency: Option<Currency>,
}

/// What became of the orders of a period, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// The period that it is about.
    pub period: Period,
    /// How many orders placed in it have each status now; every status but that of drafts.
    pub statuses: Vec<(Status, u64)>,
    /// From placement to the first parcel.
    pub shipped: Spread,
    /// From placement until all had arrived.
    pub delivered: Spread,
    /// How far events are counted.
    pub standing: Standing,
}

/// How long something took, in seconds. Orders that were placed and were so far in one commit, as some
/// imports are, are not in it. Percentiles are right within
/// [`DURATION_ERROR_PERCENT`](crate::analytics::DURATION_ERROR_PERCENT), the mean is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Spread {
    /// How many orders.
    pub orders: u64,
    /// The mean; none without orders.
    pub mean: Option<u64>,
    /// Half took no longer.
    pub p50: Option<u64>,
    /// Nine in ten took no longer.
    pub p90: Option<u64>,
    /// 95 in a hundred took no longer.
    pub p95: Option<u64>,
    /// 99 in a hundred took no longer.
    pub p99: Option<u64>,
}

/// The driving port for numbers over all orders; [`OrderService`](crate::OrderService) implements it over
/// the driven ports, a client of a remote server can implement it too. What counts, and when, says
/// [`analytics`](crate::analytics).
///
/// A question first has some of the newest events counted, so that a store in which little happens answers
/// to the last event; how far it is says [`Standing`]. It is for staff, services and administrators: for
/// customers all of it is [`ServiceError::Forbidden`].
#[async_trait]
pub trait Analytics: Debug + Send + Sync {
    /// Figures of all orders by period. Costs as much as a period has currencies and its bounds are away
    /// from those of months: at most 60 days and 190 quarters of an hour for each period.
    ///
    /// # Errors
    /// `analytics.period_empty`, `analytics.too_many_periods`.
    async fn revenue(&self, who: &Principal, query: RevenueQuery) -> Result<Revenue, ServiceError>;

    /// The products, customers or countries that come first. Costs as much as different ones occur in the
    /// years, months and days that the period is made of, however many orders there are.
    ///
    /// # Errors
    /// `analytics.period_empty`, `page.limit_out_of_range`.
    async fn ranking(&self, who: &Principal, query: RankingQuery) -> Result<Ranking, ServiceError>;

    /// What became of the orders of a period. Costs as much as the months and days that it is made of.
    ///
    /// # Errors
    /// `analytics.period_empty`.
    async fn funnel(&self, who: &Principal, query: FunnelQuery) -> Result<Funnel, ServiceError>;

    /// Forgets every figure, and begins to count anew: events follow as the figures are asked for, or as a
    /// server follows them.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    async fn recount(&self, who: &Principal) -> Result<Standing, ServiceError>;
}
