//! Carts that hold the same products in any order neither block each other for good nor lose units.

use std::collections::BTreeMap;

use order_core::{
    Command, Meta, NewOrder, OrderService, Orders, ServiceError, Status,
    ports::{OrderQuery, Start},
};
use order_testkit::sample::{order_of, product, text, units};

use crate::{health::admin, random::Random, servers::Pair};

const PRODUCTS: u64 = 10;
const STOCK: i64 = 60;
const CLIENTS: usize = 24;
const STEPS: usize = 40;

fn name(product: u64) -> String {
    format!("hot-{product}")
}

/// Some of the products in some order, one of them perhaps twice; two clients of three always take
/// the same two, in opposite orders.
fn cart(client: usize, random: &mut Random) -> NewOrder {
    let mut products: Vec<u64> = match client % 3 {
        0 => vec![0, 1],
        1 => vec![1, 0],
        _ => (0..=random.below(PRODUCTS)).map(|_| random.below(PRODUCTS)).collect(),
    };
    products.truncate(6);
    let quantity = |random: &mut Random| u32::try_from(1 + random.below(3)).unwrap();
    let items = products.into_iter().map(|it| units(&name(it), quantity(random))).collect();
    let mut order = order_of("unnamed", items);
    order.id = None;
    order
}

fn is_sold_out(error: &ServiceError) -> bool {
    error.code() == "stock.insufficient"
}

/// Places an order and perhaps cancels it.
async fn buy(orders: &OrderService, client: usize, random: &mut Random) {
    match orders.place(&admin(), cart(client, random), Meta::default()).await {
        Ok(receipt) if random.below(2) == 0 => {
            let (id, cancel) = (receipt.order.id(), Command::Cancel { reason: None });
            orders.execute(&admin(), id.as_str(), cancel, Meta::default()).await.unwrap();
        }
        Ok(_) => {}
        Err(error) => assert!(is_sold_out(&error), "{error:?}"),
    }
}

/// Buys and changes stocks by hand. Says by how much those were changed.
async fn shop(orders: OrderService, client: usize, mut random: Random) -> BTreeMap<u64, i64> {
    let mut by_hand = BTreeMap::new();
    for _ in 0..STEPS {
        let one = random.below(PRODUCTS);
        if random.below(2) == 0 {
            buy(&orders, client, &mut random).await;
            let seen = orders.product(&admin(), &text(&name(one))).await.unwrap();
            assert!(seen.stock.unwrap() >= 0, "{seen:?}");
            continue;
        }
        let delta = i64::try_from(random.below(9)).unwrap() - 4;
        match orders.change_stock(&admin(), &text(&name(one)), delta).await {
            Ok(_) => *by_hand.entry(one).or_default() += delta,
            Err(error) => assert!(is_sold_out(&error), "{error:?}"),
        }
    }
    by_hand
}

/// Units that live orders hold.
async fn held(orders: &OrderService) -> BTreeMap<String, i64> {
    let mut held = BTreeMap::new();
    let mut query = OrderQuery { limit: 100, ..OrderQuery::default() };
    loop {
        let page = orders.list(&admin(), query.clone()).await.unwrap();
        let live = page.orders.iter().filter(|view| view.order.status() != Status::Cancelled);
        for line in live.flat_map(|view| view.order.lines()) {
            assert!(line.tracked);
            *held.entry(line.product_id.to_string()).or_default() += i64::from(line.live());
        }
        match page.next {
            Some(cursor) => query.start = Start::After(cursor),
            None => return held,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_in_any_order_neither_deadlock_nor_lose_units() {
    let mut random = Random::seeded("carts");
    let pair = Pair::start().await;
    for it in 0..PRODUCTS {
        pair.sell(product(&name(it), Some(STOCK))).await;
    }
    let by_hand =
        pair.race(CLIENTS, |n, server| shop(server.orders.clone(), n, random.split())).await;
    let orders = pair.check_health().await;
    let held = held(&pair.servers[0].orders).await;
    for it in 0..PRODUCTS {
        let by_hand: i64 = by_hand.iter().filter_map(|changes| changes.get(&it)).sum();
        let held = held.get(&name(it)).copied().unwrap_or_default();
        assert_eq!(pair.stock(&name(it)).await + held, STOCK + by_hand, "{}", name(it));
    }
    println!("carts: {orders} orders of {CLIENTS} clients, {held:?} units held");
}
