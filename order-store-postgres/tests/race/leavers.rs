//! A caller that goes away half-way leaves something whole or nothing, and a store that works.

use std::time::Duration;

use order_core::{Meta, NewOrder, OrderService, Orders, ServiceError, ports::OrderQueries};
use order_store_postgres::PgOrderStore;
use order_testkit::sample::{full_order, keyed, product, text, units};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::time::{error::Elapsed, sleep, timeout};

use crate::{
    health::{admin, check_health},
    random::Random,
    servers::{Pair, Server},
    support::url,
};

const ROUNDS: usize = 200;
const LEAVERS: usize = 8;
const STOCK: i64 = 1_000_000;
/// How long a caller waits at most, in microseconds: some hardly begin, some are nearly done.
const PATIENCE_US: [u64; 3] = [1_000, 10_000, 50_000];

/// An order without an id or a number, so that whoever places it twice shows.
fn order(round: usize, leaver: usize) -> (NewOrder, Meta) {
    let n = round * LEAVERS + leaver;
    let mut order = full_order(u32::try_from(n).unwrap());
    (order.id, order.number) = (None, None);
    order.items.push(units("counted", 1));
    (order, keyed(&format!("key-{n}")))
}

fn joined_id(round: usize) -> String {
    format!("joined-{round}")
}

/// Places an order in a transaction of the host, and says whether that was committed. A transaction
/// that a call was dropped in is not to be had any more.
async fn place_joined(
    store: PgOrderStore,
    orders: OrderService,
    pool: PgPool,
    round: usize,
    patience: Duration,
) -> bool {
    let mut order = full_order(0);
    order.id = Some(text(&joined_id(round)));
    order.number = None;
    order.items.push(units("counted", 1));
    let joined = store.join(pool.begin().await.unwrap());
    let orders = orders.within(joined.clone());
    let placed = timeout(patience, orders.place(&admin(), order, Meta::default())).await;
    match (placed, joined.leave().await) {
        (Ok(placed), Ok(transaction)) => {
            placed.unwrap();
            transaction.commit().await.unwrap();
            true
        }
        // It was dropped while it waited for something else than the transaction, or in it.
        (Err(_), Ok(transaction)) => {
            transaction.rollback().await.unwrap();
            false
        }
        (Err(_), Err(_)) => false,
        (Ok(placed), Err(error)) => panic!("{placed:?} but {error:?}"),
    }
}

/// Whoever is answered is answered well.
fn answered<T>(waited: Result<Result<T, ServiceError>, Elapsed>) -> bool {
    waited.is_ok_and(|done| done.map(|_| true).unwrap())
}

/// Begins something and goes away. Says whether it was answered.
async fn leave(orders: OrderService, round: usize, leaver: usize, patience: Duration) -> bool {
    let (order, meta) = order(round, leaver);
    match leaver % 4 {
        0 => answered(timeout(patience, orders.place(&admin(), order, meta)).await),
        1 => answered(timeout(patience, orders.change_stock(&admin(), &text("shelf"), 1)).await),
        2 => answered(timeout(patience, orders.verify(&admin(), None, 10)).await),
        _ => {
            let task =
                tokio::spawn(async move { orders.place(&admin(), order, meta).await.unwrap() });
            sleep(patience).await;
            task.abort();
            task.await.is_ok()
        }
    }
}

/// What was begun is done again with the same key: it has happened once.
async fn repeat(server: &Server) -> u64 {
    let mut placed = 0;
    for round in 0..ROUNDS {
        for leaver in (0..LEAVERS).filter(|leaver| matches!(leaver % 4, 0 | 3)) {
            let (order, meta) = order(round, leaver);
            server.orders.place(&admin(), order, meta).await.unwrap();
            placed += 1;
        }
    }
    placed
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_leaves_something_whole_or_nothing() {
    let mut random = Random::seeded("leavers");
    let pair = Pair::start().await;
    pair.sell(product("counted", Some(STOCK))).await;
    pair.sell(product("shelf", Some(0))).await;
    let pool = PgPoolOptions::new().max_connections(2).connect(&url()).await.unwrap();
    let (mut answered, mut joined) = (0, 0);
    for round in 0..ROUNDS {
        let mut patience = || {
            let most = PATIENCE_US[usize::try_from(random.below(3)).unwrap()];
            Duration::from_micros(random.below(most))
        };
        let [one, _] = &pair.servers;
        let hosts = one.spawn(place_joined(
            one.store.clone(),
            one.orders.clone(),
            pool.clone(),
            round,
            // A transaction of several steps takes longer.
            4 * patience(),
        ));
        let done = pair
            .race(LEAVERS, |n, server| leave(server.orders.clone(), round, n, patience()))
            .await;
        answered += done.iter().filter(|answered| **answered).count();
        let landed = hosts.await.unwrap();
        assert_eq!(pair.servers[1].store.find(&joined_id(round)).await.unwrap().is_some(), landed);
        joined += u64::from(landed);
    }
    let begun = ROUNDS * (LEAVERS + 1);
    println!(
        "leavers: {answered} of {} were answered, {joined} of {ROUNDS} joined",
        begun - ROUNDS
    );
    assert!(answered > 0 && answered < begun - ROUNDS, "some wait long enough, some do not");
    // Some of it may still be on its way.
    check_health(&pair.servers[0].orders).await;
    let placed = repeat(&pair.servers[1]).await;
    assert_eq!(pair.check_health().await, placed + joined);
    let sold = i64::try_from(placed + joined).unwrap();
    assert_eq!(pair.stock("counted").await, STOCK - sold);
    let changes = i64::try_from(ROUNDS * LEAVERS / 4).unwrap();
    assert!((0..=changes).contains(&pair.stock("shelf").await));
}
