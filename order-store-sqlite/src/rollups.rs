//! Figures over all orders.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    CreditNote, OrderId, Recorded,
    analytics::{Changes, FigureKey, Figures, Run, halves, note_changes, whole},
    ports::{FigureQuery, FigureRow, RankBy, RankQuery, RollUps, StoreError},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    bulk::{Bulk, Values},
    error::from_sqlx,
    rows::{self, Reading},
    store::unexpected,
    writer::{Done, Task},
};

pub(crate) const COUNTED: &str = "SELECT position FROM order_figure_place";

pub(crate) const HISTORIES: &str = "
    SELECT order_id, version, ordinal, at, actor, event FROM order_event
    WHERE order_id IN (SELECT value FROM json_each(?1)) ORDER BY order_id, version, ordinal";

pub(crate) const MOVE: &str = "UPDATE order_figure_place SET position = ?2 WHERE position = ?1";

pub(crate) const RESET: &str = "UPDATE order_figure_place SET position = 0";

pub(crate) const CLEAR: &str = "DELETE FROM order_figure";

pub(crate) const NOTES: &str = "SELECT id, data FROM order_credit_note WHERE id > ?1
    ORDER BY id LIMIT 1000";

/// What the lower halves have too much goes to the higher ones.
pub(crate) static ADD: Bulk = Bulk::new(
    "INSERT INTO order_figure (dimension, grain, bucket, currency, key, orders, cancelled_orders,
        units, notes, sales_high, sales_low, cancelled_high, cancelled_low, refunds_high,
        refunds_low, credits_high, credits_low) VALUES",
    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "ON CONFLICT (dimension, grain, bucket, currency, key) DO UPDATE SET
        orders = orders + excluded.orders,
        cancelled_orders = cancelled_orders + excluded.cancelled_orders,
        units = units + excluded.units,
        notes = notes + excluded.notes,
        sales_high = sales_high + excluded.sales_high
            + (sales_low + excluded.sales_low) / 1000000000,
        sales_low = (sales_low + excluded.sales_low) % 1000000000,
        cancelled_high = cancelled_high + excluded.cancelled_high
            + (cancelled_low + excluded.cancelled_low) / 1000000000,
        cancelled_low = (cancelled_low + excluded.cancelled_low) % 1000000000,
        refunds_high = refunds_high + excluded.refunds_high
            + (refunds_low + excluded.refunds_low) / 1000000000,
        refunds_low = (refunds_low + excluded.refunds_low) % 1000000000,
        credits_high = credits_high + excluded.credits_high
            + (credits_low + excluded.credits_low) / 1000000000,
        credits_low = (credits_low + excluded.credits_low) % 1000000000",
);

/// Sums of the buckets of runs, which are a JSON array of period, grain, beginning and end. The runs come
/// first, so that of each only its own buckets are read.
macro_rules! sums {
    ($period:literal, $rest:expr) => {
        concat!(
            "SELECT f.key, f.currency, ",
            $period,
            ", sum(f.orders), sum(f.cancelled_orders), sum(f.units), sum(f.notes),
                sum(f.sales_high), sum(f.sales_low), sum(f.cancelled_high), sum(f.cancelled_low),
                sum(f.refunds_high), sum(f.refunds_low), sum(f.credits_high), sum(f.credits_low)
            FROM json_each(?2) r CROSS JOIN order_figure f ON f.dimension = ?1
                AND f.grain = r.value ->> 1 AND f.bucket >= r.value ->> 2
                AND f.bucket < r.value ->> 3
            WHERE (?3 IS NULL OR f.currency = ?3) ",
            $rest
        )
    };
}

pub(crate) const FIGURES: &str =
    sums!("r.value ->> 0", "GROUP BY 3, f.currency, f.key ORDER BY 3, f.currency, f.key");

macro_rules! ranking {
    ($order:literal) => {
        sums!(
            "0",
            concat!(
                "GROUP BY f.currency, f.key HAVING sum(f.orders) <> 0
                    OR sum(f.cancelled_orders) <> 0 OR sum(f.notes) <> 0
                    OR sum(f.refunds_high) <> 0 OR sum(f.refunds_low) <> 0
                ORDER BY ",
                $order,
                ", f.key LIMIT ?4"
            )
        )
    };
}

pub(crate) const BY_SALES: &str = ranking!(
    "sum(f.sales_high) + sum(f.sales_low) / 1000000000 DESC, sum(f.sales_low) % 1000000000 DESC"
);
pub(crate) const BY_UNITS: &str = ranking!("sum(f.units) DESC");
pub(crate) const BY_ORDERS: &str = ranking!("sum(f.orders) DESC");

/// A change of the figures.
#[derive(Debug)]
pub(crate) enum FigureChange {
    /// Adds, and moves the place from one position to another.
    Count { from: i64, to: i64, changes: Changes },
    /// Counts the credit notes and nothing else.
    Recount,
}

/// Carries out a change, and says whether there was anything to it. The write lock must be held.
pub(crate) async fn perform(
    connection: &mut SqliteConnection,
    change: &FigureChange,
) -> Result<Result<bool, StoreError>, sqlx::Error> {
    match change {
        FigureChange::Count { from, to, changes } => {
            let query = sqlx::query(MOVE).bind(from).bind(to);
            if query.execute(&mut *connection).await?.rows_affected() == 0 {
                return Ok(Ok(false));
            }
            add(connection, changes).await?;
        }
        FigureChange::Recount => {
            // Read first: what cannot be read leaves all as it is.
            let notes = match changes_by_notes(connection).await? {
                Ok(changes) => changes,
                Err(error) => return Ok(Err(error)),
            };
            sqlx::query(RESET).execute(&mut *connection).await?;
            sqlx::query(CLEAR).execute(&mut *connection).await?;
            add(connection, &notes).await?;
        }
    }
    Ok(Ok(true))
}

/// What all credit notes change.
async fn changes_by_notes(
    connection: &mut SqliteConnection,
) -> Result<Result<Changes, StoreError>, sqlx::Error> {
    let (mut changes, mut after) = (Changes::default(), String::new());
    loop {
        let page = sqlx::query(NOTES).bind(&after).fetch_all(&mut *connection).await?;
        let Some(last) = page.last() else {
            return Ok(Ok(changes));
        };
        for row in &page {
            let read = Reading::new(row, "order_credit_note", 0);
            match read.and_then(|row| row.json::<CreditNote>(1, "data")) {
                Ok(note) => changes.merge(&note_changes(&note), 1),
                Err(error) => return Ok(Err(error)),
            }
        }
        after = sqlx::Row::try_get(last, 0)?;
    }
}

/// Counts a new credit note, unless counting was never begun: then it is counted with all others.
pub(crate) async fn count_note(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query_scalar::<_, Option<i64>>(COUNTED);
    if query.fetch_one(&mut *connection).await?.is_some() {
        add(connection, changes).await?;
    }
    Ok(())
}

async fn add(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    ADD.run(connection, changes.iter().collect(), bind).await.map(|_| ())
}

fn bind(values: &mut Values, (key, figures): (&FigureKey, &Figures)) {
    values
        .add(key.dimension.as_str())
        .add(key.grain.as_str())
        .add(key.bucket)
        .add(key.currency.code())
        .add(key.key.clone())
        .add(figures.orders)
        .add(figures.cancelled_orders)
        .add(figures.units)
        .add(figures.notes);
    for amount in [figures.sales, figures.cancelled, figures.refunds, figures.credits] {
        let (high, low) = halves(amount);
        values.add(high).add(low);
    }
}

fn figure_row(row: &SqliteRow) -> Result<FigureRow, StoreError> {
    let row = Reading::new(row, "order_figure", 0)?;
    let amount = |index| -> Result<i128, StoreError> {
        Ok(whole(row.get(index, "high")?, row.get(index + 1, "low")?))
    };
    let figures = Figures {
        orders: row.get(3, "orders")?,
        cancelled_orders: row.get(4, "cancelled_orders")?,
        units: row.get(5, "units")?,
        notes: row.get(6, "notes")?,
        sales: amount(7)?,
        cancelled: amount(9)?,
        refunds: amount(11)?,
        credits: amount(13)?,
    };
    Ok(FigureRow {
        period: row.count(2, "period")?,
        currency: row.parse(1, "currency")?,
        key: row.id().to_owned(),
        figures,
    })
}

fn runs_of<'r>(runs: impl Iterator<Item = (u32, &'r Run)>) -> Result<Arc<str>, StoreError> {
    let runs = runs.map(|(period, run)| (period, run.grain.as_str(), run.from, run.to));
    rows::json("order_figure", "bucket", "", &runs.collect::<Vec<_>>())
}

impl SqliteStore {
    async fn change_figures(&self, change: FigureChange) -> Result<bool, StoreError> {
        match self.write(Task::Figures(Box::new(change))).await? {
            Done::Is(done) => Ok(done),
            _ => Err(unexpected()),
        }
    }
}

#[async_trait]
impl RollUps for SqliteStore {
    async fn counted(&self) -> Result<Option<u64>, StoreError> {
        let query = sqlx::query_scalar::<_, Option<i64>>(COUNTED);
        let position = query.fetch_one(self.reads()).await.map_err(from_sqlx)?;
        Ok(position.map(i64::unsigned_abs))
    }

    async fn histories(&self, ids: &[OrderId]) -> Result<Vec<Recorded>, StoreError> {
        let ids = rows::json("order_event", "order_id", "", &ids)?;
        let query = sqlx::query(HISTORIES).bind(ids);
        let found = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        found.iter().map(rows::event).collect()
    }

    async fn count(&self, from: u64, to: u64, changes: &Changes) -> Result<bool, StoreError> {
        let (Ok(from), Ok(to)) = (i64::try_from(from), i64::try_from(to)) else {
            return Ok(false);
        };
        self.change_figures(FigureChange::Count { from, to, changes: changes.clone() }).await
    }

    async fn recount(&self) -> Result<(), StoreError> {
        self.change_figures(FigureChange::Recount).await.map(|_| ())
    }

    async fn figures(&self, query: &FigureQuery) -> Result<Vec<FigureRow>, StoreError> {
        let runs = (0..).zip(&query.periods);
        let runs = runs.flat_map(|(period, runs)| runs.iter().map(move |run| (period, run)));
        let query = sqlx::query(FIGURES)
            .bind(query.dimension.as_str())
            .bind(runs_of(runs)?)
            .bind(query.currency.map(order_core::Currency::code));
        let found = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        let mut rows = found.iter().map(figure_row).collect::<Result<Vec<_>, _>>()?;
        rows.retain(|row| !row.figures.is_empty());
        Ok(rows)
    }

    async fn ranking(&self, query: &RankQuery) -> Result<Vec<FigureRow>, StoreError> {
        let statement = match query.by {
            RankBy::Sales => BY_SALES,
            RankBy::Units => BY_UNITS,
            RankBy::Orders => BY_ORDERS,
        };
        let query = sqlx::query(statement)
            .bind(query.dimension.as_str())
            .bind(runs_of(query.runs.iter().map(|run| (0, run)))?)
            .bind(query.currency.code())
            .bind(query.limit);
        let found = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        found.iter().map(figure_row).collect()
    }
}
