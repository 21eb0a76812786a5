//! Figures are the sum over the orders, whatever happens to those and whoever counts.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use order_core::{
    Analytics, Command, Edit, Lifecycle, LineQuantity, NewOrder, Order, OrderEvent, Recorded,
    Shipping, Timestamp,
    analytics::{Dimension, Figures, Follower, Grain, Period, runs},
    ports::Store,
};

use super::{
    Fixture, World,
    feeds::settle,
    figures::{figures, query, run, sales},
};
use crate::{
    Random,
    sample::{order, order_of, pounds, priced, text, time},
};

fn follower(world: &World) -> Follower {
    world.orders.follower()
}

/// Counts all there is.
async fn follow(world: &World) {
    settle(&*world.store).await;
    while follower(world).step().await.unwrap().events > 0 {}
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
