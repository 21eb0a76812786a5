//! Figures.

use std::{cmp::Reverse, collections::BTreeMap};

use async_trait::async_trait;

use super::{InMemoryStore, tables::Tables};
use crate::{
    Currency, OrderId, Recorded,
    analytics::{Changes, Dimension, FigureKey, Figures, Run, note_changes},
    ports::{FigureQuery, FigureRow, RankBy, RankQuery, RollUps, StoreError},
};

#[async_trait]
impl RollUps for InMemoryStore {
    async fn counted(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.tables().counted)
    }

    async fn histories(&self, ids: &[OrderId]) -> Result<Vec<Recorded>, StoreError> {
        let tables = self.tables();
        let kept = ids.iter().filter_map(|id| tables.orders.get(id));
        Ok(kept.flat_map(|kept| kept.events.iter().cloned()).collect())
    }

    async fn count(&self, from: u64, to: u64, changes: &Changes) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        if tables.counted != Some(from) {
            return Ok(false);
        }
        tables.counted = Some(to);
        tables.add_figures(changes);
        Ok(true)
    }

    async fn recount(&self) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let mut changes = Changes::default();
        for note in tables.credit_notes.values() {
            changes.merge(&note_changes(note), 1);
        }
        tables.figures.clear();
        tables.counted = Some(0);
        tables.add_figures(&changes);
        Ok(())
    }

    async fn figures(&self, query: &FigureQuery) -> Result<Vec<FigureRow>, StoreError> {
        let tables = self.tables();
        let mut rows = Vec::new();
        for (period, runs) in (0..).zip(&query.periods) {
            let mut sums: BTreeMap<(Currency, &str), Figures> = BTreeMap::new();
            for (key, figures) in tables.figures_in(query.dimension, runs) {
                if query.currency.is_none_or(|currency| currency == key.currency) {
                    sums.entry((key.currency, &*key.key)).or_default().add(figures, 1);
                }
            }
            let sums = sums.into_iter().filter(|(_, figures)| !figures.is_empty());
            rows.extend(sums.map(|((currency, key), figures)| FigureRow {
                period,
                currency,
                key: key.to_owned(),
                figures,
            }));
        }
        Ok(rows)
    }

    async fn ranking(&self, query: &RankQuery) -> Result<Vec<FigureRow>, StoreError> {
        let tables = self.tables();
        let mut sums: BTreeMap<&str, Figures> = BTreeMap::new();
        for (key, figures) in tables.figures_in(query.dimension, &query.runs) {
            if key.currency == query.currency {
                sums.entry(&key.key).or_default().add(figures, 1);
            }
        }
        let mut ranked: Vec<_> = sums.into_iter().filter(|(_, sum)| has_any(sum)).collect();
        ranked.sort_by_key(|(_, sum)| Reverse(rank(query.by, sum)));
        let row = |(key, figures): (&str, _)| FigureRow {
            period: 0,
            currency: query.currency,
            key: key.to_owned(),
            figures,
        };
        Ok(ranked.into_iter().take(query.limit as usize).map(row).collect())
    }
}

fn rank(by: RankBy, figures: &Figures) -> i128 {
    match by {
        RankBy::Sales => figures.sales,
        RankBy::Units => figures.units.into(),
        RankBy::Orders => figures.orders.into(),
    }
}

const fn has_any(figures: &Figures) -> bool {
    figures.orders != 0
        || figures.cancelled_orders != 0
        || figures.refunds != 0
        || figures.notes != 0
}

impl Tables {
    /// Adds to the figures.
    pub(super) fn add_figures(&mut self, changes: &Changes) {
        for (key, figures) in changes {
            self.figures.entry(key.clone()).or_default().add(figures, 1);
        }
    }

    fn figures_in<'t>(
        &'t self,
        dimension: Dimension,
        runs: &'t [Run],
    ) -> impl Iterator<Item = (&'t FigureKey, &'t Figures)> {
        let holds = move |key: &FigureKey| {
            let holds =
                |run: &Run| key.grain == run.grain && (run.from..run.to).contains(&key.bucket);
            key.dimension == dimension && runs.iter().any(holds)
        };
        self.figures.iter().filter(move |(key, _)| holds(key))
    }
}
