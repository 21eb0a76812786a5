//! Figures over all orders are kept and read as they are to be.

use std::{collections::BTreeMap, sync::Arc};

use order_core::{
    Command, CreditNote, Currency, OrderId, Recorded, Shipping,
    analytics::{Changes, Dimension, FigureKey, Figures, Grain, Period, Run, runs},
    ports::{FigureQuery, FigureRow, RankBy, RankQuery, Store},
};

use super::{Fixture, World};
use crate::sample::{credit_note, order, text};

/// A month of UTC that every clause counts in.
const MONTH: i64 = 1_738_368_000_000; // 2025-02-01T00:00:00Z

fn key(dimension: Dimension, grain: Grain, bucket: i64, key: &str) -> FigureKey {
    FigureKey { dimension, grain, bucket, currency: Currency::GBP, key: Arc::from(key) }
}

pub(super) fn sales(orders: i64, units: i64, sales: i128) -> Figures {
    Figures { orders, units, sales, ..Figures::default() }
}

fn changes(rows: impl IntoIterator<Item = (FigureKey, Figures)>) -> Changes {
    let mut changes = Changes::default();
    for (key, figures) in rows {
        changes.add(key, &figures, 1);
    }
    changes
}

pub(super) fn query(dimension: Dimension, periods: Vec<Vec<Run>>) -> FigureQuery {
    FigureQuery { dimension, periods, currency: None }
}

pub(super) const fn run(grain: Grain, from: i64, to: i64) -> Run {
    Run { grain, from, to }
}

fn always(dimension: Dimension) -> FigureQuery {
    query(dimension, vec![runs(Period::ALWAYS, dimension.grains())])
}

pub(super) async fn figures(store: &dyn Store, query: &FigureQuery) -> Vec<FigureRow> {
    store.figures(query).await.unwrap()
}

/// `RollUps` clauses 2 and 3: the place is none until somebody begins to count, and then 0.
pub async fn c283_nothing_is_counted_before_counting_begins(fixture: Fixture) {
    let store = fixture.store;
    assert_eq!(store.counted().await.unwrap(), None);
    let some = changes([(key(Dimension::All, Grain::Month, MONTH, ""), sales(1, 1, 1))]);
    assert!(!store.count(0, 1, &some).await.unwrap(), "counting was not begun");
    assert_eq!(figures(&*store, &always(Dimension::All)).await, []);
    store.recount().await.unwrap();
    assert_eq!(store.counted().await.unwrap(), Some(0));
    assert!(store.count(0, 1, &some).await.unwrap());
    assert_eq!(figures(&*store, &always(Dimension::All)).await.len(), 1);
    store.recount().await.unwrap();
    assert_eq!(store.counted().await.unwrap(), Some(0));
    assert_eq!(figures(&*store, &always(Dimension::All)).await, [], "all of it is forgotten");
}

/// `RollUps` clause 1: changes are added with the move of the place, from there alone, or not at all.
pub async fn c284_changes_and_the_place_are_written_together(fixture: Fixture) {
    let store = fixture.store;
    store.recount().await.unwrap();
    let one = changes([(key(Dimension::All, Grain::Month, MONTH, ""), sales(1, 2, 300))]);
    assert!(store.count(0, 7, &one).await.unwrap());
    for from in [0, 6, 8, u64::MAX] {
        assert!(!store.count(from, 9, &one).await.unwrap(), "{from}");
    }
    assert_eq!(store.counted().await.unwrap(), Some(7));
    assert!(store.count(7, 8, &Changes::default()).await.unwrap(), "nothing may change");
    let rows = figures(&*store, &always(Dimension::All)).await;
    assert_eq!(rows.iter().map(|row| row.figures).collect::<Vec<_>>(), [sales(1, 2, 300)]);
    let mut back = Changes::default();
    back.merge(&one, -1);
    assert!(store.count(8, 9, &back).await.unwrap());
    assert_eq!(figures(&*store, &always(Dimension::All)).await, [], "what is zero is not given");
}

/// `RollUps` clause 1: of those who count the same at once, exactly one does.
pub async fn c285_of_those_who_count_the_same_one_does(fixture: Fixture) {
    let world = World::over(fixture);
    world.store.recount().await.unwrap();
    for round in 0..10 {
        let racers = (0..8).map(|racer| {
            let store = Arc::clone(&world.store);
            let rows = (0..50).map(move |n| {
                let key =
                    key(Dimension::Product, Grain::Day, MONTH, &format!("p{}", (n + racer) % 50));
                (key, sales(1, 1, 1))
            });
            async move { store.count(round, round + 1, &changes(rows)).await.unwrap() }
        });
        let won = world.race(racers).await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1, "round {round}");
    }
    let rows = figures(
        &*world.store,
        &query(Dimension::Product, vec![vec![run(Grain::Day, MONTH, MONTH + 1)]]),
    )
    .await;
    assert_eq!(rows.len(), 50);
    assert!(rows.iter().all(|row| row.figures == sales(10, 10, 10)), "{rows:?}");
}

/// `RollUps` clause 4: sums are exact, above what 64 bits hold, below zero, and back again.
pub async fn c286_sums_are_exact_beyond_64_bits(fixture: Fixture) {
    let store = fixture.store;
    store.recount().await.unwrap();
    let most = i128::from(i64::MAX);
    let all = |n: i128| Figures {
        sales: most * n,
        cancelled: most * n + 999_999_999,
        refunds: n,
        credits: -most * n - 1,
        ..Figures::default()
    };
    let at = key(Dimension::All, Grain::Month, MONTH, "");
    let mut expected = Figures::default();
    for (place, n) in (0..).zip([1, 1, 1, 5, 1_999, -3]) {
        assert!(store.count(place, place + 1, &changes([(at.clone(), all(n))])).await.unwrap());
        expected.add(&all(n), 1);
        let rows = figures(&*store, &always(Dimension::All)).await;
        assert_eq!(rows.iter().map(|row| row.figures).collect::<Vec<_>>(), [expected]);
    }
    let other = key(Dimension::All, Grain::Month, MONTH + 1, "");
    assert!(store.count(6, 7, &changes([(other, all(-4))])).await.unwrap());
    expected.add(&all(-4), 1);
    let rows = figures(&*store, &always(Dimension::All)).await;
    assert_eq!(rows[0].figures, expected, "over buckets too");
}

/// `RollUps` clause 5: figures are those of the buckets that are named, by period, currency and key.
pub async fn c287_figures_are_of_the_buckets_that_are_named(fixture: Fixture) {
    let store = fixture.store;
    store.recount().await.unwrap();
    let mut all = Changes::default();
    for (n, bucket) in (1..).zip([10, 20, 30, 40]) {
        for (name, times) in [("a", 1), ("B", 10), ("ä%_", 100)] {
            for (grain, times) in [(Grain::Day, times), (Grain::Month, times * 1_000)] {
                let at = key(Dimension::Country, grain, bucket, name);
                all.add(at.clone(), &sales(n * times, 0, 0), 1);
                let yen = FigureKey { currency: Currency::JPY, ..at };
                all.add(yen, &sales(n * times, 0, 0), 2);
            }
        }
    }
    assert!(store.count(0, 1, &all).await.unwrap());
    let days = |from, to| run(Grain::Day, from, to);
    let periods = vec![
        vec![days(10, 20)],
        vec![],
        vec![days(50, 60)],
        vec![days(20, 31), run(Grain::Month, 40, 41)],
        vec![days(10, 20)],
    ];
    let asked = query(Dimension::Country, periods);
    let rows = figures(&*store, &asked).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.period, row.currency.code(), row.key.as_str(), row.figures.orders))
        .collect();
    let of = |period, sum: i64| {
        [("GBP", 1), ("JPY", 2)].into_iter().flat_map(move |(currency, times)| {
            [("B", 10), ("a", 1), ("ä%_", 100)]
                .map(|(key, n)| (period, currency, key, sum * n * times))
        })
    };
    assert_eq!(found, of(0, 1).chain(of(3, 4_005)).chain(of(4, 1)).collect::<Vec<_>>());
    let yen = FigureQuery { currency: Some(Currency::JPY), ..asked };
    let rows_of_yen: Vec<_> =
        rows.into_iter().filter(|row| row.currency == Currency::JPY).collect();
    assert_eq!(figures(&*store, &yen).await, rows_of_yen);
    assert_eq!(figures(&*store, &query(Dimension::Product, vec![vec![days(0, 99)]])).await, []);
}

/// `RollUps` clause 5: keys are ranked by the sums of the whole period, the highest first, of equals the
/// first key, in one currency.
pub async fn c288_keys_are_ranked(fixture: Fixture) {
    let store = fixture.store;
    store.recount().await.unwrap();
    let mut all = Changes::default();
    let most = i128::from(i64::MAX);
    for (name, bucket, orders, units, amount) in [
        ("b", 1, 1, 5, 700),
        ("a", 1, 1, 5, 700),
        ("c", 1, 1, 1, 400),
        ("c", 2, 1, 1, 400),
        ("d", 1, 9, 2, most),
        ("e", 2, 3, 9, most + 1),
        ("f", 1, 2, 3, -5),
        ("late", 9, 9, 9, 9),
    ] {
        all.add(
            key(Dimension::Product, Grain::Day, bucket, name),
            &sales(orders, units, amount),
            1,
        );
    }
    let quiet = key(Dimension::Product, Grain::Day, 1, "quiet");
    all.add(quiet.clone(), &sales(1, 1, 1), 1);
    assert!(store.count(0, 1, &all).await.unwrap());
    assert!(store.count(1, 2, &changes([(quiet, sales(-1, -1, -1))])).await.unwrap());
    let foreign =
        FigureKey { currency: Currency::JPY, ..key(Dimension::Product, Grain::Day, 1, "x") };
    let given = Figures { refunds: 5, ..Figures::default() };
    let rest = [(foreign, sales(1, 1, 1)), (key(Dimension::Product, Grain::Day, 1, "back"), given)];
    assert!(store.count(2, 3, &changes(rest)).await.unwrap());
    let ask = |by, limit| RankQuery {
        dimension: Dimension::Product,
        runs: vec![run(Grain::Day, 0, 2), run(Grain::Day, 2, 3)],
        currency: Currency::GBP,
        by,
        limit,
    };
    for (by, expected) in [
        (RankBy::Sales, ["e", "d", "c", "a", "b", "back", "f"]),
        (RankBy::Units, ["e", "a", "b", "f", "c", "d", "back"]),
        (RankBy::Orders, ["d", "e", "c", "f", "a", "b", "back"]),
    ] {
        let rows = store.ranking(&ask(by, 10)).await.unwrap();
        let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, expected, "{by:?}");
        let first = store.ranking(&ask(by, 2)).await.unwrap();
        assert_eq!(first, rows[..2], "{by:?}");
        let c = rows.iter().find(|row| row.key == "c").unwrap();
        assert_eq!(c.figures, sales(2, 2, 800), "of the whole period");
    }
}

/// `RollUps` clause 6: the histories of many orders are those of each.
pub async fn c289_histories_are_what_was_committed(fixture: Fixture) {
    let world = World::over(fixture);
    let mut ids: Vec<OrderId> = Vec::new();
    for n in 0..5 {
        ids.push(world.place(order(n)).await.order.id().clone());
    }
    for id in &ids[1..4] {
        world.run(id, Command::Ship(Shipping::default())).await;
        world.run(id, Command::Deliver { shipment_id: None }).await;
    }
    ids.push(text("order-none"));
    let found = world.store.histories(&ids[1..]).await.unwrap();
    let mut by_order: BTreeMap<&OrderId, Vec<Recorded>> = BTreeMap::new();
    for recorded in &found {
        by_order.entry(&recorded.id.order_id).or_default().push(recorded.clone());
    }
    assert_eq!(by_order.len(), 4);
    for (id, events) in by_order {
        assert_eq!(events, world.store.load(id).await.unwrap().events);
    }
    assert_eq!(world.store.histories(&[]).await.unwrap(), []);
}

/// `RollUps` clause 3: a credit note is counted once, whether it was issued before counting began, after it
/// or while it begins; issuing it again changes nothing.
pub async fn c290_a_credit_note_is_counted_once(fixture: Fixture) {
    let world = World::over(fixture);
    let note = |n: u32| CreditNote {
        country: Some(text(if n.is_multiple_of(2) { "Spain" } else { "France" })),
        customer_id: Some(text("customer")),
        ..credit_note(&format!("note-{n}"), 100)
    };
    for n in 0..10 {
        assert!(world.store.issue(&note(n)).await.unwrap());
    }
    let sum_of = async |dimension| -> Vec<(String, i64, i128)> {
        let rows = figures(&*world.store, &always(dimension)).await;
        rows.into_iter().map(|row| (row.key, row.figures.notes, row.figures.credits)).collect()
    };
    assert_eq!(sum_of(Dimension::All).await, []);
    world.store.recount().await.unwrap();
    assert!(!world.store.issue(&note(3)).await.unwrap());
    assert_eq!(sum_of(Dimension::All).await, [(String::new(), 10, -1_000)]);
    let works = (0..40).map(|n| {
        let store = Arc::clone(&world.store);
        async move {
            if n % 8 == 0 {
                store.recount().await.unwrap();
            } else {
                store.issue(&note(10 + n)).await.unwrap();
            }
        }
    });
    world.race(works).await;
    let (even, odd) = (10 / 2 + 40 / 2 - 5, 10 / 2 + 40 / 2);
    let counted = [
        ("France".to_owned(), odd, i128::from(odd) * -100),
        ("Spain".to_owned(), even, i128::from(even) * -100),
    ];
    assert_eq!(sum_of(Dimension::Country).await, counted);
    let notes = even + odd;
    assert_eq!(sum_of(Dimension::All).await, [(String::new(), notes, i128::from(notes) * -100)]);
    let customer = ("customer".to_owned(), notes, i128::from(notes) * -100);
    assert_eq!(sum_of(Dimension::Customer).await, [customer]);
}
