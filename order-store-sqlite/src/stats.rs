//! Reports.

use order_core::{
    Currency,
    ports::{StatsBy, StatsQuery, StatsRow, StatsSums, StoreError},
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
        let mut sums = StatsSums::default();
        for row in &found {
            let row = Reading::new(row, "order_state", 0)?;
            let (key, currency): (_, Currency) = (row.id().to_owned(), row.parse(1, "currency")?);
            let (high, low): (i64, i64) = (row.get(4, "total")?, row.get(5, "total")?);
            let sum = i128::from(high) * UNIT + i128::from(low);
            match row.get::<i64>(2, "kind")? {
                0 => sums.orders(key, currency, row.count::<u64>(3, "orders")?, sum),
                1 => sums.refunds(key, currency, sum),
                _ => sums.credits(key, currency, sum),
            }
        }
        Ok(sums.into_rows())
    }
}
