//! Reports.

use std::collections::BTreeMap;

use order_core::{
    Currency,
    ports::{StatsBy, StatsQuery, StatsRow, StoreError},
};

use crate::{SqliteStore, error::from_sqlx, rows::Reading};

/// Sums are taken in two parts, so that none of them can overflow; this much is the greater part's
/// unit.
const UNIT: i128 = 1_000_000_000;

/// The month of a time in milliseconds, rounded down to the second, as in `2011-04`.
macro_rules! month {
    ($at:literal) => {
        concat!(
            "strftime('%Y-%m', (",
            $at,
            " - ((",
            $at,
            " % 1000) + 1000) % 1000) / 1000, 'unixepoch')"
        )
    };
}

/// Orders, refunds and credit notes in one statement, so that they are of one moment.
macro_rules! report {
    ($order:expr, $refund:expr, $note:expr, $counted:literal) => {
        concat!(
            "SELECT ",
            $order,
            " AS key, s.currency, 0, count(*), sum(s.total / 1000000000),
                sum(s.total % 1000000000)
            FROM order_state s
            WHERE s.listed_at >= ?1 AND s.listed_at < ?2 AND ",
            $counted,
            "
            GROUP BY 1, 2
            UNION ALL
            SELECT ",
            $refund,
            ", s.currency, 1, 0, sum(r.amount / 1000000000),
                sum(r.amount % 1000000000)
            FROM order_refund r CROSS JOIN order_state s ON s.id = r.order_id
            WHERE r.at >= ?1 AND r.at < ?2 AND ",
            $counted,
            "
            GROUP BY 1, 2
            UNION ALL
            SELECT ",
            $note,
            ", n.currency, 2, 0, sum(n.total / 1000000000),
                sum(n.total % 1000000000)
            FROM order_credit_note n
            WHERE n.issued_at >= ?1 AND n.issued_at < ?2
            GROUP BY 1, 2"
        )
    };
}

pub(crate) const BY_MONTH: &str = report!(
    month!("s.listed_at"),
    month!("r.at"),
    month!("n.issued_at"),
    "s.status NOT IN ('draft', 'cancelled')"
);
pub(crate) const BY_COUNTRY: &str = report!(
    "coalesce(s.country, '')",
    "coalesce(s.country, '')",
    "coalesce(n.country, '')",
    "s.status NOT IN ('draft', 'cancelled')"
);
pub(crate) const BY_STATUS: &str = report!("s.status", "s.status", "'credit_note'", "TRUE");

#[derive(Debug, Default)]
struct Sums {
    orders: u64,
    sales: i128,
    refunds: i128,
    credits: i128,
}

impl SqliteStore {
    /// A report, sorted by key and currency.
    pub(crate) async fn report(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        let statement = match query.by {
            StatsBy::Month => BY_MONTH,
            StatsBy::Country => BY_COUNTRY,
            StatsBy::Status => BY_STATUS,
        };
        let found = sqlx::query(statement)
            .bind(query.from.map_or(i64::MIN, order_core::Timestamp::millis))
            .bind(query.to.map_or(i64::MAX, order_core::Timestamp::millis))
            .fetch_all(self.reads())
            .await
            .map_err(from_sqlx)?;
        let mut rows: BTreeMap<(String, Currency), Sums> = BTreeMap::new();
        for row in &found {
            let row = Reading::new(row, "order_state", 0)?;
            let sums = rows.entry((row.id().to_owned(), row.parse(1, "currency")?)).or_default();
            let (high, low): (i64, i64) = (row.get(4, "total")?, row.get(5, "total")?);
            let sum = i128::from(high) * UNIT + i128::from(low);
            match row.get::<i64>(2, "kind")? {
                0 => {
                    sums.orders += row.count::<u64>(3, "orders")?;
                    sums.sales += sum;
                }
                1 => sums.refunds += sum,
                _ => sums.credits += sum,
            }
        }
        let row = |((key, currency), sums): (_, Sums)| StatsRow {
            key,
            currency,
            orders: sums.orders,
            sales_minor: clamped(sums.sales),
            refunds_minor: clamped(sums.refunds),
            credits_minor: clamped(sums.credits),
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

/// A sum that no row can hold is shown as the most it can.
fn clamped(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}
