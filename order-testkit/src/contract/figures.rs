//! Figures over all orders add up, whoever counts them.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use order_core::{
    Analytics, Command, CreditNote, Currency, Edit, ErrorKind, FulfillmentStatus, FunnelQuery,
    Lifecycle, LineQuantity, NewOrder, Order, OrderEvent, OrderId, Principal, Ranked, RankingQuery,
    Recorded, RevenueQuery, ServiceError, Shipping, Spread, Status, Timestamp,
    analytics::{Changes, Dimension, FigureKey, Figures, Follower, Grain, Period, Run, runs},
    ports::{FigureQuery, FigureRow, RankBy, RankQuery, Store},
};

use super::{Fixture, World, feeds::settle};
use crate::{
    Random,
    sample::{credit_note, draft, order, order_of, pounds, priced, text, time},
};

/// A month of UTC that every clause counts in.
const MONTH: i64 = 1_738_368_000_000; // 2025-02-01T00:00:00Z

fn key(dimension: Dimension, grain: Grain, bucket: i64, key: &str) -> FigureKey {
    FigureKey { dimension, grain, bucket, currency: Currency::GBP, key: Arc::from(key) }
}

fn sales(orders: i64, units: i64, sales: i128) -> Figures {
    Figures { orders, units, sales, ..Figures::default() }
}

fn changes(rows: impl IntoIterator<Item = (FigureKey, Figures)>) -> Changes {
    let mut changes = Changes::default();
    for (key, figures) in rows {
        changes.add(key, &figures, 1);
    }
    changes
}

fn query(dimension: Dimension, periods: Vec<Vec<Run>>) -> FigureQuery {
    FigureQuery { dimension, periods, currency: None }
}

const fn run(grain: Grain, from: i64, to: i64) -> Run {
    Run { grain, from, to }
}

fn always(dimension: Dimension) -> FigureQuery {
    query(dimension, vec![runs(Period::ALWAYS, dimension.grains())])
}

async fn figures(store: &dyn Store, query: &FigureQuery) -> Vec<FigureRow> {
    store.figures(query).await.unwrap()
}

fn follower(world: &World) -> Follower {
    world.orders.follower()
}

/// Counts all there is.
async fn follow(world: &World) {
    settle(&*world.store).await;
    while follower(world).step().await.unwrap().events > 0 {}
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

/// Something that may happen to an order.
fn command(random: &mut Random) -> Command {
    let items = |random: &mut Random| {
        let line_id = text(if random.once_in(2) { "1" } else { "2" });
        vec![LineQuantity { line_id, quantity: 1 }]
    };
    match random.below(13) {
        0 => Command::Cancel { reason: None },
        1 => Command::CancelItems { items: items(random), reason: None },
        2 | 3 => {
            let some = random.once_in(2).then(|| items(random));
            Command::Ship(Shipping { items: some, ..Shipping::default() })
        }
        4 | 5 => Command::Deliver { shipment_id: None },
        6 => Command::Complete,
        7 => Command::Capture { id: None, amount: None, method: None, reference: None },
        8 => {
            let country = if random.once_in(2) { "Spain" } else { "日本" };
            let country = Some(text(country));
            Command::Edit(Edit { country, ..Edit::default() })
        }
        9 => Command::Place { content: None, person: None },
        10 => Command::RequestReturn { id: None, items: None, reason: None },
        _ => Command::Refund {
            id: None,
            payment_id: None,
            amount: Some(pounds("0.50")),
            items: None,
            return_id: None,
            reason: None,
        },
    }
}

/// Places orders over three months and lets things happen to them; some are refused.
async fn live(world: &World, random: &mut Random, orders: Range<u32>, each: u64) {
    for n in orders {
        world.clock.step(i64::try_from(random.below(80 * 60 * 60 * 1_000)).unwrap());
        let items = vec![
            priced("tea", 2, "10.00"),
            priced(if random.once_in(2) { "cup" } else { "pot" }, 3, "2.50"),
        ];
        let customer_id = (n % 3 > 0).then(|| text(&format!("customer-{}", n % 3)));
        let draft = n % 7 == 6;
        world.place(NewOrder { customer_id, draft, ..order_of(&format!("life-{n}"), items) }).await;
        for _ in 0..each {
            world.clock.step(i64::try_from(random.below(9 * 60 * 60 * 1_000)).unwrap());
            let id = text(&format!("life-{}", random.below(u64::from(n) + 1)));
            // Many do not fit, and then nothing happens.
            let _ = world.try_run(&id, command(random), order_core::Meta::default()).await;
        }
    }
}

/// Figures made by looking at every order and every event once more.
#[derive(Debug, Default, PartialEq, Eq)]
struct Naive(BTreeMap<(Dimension, i64, String), Figures>);

impl Naive {
    async fn of(store: &dyn Store) -> Self {
        let mut naive = Self::default();
        let mut after = None;
        loop {
            let page = store.audit(after.as_ref(), 100).await.unwrap();
            let Some(last) = page.last() else {
                return naive;
            };
            after = Some(last.id.clone());
            for audited in page {
                naive.look(&audited.state.unwrap(), &audited.events.unwrap());
            }
        }
    }

    fn put(&mut self, dimension: Dimension, at: Timestamp, key: &str, figures: Figures) {
        let month = Grain::Month.floor(at.millis());
        self.0.entry((dimension, month, key.to_owned())).or_default().add(&figures, 1);
    }

    fn look(&mut self, order: &Order, events: &[Recorded]) {
        let Some(placed_at) = order.placed_at() else {
            return;
        };
        let cancelled = order.lifecycle() == Lifecycle::Cancelled;
        let total = i128::from(order.totals().total.minor());
        let mut whole = vec![(placed_at, Figures::default())];
        if cancelled {
            whole[0].1 = Figures { cancelled_orders: 1, cancelled: total, ..Figures::default() };
        } else {
            let units = order.lines().iter().map(|line| i64::from(line.live())).sum();
            whole[0].1 = sales(1, units, total);
            for recorded in events {
                if let OrderEvent::PaymentRefunded { amount, .. } = recorded.event {
                    let refunds = amount.minor().into();
                    whole.push((recorded.at, Figures { refunds, ..Figures::default() }));
                }
            }
        }
        for (at, figures) in whole {
            self.put(Dimension::All, at, "", figures);
            let country = order.country().map_or("", |country| country.as_str());
            self.put(Dimension::Country, at, country, figures);
            if let Some(customer) = order.customer_id() {
                self.put(Dimension::Customer, at, customer.as_str(), figures);
            }
        }
        // The lines of this shop are of different products.
        for line in order.lines() {
            let price = i128::from(line.total().unwrap().minor());
            let figures = if cancelled {
                Figures { cancelled_orders: 1, cancelled: price, ..Figures::default() }
            } else {
                sales(1, line.live().into(), price)
            };
            self.put(Dimension::Product, placed_at, line.product_id.as_str(), figures);
        }
        let units = if cancelled {
            0
        } else {
            order.lines().iter().map(|line| i64::from(line.live())).sum()
        };
        self.put(Dimension::Status, placed_at, order.status().as_str(), sales(1, units, total));
    }

    /// What a store has, in the same form.
    async fn kept(store: &dyn Store) -> Self {
        let mut kept = Self::default();
        let months: Vec<i64> = (0..14)
            .map(|n| (2025 + n / 12, n % 12 + 1))
            .map(|(year, month)| time(&format!("{year}-{month:02}-01T00:00:00Z")).millis())
            .collect();
        for dimension in [
            Dimension::All,
            Dimension::Country,
            Dimension::Customer,
            Dimension::Product,
            Dimension::Status,
        ] {
            let whole = months.windows(2).map(|pair| {
                let [from, to] = [pair[0], pair[1]].map(Timestamp::from_millis);
                runs(Period { from, to }, dimension.grains())
            });
            // The same once more, of the smallest buckets.
            let finest = dimension.finest();
            let small = months.windows(2).map(|pair| vec![run(finest, pair[0], pair[1])]);
            let (whole, small) = (whole.collect(), small.collect());
            let rows = figures(store, &query(dimension, whole)).await;
            assert_eq!(figures(store, &query(dimension, small)).await, rows, "{dimension:?}");
            for row in rows {
                let month = months[row.period as usize];
                kept.0.insert((dimension, month, row.key), row.figures);
            }
        }
        kept
    }
}

/// Lets orders of a seed live and follows them, and checks that the figures are what looking at every order
/// gives, and the same when all is counted anew.
///
/// # Panics
/// If they are not.
pub async fn figures_follow_lives(fixture: Fixture, seed: u64) -> Figures {
    let world = World::over(fixture);
    let mut random = Random::seeded(seed);
    for round in (0..60).step_by(15) {
        live(&world, &mut random, round..round + 12, 6).await;
        follow(&world).await;
        // What came before an order's newest events is looked up.
        live(&world, &mut random, round + 12..round + 15, 12).await;
        follow(&world).await;
        let naive = Naive::of(&*world.store).await;
        assert_eq!(Naive::kept(&*world.store).await, naive, "seed {seed}, round {round}");
    }
    let kept = Naive::kept(&*world.store).await;
    world.orders.recount(&world.admin).await.unwrap();
    follow(&world).await;
    assert_eq!(Naive::kept(&*world.store).await, kept, "seed {seed}, counted anew");
    let sums = kept.0.iter().filter(|((dimension, ..), _)| *dimension == Dimension::All);
    sums.fold(Figures::default(), |mut sum, (_, figures)| {
        sum.add(figures, 1);
        sum
    })
}

/// After any lives of orders, followed in any steps, the figures are what looking at every order gives; and
/// so are they when all is counted anew.
pub async fn c291_figures_are_the_sum_over_the_orders(fixture: Fixture) {
    let whole = figures_follow_lives(fixture, 272).await;
    assert!(whole.cancelled_orders > 0 && whole.refunds > 0 && whole.orders > 20, "{whole:?}");
}

/// Many who follow while others write, and die in the middle of it, count every event once.
pub async fn c292_many_who_follow_at_once_count_every_event_once(fixture: Fixture) {
    let world = Arc::new(World::over(fixture));
    for n in 0..20 {
        world.place(order(n)).await;
    }
    let works = (0..6_u64).map(|worker| {
        let world = Arc::clone(&world);
        async move {
            let mut random = Random::seeded(worker);
            for round in 0..12 {
                if worker < 3 {
                    let id = text(&format!("order-{}", random.below(20)));
                    let note = Command::Note {
                        id: text(&format!("{worker}-{round}")),
                        text: "n".to_owned(),
                    };
                    let done = if round % 3 == 0 { Command::Cancel { reason: None } } else { note };
                    let _ = world.try_run(&id, done, order_core::Meta::default()).await;
                    continue;
                }
                settle(&*world.store).await;
                let follower = follower(&world);
                let step = tokio::spawn(async move { follower.step().await });
                if random.once_in(3) {
                    // Dies somewhere.
                    tokio::task::yield_now().await;
                    step.abort();
                }
                if let Ok(step) = step.await {
                    step.unwrap();
                }
            }
        }
    });
    world.race(works).await;
    follow(&world).await;
    assert_eq!(world.store.counted().await.unwrap(), Some(world.store.end().await.unwrap()));
    assert_eq!(Naive::kept(&*world.store).await, Naive::of(&*world.store).await);
}

async fn place_at(world: &World, n: u32, at: &str, price: &str, country: &str) {
    world.clock.set(time(at).plus_millis(-1_000));
    let items = vec![priced("thing", 2, price)];
    world.place(NewOrder { items, country: Some(text(country)), ..order(n) }).await;
}

fn period(from: &str, to: &str) -> Period {
    Period { from: time(from), to: time(to) }
}

/// An order counts when it was placed, with what it comes to now; a refund when the money went back, a
/// credit note when it was issued; and what is asked is up to date.
pub async fn c293_what_counts_counts_when_it_happened(fixture: Fixture) {
    let world = World::over(fixture);
    place_at(&world, 1, "2025-03-30T23:59:59.999Z", "10.00", "France").await;
    place_at(&world, 2, "2025-03-31T00:00:00Z", "5.00", "Spain").await;
    place_at(&world, 3, "2025-03-31T21:59:59Z", "1.00", "Spain").await;
    place_at(&world, 4, "2025-03-31T22:00:00Z", "7.00", "Spain").await;
    world.place(draft(5)).await;
    world.clock.set(time("2025-04-02T08:00:00Z"));
    let capture = Command::Capture { id: None, amount: None, method: None, reference: None };
    let refund = Command::Refund {
        id: None,
        payment_id: None,
        amount: Some(pounds("3.00")),
        items: None,
        return_id: None,
        reason: None,
    };
    for (n, command) in [(1, capture.clone()), (1, refund.clone()), (4, capture), (4, refund)] {
        world.run(&text(&format!("order-{n}")), command).await;
    }
    world.run(&text("order-4"), Command::Cancel { reason: None }).await;
    let note = CreditNote { issued_at: time("2025-04-03T00:00:00Z"), ..credit_note("n", 50) };
    world.store.issue(&note).await.unwrap();
    // The days of Berlin, which puts its clocks forward between the first two.
    let periods = vec![
        period("2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"),
        period("2025-03-30T22:00:00Z", "2025-03-31T22:00:00Z"),
        period("2025-03-31T22:00:00Z", "2025-04-30T22:00:00Z"),
    ];
    let asked = RevenueQuery { periods: periods.clone(), currency: None };
    let revenue = world.orders.revenue(&world.admin, asked).await.unwrap();
    let april = Figures {
        cancelled_orders: 1,
        cancelled: 1_400,
        refunds: 300,
        notes: 1,
        credits: -50,
        ..Figures::default()
    };
    let rows: Vec<_> = revenue.rows.iter().map(|row| (row.period, row.figures)).collect();
    let expected = [Figures::default(), sales(3, 6, 3_200), april];
    assert_eq!(rows, periods.into_iter().zip(expected).collect::<Vec<_>>());
    assert_eq!((april.net(), april.gross()), (-350, 1_400));
    assert_eq!(revenue.standing.behind, 0);
    let countries = RankingQuery {
        of: Ranked::Countries,
        period: Period::ALWAYS,
        currency: None,
        by: RankBy::Sales,
        limit: 10,
    };
    let ranking = world.orders.ranking(&world.admin, countries.clone()).await.unwrap();
    let keys: Vec<_> =
        ranking.rows.iter().map(|row| (row.key.as_str(), row.figures.net())).collect();
    assert_eq!(keys, [("France", 1_700), ("Spain", 1_200), ("", -50)]);
    let products = RankingQuery { of: Ranked::Products, limit: 1, ..countries };
    let ranking = world.orders.ranking(&world.admin, products).await.unwrap();
    let thing = Figures { cancelled_orders: 1, cancelled: 1_400, ..sales(3, 6, 3_200) };
    assert_eq!(ranking.rows[0].figures, thing);
}

/// A funnel says which status orders have now, and how long they took; what was placed and shipped in one
/// commit took no known time.
pub async fn c294_a_funnel_says_what_became_of_orders(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 1..=4 {
        place_at(&world, n, "2025-03-01T12:00:00Z", "10.00", "Spain").await;
    }
    for (n, hours) in [(1, 1), (2, 2), (3, 10)] {
        world.clock.set(time("2025-03-01T12:00:00Z").plus_millis(hours * 3_600_000 - 1_000));
        world.run(&text(&format!("order-{n}")), Command::Ship(Shipping::default())).await;
    }
    world.clock.set(time("2025-03-03T11:59:59Z"));
    let delivered = world.run(&text("order-1"), Command::Deliver { shipment_id: None }).await;
    assert_eq!(delivered.order.fulfillment_status(), FulfillmentStatus::Delivered);
    world.run(&text("order-4"), Command::Cancel { reason: None }).await;
    let asked = FunnelQuery {
        period: period("2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"),
        currency: None,
    };
    let funnel = world.orders.funnel(&world.admin, asked).await.unwrap();
    let counted: Vec<_> = funnel.statuses.iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counted, [&(Status::Shipped, 2), &(Status::Delivered, 1), &(Status::Cancelled, 1)]);
    assert!(!funnel.statuses.iter().any(|(status, _)| *status == Status::Draft));
    let near = |seconds: u64, spread: Option<u64>| {
        let off = spread.unwrap().abs_diff(seconds);
        assert!(off * 100 <= seconds * 4, "{spread:?} is not {seconds}");
    };
    assert_eq!((funnel.shipped.orders, funnel.shipped.mean), (3, Some(13 * 3_600 / 3)));
    near(2 * 3_600, funnel.shipped.p50);
    near(10 * 3_600, funnel.shipped.p90);
    assert_eq!((funnel.delivered.orders, funnel.delivered.mean), (1, Some(48 * 3_600)));
    let later =
        FunnelQuery { period: period("2025-03-02T00:00:00Z", "2025-03-05T00:00:00Z"), ..asked };
    let funnel = world.orders.funnel(&world.admin, later).await.unwrap();
    assert!(funnel.statuses.iter().all(|(_, count)| *count == 0));
    assert_eq!((funnel.shipped, funnel.delivered), (Spread::default(), Spread::default()));
}

/// What cannot be answered is refused by name, and customers are not answered at all.
pub async fn c295_what_cannot_be_answered_is_refused(fixture: Fixture) {
    let world = World::over(fixture);
    let day = period("2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z");
    let empty = Period { from: day.to, to: day.to };
    let code = |error: ServiceError| error.code();
    let revenue = async |periods| {
        let asked = RevenueQuery { periods, currency: None };
        world.orders.revenue(&world.admin, asked).await.map(|_| ()).map_err(code)
    };
    assert_eq!(revenue(vec![day; 1_000]).await, Ok(()));
    assert_eq!(revenue(vec![day; 1_001]).await, Err("analytics.too_many_periods"));
    assert_eq!(revenue(vec![day, empty]).await, Err("analytics.period_empty"));
    let ask = |limit, period| RankingQuery {
        of: Ranked::Products,
        period,
        currency: None,
        by: RankBy::Sales,
        limit,
    };
    for (asked, expected) in [
        (ask(0, day), "page.limit_out_of_range"),
        (ask(1_001, day), "page.limit_out_of_range"),
        (ask(1, empty), "analytics.period_empty"),
    ] {
        let refused = world.orders.ranking(&world.admin, asked).await;
        assert_eq!(refused.map(|_| ()).map_err(code), Err(expected));
    }
    let asked = FunnelQuery { period: empty, currency: None };
    let refused = world.orders.funnel(&world.admin, asked).await;
    assert_eq!(refused.map(|_| ()).map_err(code), Err("analytics.period_empty"));
    let customer = Principal::customer(text("customer-1"));
    let kind = |error: ServiceError| error.kind();
    let asked = FunnelQuery { period: day, currency: None };
    let refused = [
        world.orders.funnel(&customer, asked).await.map(|_| ()).map_err(kind),
        world.orders.ranking(&customer, ask(1, day)).await.map(|_| ()).map_err(kind),
        world.orders.recount(&customer).await.map(|_| ()).map_err(kind),
    ];
    assert_eq!(refused, [Err(ErrorKind::Forbidden); 3]);
}
