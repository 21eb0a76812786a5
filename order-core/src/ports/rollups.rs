//! Figures over all orders, and how far events are counted.

use std::fmt::Debug;

use async_trait::async_trait;

use super::store::StoreError;
use crate::{
    Currency, OrderId, Recorded,
    analytics::{Changes, Dimension, Figures, Run},
};

/// Which figures to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureQuery {
    /// What they are grouped by.
    pub dimension: Dimension,
    /// The periods, each as the buckets that it is made of.
    pub periods: Vec<Vec<Run>>,
    /// Those in one currency; in every one if none.
    pub currency: Option<Currency>,
}

/// Figures of one key in one period and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureRow {
    /// Which of the query's periods, from 0.
    pub period: u32,
    /// The currency.
    pub currency: Currency,
    /// Which country, status, … it is of.
    pub key: String,
    /// The sums.
    pub figures: Figures,
}

/// By what the keys of a dimension are ranked, the highest first; of equals the first key.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RankBy {
    /// What they come to.
    #[default]
    Sales,
    /// Units.
    Units,
    /// Orders.
    Orders,
}

/// Which keys of a dimension to give, ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankQuery {
    /// Of which dimension.
    pub dimension: Dimension,
    /// The buckets that the period is made of.
    pub runs: Vec<Run>,
    /// In which currency: amounts of several cannot be compared.
    pub currency: Currency,
    /// By what.
    pub by: RankBy,
    /// At most so many.
    pub limit: u32,
}

/// Roll-ups: figures over all orders that are kept as they change, so that reading them costs what is
/// asked for and not what there is.
///
/// 1. [`count`](Self::count) adds changes and moves the place, both or neither, and only from the
///    place that it names: of those who count the same events, one does.
/// 2. The place is none until [`recount`](Self::recount) was called once.
/// 3. [`recount`](Self::recount) forgets every figure, counts the credit notes there are, and puts the
///    place to 0. From then on a credit note is counted in the transaction that issues it.
/// 4. Figures are exact sums of what was added, beyond what 64 bits hold too.
/// 5. [`figures`](Self::figures) reads the buckets that are named, [`ranking`](Self::ranking) the keys
///    in them; neither reads orders.
/// 6. [`histories`](Self::histories) gives what [`OrderStore::load`](super::OrderStore::load) gives of
///    each order, each order's events in their order, and nothing for one that does not exist.
#[async_trait]
pub trait RollUps: Debug + Send + Sync {
    /// Up to which position of the feed events are counted; none if counting was never begun.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn counted(&self) -> Result<Option<u64>, StoreError>;

    /// The events of these orders, for who counts what came after.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn histories(&self, ids: &[OrderId]) -> Result<Vec<Recorded>, StoreError>;

    /// Adds changes and moves the place, if it is where it is said to be, and says whether it did.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn count(&self, from: u64, to: u64, changes: &Changes) -> Result<bool, StoreError>;

    /// Begins anew: nothing but credit notes is counted.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn recount(&self) -> Result<(), StoreError>;

    /// Figures by period, currency and key, without those that are all zero.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn figures(&self, query: &FigureQuery) -> Result<Vec<FigureRow>, StoreError>;

    /// The first keys of a dimension, each with the sums of the whole period; without those of which
    /// nothing was ordered, cancelled, given back or credited.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn ranking(&self, query: &RankQuery) -> Result<Vec<FigureRow>, StoreError>;
}
