//! Figures of ten years, of a shop with thousands of products.

use order_core::{
    Currency, OrderId, Timestamp,
    analytics::{Dimension, Grain, Period, runs},
    ports::{FigureQuery, RankBy, RankQuery, RollUps},
};
use order_store_postgres::PgOrderStore;
use order_testkit::sample::{text, time};
use sqlx::{Connection, Executor, PgConnection};

use crate::{
    Allowed, Examiner, Way,
    support::{Schema, url},
};

/// How many products there are.
const PRODUCTS: u32 = 2_000;

/// A row for each quarter of an hour, day and month from 2015 to 2024, and for each product a month and a
/// year: more than 700,000.
const FILL: &str = "
    INSERT INTO order_store.order_figure
    SELECT v.dimension, v.grain, v.at * 1000, 'EUR', v.key, 1, 0, 1, 0, 0, 100, 0, 0, 0, 0, 0, 0
    FROM (
        SELECT 'all' AS dimension, 'quarter' AS grain, '' AS key, extract(epoch FROM t)::bigint AS at
        FROM generate_series(timestamp '2015-01-01', '2024-12-31 23:45', '15 minutes') t
        UNION ALL
        SELECT 'all', 'day', '', extract(epoch FROM t)::bigint
        FROM generate_series(timestamp '2015-01-01', '2024-12-31', '1 day') t
        UNION ALL
        SELECT 'all', 'month', '', extract(epoch FROM t)::bigint
        FROM generate_series(timestamp '2015-01-01', '2024-12-01', '1 month') t
        UNION ALL
        SELECT 'product', 'month', 'product-' || p, extract(epoch FROM t)::bigint
        FROM generate_series(timestamp '2015-01-01', '2024-12-01', '1 month') t,
            generate_series(1, 2000) p
        UNION ALL
        SELECT 'product', 'year', 'product-' || p, extract(epoch FROM t)::bigint
        FROM generate_series(timestamp '2015-01-01', '2024-01-01', '1 year') t,
            generate_series(1, 2000) p
    ) v";

/// Makes the figures.
pub(crate) async fn gather(schema: &Schema) {
    let mut connection = PgConnection::connect(&url()).await.unwrap();
    for statement in [FILL, "VACUUM (ANALYZE) order_store.order_figure"] {
        connection.execute(schema.sql(statement)).await.unwrap();
    }
}

fn period(from: &str, to: &str) -> Period {
    Period { from: time(from), to: time(to) }
}

/// What is read are the buckets that a period is made of.
pub(crate) async fn figures_cost_what_is_asked_for(
    store: &PgOrderStore,
    examiner: &mut Examiner,
    repeats: usize,
) {
    // The months of a zone that is two hours from UTC.
    let bound = |month: i64| {
        let at = Grain::Month.floor(1_704_067_200_000 + month * 31 * 24 * 3_600_000);
        Timestamp::from_millis(at - 2 * 3_600_000)
    };
    let months = (0..11).map(|month| Period { from: bound(month), to: bound(month + 1) });
    let of_year = period("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z");
    for _ in 0..repeats {
        for (what, periods, rows) in [
            ("a year by month", months.clone().collect(), 11.0 * 130.0),
            ("ten years", vec![period("2015-01-01T00:00:00Z", "2025-01-01T00:00:00Z")], 130.0),
            ("a day", vec![period("2020-02-02T00:00:00Z", "2020-02-03T00:00:00Z")], 5.0),
            ("an hour", vec![period("2020-02-02T10:00:00Z", "2020-02-02T11:00:00Z")], 10.0),
        ] {
            let dimension = Dimension::All;
            let periods: Vec<_> =
                periods.iter().map(|period| runs(*period, dimension.grains())).collect();
            let count = periods.len();
            let query = FigureQuery { dimension, periods, currency: None };
            let found = store.figures(&query).await.unwrap();
            assert_eq!(found.len(), count, "{what}");
            let allowed = Allowed { way: Way::Keys, rows: 0.0, blocks: 100.0 };
            examiner.check(what, allowed.and(2.0 * rows));
        }
        for by in [RankBy::Sales, RankBy::Units, RankBy::Orders] {
            let runs = runs(of_year, Dimension::Product.grains());
            let (dimension, currency) = (Dimension::Product, Currency::EUR);
            let query = RankQuery { dimension, runs, currency, by, limit: 20 };
            assert_eq!(store.ranking(&query).await.unwrap().len(), 20);
            // Each product once, where it is read, sorted and added up.
            let allowed = Allowed { way: Way::Keys, rows: 0.0, blocks: 100.0 };
            examiner.check("a year's products", allowed.and(3.0 * f64::from(PRODUCTS)));
        }
        let ids: Vec<OrderId> =
            (1..=50).map(|n| text(&format!("order-{:07}", n * 10_000))).collect();
        assert!(store.histories(&ids).await.unwrap().len() >= 50);
        examiner.check("histories", Allowed::page(50).by(Way::Keys).and(200.0));
    }
}
