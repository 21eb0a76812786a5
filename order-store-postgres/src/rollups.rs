//! Figures over all orders.

use async_trait::async_trait;
use order_core::{
    CreditNote, Currency, OrderId, Recorded,
    analytics::{Changes, Figures, Run, halves, note_changes, whole},
    ports::{FigureQuery, FigureRow, RankBy, RankQuery, RollUps, StoreError},
};
use sqlx::{
    PgConnection, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use crate::{
    PgOrderStore,
    error::from_sqlx,
    rows::{self, Reading},
    schema::Schema,
};

pub(crate) const COUNTED: &str = "SELECT position FROM order_store.order_figure_place";

pub(crate) const HISTORIES: &str = "
    SELECT order_id, version, ordinal, at, actor, event FROM order_store.order_event
    WHERE order_id = ANY ($1) ORDER BY order_id, version, ordinal";

pub(crate) const RESET: &str = "UPDATE order_store.order_figure_place SET position = 0";

pub(crate) const CLEAR: &str = "DELETE FROM order_store.order_figure";

pub(crate) const NOTES: &str =
    "SELECT id, data FROM order_store.order_credit_note WHERE id > $1 ORDER BY id LIMIT 1000";

/// Adds the rows of arrays to the figures, as long as the source before them has a row. What the lower
/// halves have too much goes to the higher ones.
macro_rules! add {
    ($source:literal) => {
        concat!(
            "INSERT INTO order_store.order_figure AS f (dimension, grain, bucket, currency, key,
                orders, cancelled_orders, units, notes, sales_high, sales_low, cancelled_high,
                cancelled_low, refunds_high, refunds_low, credits_high, credits_low)
            SELECT v.* FROM ",
            $source,
            " CROSS JOIN unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[],
                $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
                $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
                $16::bigint[], $17::bigint[]) v
            ON CONFLICT (dimension, grain, bucket, currency, key) DO UPDATE SET
                orders = f.orders + excluded.orders,
                cancelled_orders = f.cancelled_orders + excluded.cancelled_orders,
                units = f.units + excluded.units,
                notes = f.notes + excluded.notes,
                sales_high = f.sales_high + excluded.sales_high
                    + (f.sales_low + excluded.sales_low) / 1000000000,
                sales_low = (f.sales_low + excluded.sales_low) % 1000000000,
                cancelled_high = f.cancelled_high + excluded.cancelled_high
                    + (f.cancelled_low + excluded.cancelled_low) / 1000000000,
                cancelled_low = (f.cancelled_low + excluded.cancelled_low) % 1000000000,
                refunds_high = f.refunds_high + excluded.refunds_high
                    + (f.refunds_low + excluded.refunds_low) / 1000000000,
                refunds_low = (f.refunds_low + excluded.refunds_low) % 1000000000,
                credits_high = f.credits_high + excluded.credits_high
                    + (f.credits_low + excluded.credits_low) / 1000000000,
                credits_low = (f.credits_low + excluded.credits_low) % 1000000000"
        )
    };
}

pub(crate) const ADD: &str = add!("(SELECT 1) AS always");

/// Moves the place and adds, both or neither. Whoever counts the same waits at the place, and then finds it
/// moved.
pub(crate) const COUNT: &str = concat!(
    "WITH moved AS (
        UPDATE order_store.order_figure_place SET position = $19 WHERE position = $18
        RETURNING id
    ), added AS (",
    add!("(SELECT id FROM moved) AS m"),
    ") SELECT count(*) FROM moved"
);

/// Issues a credit note and counts it, unless counting was never begun: then it is counted with all others.
/// The place is locked, so that it is counted once, whoever begins to count meanwhile.
pub(crate) const ISSUE: &str = concat!(
    "WITH place AS (
        SELECT position FROM order_store.order_figure_place FOR UPDATE
    ), issued AS (
        INSERT INTO order_store.order_credit_note (id, issued_at, currency, country, total, data)
        VALUES ($18, $19, $20, $21, $22, $23)
        ON CONFLICT (id) DO NOTHING RETURNING id
    ), added AS (",
    add!("(SELECT id FROM issued CROSS JOIN place WHERE place.position IS NOT NULL) AS i"),
    ") SELECT count(*) FROM issued"
);

/// Sums of the buckets of runs. OFFSET 0 keeps the runs first, so that of each only its own buckets are
/// read.
macro_rules! sums {
    ($period:literal, $rest:expr) => {
        concat!(
            "SELECT f.key, f.currency, ",
            $period,
            "::bigint AS period, sum(f.orders)::bigint, sum(f.cancelled_orders)::bigint,
                sum(f.units)::bigint, sum(f.notes)::bigint, sum(f.sales_high)::bigint,
                sum(f.sales_low)::bigint, sum(f.cancelled_high)::bigint,
                sum(f.cancelled_low)::bigint, sum(f.refunds_high)::bigint,
                sum(f.refunds_low)::bigint, sum(f.credits_high)::bigint,
                sum(f.credits_low)::bigint
            FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[])
                AS r (period, grain, low, high)
            CROSS JOIN LATERAL (
                SELECT * FROM order_store.order_figure f
                WHERE f.dimension = $1 AND f.grain = r.grain AND f.bucket >= r.low
                    AND f.bucket < r.high AND ($6::text IS NULL OR f.currency = $6) OFFSET 0
            ) f ",
            $rest
        )
    };
}

pub(crate) const FIGURES: &str =
    sums!("r.period", "GROUP BY r.period, f.currency, f.key ORDER BY r.period, f.currency, f.key");

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
                ", f.key LIMIT $7"
            )
        )
    };
}

pub(crate) const BY_SALES: &str = ranking!(
    "sum(f.sales_high)::bigint + sum(f.sales_low)::bigint / 1000000000 DESC,
        sum(f.sales_low)::bigint % 1000000000 DESC"
);
pub(crate) const BY_UNITS: &str = ranking!("sum(f.units) DESC");
pub(crate) const BY_ORDERS: &str = ranking!("sum(f.orders) DESC");

type Prepared<'q> = Query<'q, Postgres, PgArguments>;

/// Binds the seventeen columns of changes.
pub(crate) fn bind<'q>(query: Prepared<'q>, changes: &'q Changes) -> Prepared<'q> {
    let texts = |column: fn(&order_core::analytics::FigureKey) -> &str| -> Vec<&'q str> {
        changes.iter().map(|(key, _)| column(key)).collect()
    };
    let numbers = |column: fn(&Figures) -> i64| -> Vec<i64> {
        changes.iter().map(|(_, figures)| column(figures)).collect()
    };
    let buckets: Vec<i64> = changes.iter().map(|(key, _)| key.bucket).collect();
    let mut query = query
        .bind(texts(|key| key.dimension.as_str()))
        .bind(texts(|key| key.grain.as_str()))
        .bind(buckets)
        .bind(texts(|key| key.currency.code()))
        .bind(texts(|key| &key.key))
        .bind(numbers(|figures| figures.orders))
        .bind(numbers(|figures| figures.cancelled_orders))
        .bind(numbers(|figures| figures.units))
        .bind(numbers(|figures| figures.notes));
    let amounts: [fn(&Figures) -> i128; 4] = [
        |figures| figures.sales,
        |figures| figures.cancelled,
        |figures| figures.refunds,
        |figures| figures.credits,
    ];
    for amount in amounts {
        let both = changes.iter().map(|(_, figures)| halves(amount(figures)));
        let (high, low): (Vec<i64>, Vec<i64>) = both.unzip();
        query = query.bind(high).bind(low);
    }
    query
}

async fn count_notes(connection: &mut PgConnection, schema: &Schema) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let query = sqlx::query(schema.sql(NOTES)).bind(&after);
        let page = query.fetch_all(&mut *connection).await.map_err(from_sqlx)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        let mut changes = Changes::default();
        for row in &page {
            let note: CreditNote = Reading::new(row, "order_credit_note", 0)?.json(1, "data")?;
            changes.merge(&note_changes(&note), 1);
        }
        let query = bind(sqlx::query(schema.sql(ADD)), &changes);
        query.execute(&mut *connection).await.map_err(from_sqlx)?;
        after = Reading::new(last, "order_credit_note", 0)?.id().to_owned();
    }
}

fn figure_row(row: &PgRow) -> Result<FigureRow, StoreError> {
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
        period: row.number(2, "period")?,
        currency: row.parse(1, "currency")?,
        key: row.id().to_owned(),
        figures,
    })
}

/// Binds runs as the arrays of their period, grain, beginning and end.
fn bind_runs<'q>(query: Prepared<'q>, runs: &[(u32, &'q Run)]) -> Prepared<'q> {
    query
        .bind(runs.iter().map(|(period, _)| i64::from(*period)).collect::<Vec<_>>())
        .bind(runs.iter().map(|(_, run)| run.grain.as_str()).collect::<Vec<_>>())
        .bind(runs.iter().map(|(_, run)| run.from).collect::<Vec<_>>())
        .bind(runs.iter().map(|(_, run)| run.to).collect::<Vec<_>>())
}

#[async_trait]
impl RollUps for PgOrderStore {
    async fn counted(&self) -> Result<Option<u64>, StoreError> {
        let query = sqlx::query_scalar::<_, Option<i64>>(self.schema().sql(COUNTED));
        let position = query.fetch_one(self.pool()).await.map_err(from_sqlx)?;
        Ok(position.map(i64::unsigned_abs))
    }

    async fn histories(&self, ids: &[OrderId]) -> Result<Vec<Recorded>, StoreError> {
        let ids: Vec<_> = ids.iter().map(OrderId::as_str).collect();
        let query = sqlx::query(self.schema().sql(HISTORIES)).bind(ids);
        let found = query.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        found.iter().map(|row| rows::event(row, 0)).collect()
    }

    async fn count(&self, from: u64, to: u64, changes: &Changes) -> Result<bool, StoreError> {
        let (Ok(from), Ok(to)) = (i64::try_from(from), i64::try_from(to)) else {
            return Ok(false);
        };
        let query = bind(sqlx::query(self.schema().sql(COUNT)), changes).bind(from).bind(to);
        let row = query.fetch_one(self.pool()).await.map_err(from_sqlx)?;
        let moved: i64 = sqlx::Row::try_get(&row, 0).map_err(from_sqlx)?;
        Ok(moved > 0)
    }

    async fn recount(&self) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin().await.map_err(from_sqlx)?;
        let unhurried = sqlx::query("SET LOCAL statement_timeout = 0");
        unhurried.execute(&mut *transaction).await.map_err(from_sqlx)?;
        for statement in [RESET, CLEAR] {
            let query = sqlx::query(self.schema().sql(statement));
            query.execute(&mut *transaction).await.map_err(from_sqlx)?;
        }
        count_notes(&mut transaction, self.schema()).await?;
        transaction.commit().await.map_err(from_sqlx)
    }

    async fn figures(&self, query: &FigureQuery) -> Result<Vec<FigureRow>, StoreError> {
        let runs = (0..).zip(&query.periods);
        let runs = runs.flat_map(|(period, runs)| runs.iter().map(move |run| (period, run)));
        let runs: Vec<(u32, &Run)> = runs.collect();
        let statement = sqlx::query(self.schema().sql(FIGURES)).bind(query.dimension.as_str());
        let statement = bind_runs(statement, &runs).bind(query.currency.map(Currency::code));
        let found = statement.fetch_all(self.pool()).await.map_err(from_sqlx)?;
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
        let runs: Vec<(u32, &Run)> = query.runs.iter().map(|run| (0, run)).collect();
        let statement = sqlx::query(self.schema().sql(statement)).bind(query.dimension.as_str());
        let statement =
            bind_runs(statement, &runs).bind(query.currency.code()).bind(i64::from(query.limit));
        let found = statement.fetch_all(self.pool()).await.map_err(from_sqlx)?;
        found.iter().map(figure_row).collect()
    }
}
