//! A key has one effect, however often and wherever it is sent.

use std::collections::HashSet;

use order_core::{Meta, NewOrder, Orders};
use order_testkit::sample::{keyed, order_of, product, units};

use crate::{health::admin, servers::Pair};

const WAVES: usize = 8;
const KEYS_OF_WAVE: usize = 25;
const REPEATS: usize = 20;
const STOCK: i64 = 1_000_000;

/// What is sent with a key. Without an id or a number each attempt would make an order of its own.
fn order(key: usize) -> (NewOrder, Meta) {
    let mut order = order_of("unnamed", vec![units("counted", 2)]);
    order.id = None;
    order.customer_id = Some(order_testkit::sample::text(&format!("customer-{key}")));
    (order, keyed(&format!("key-{key}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_placements_with_one_key_one_is_carried_out() {
    let pair = Pair::start().await;
    pair.sell(product("counted", Some(STOCK))).await;
    let mut ids = HashSet::new();
    for wave in 0..WAVES {
        let key_of = |n: usize| wave * KEYS_OF_WAVE + n / REPEATS;
        let answers = pair
            .race(KEYS_OF_WAVE * REPEATS, |n, server| {
                let (orders, (order, meta)) = (server.orders.clone(), order(key_of(n)));
                async move { orders.place(&admin(), order, meta).await }
            })
            .await;
        let receipts: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        for repeats in receipts.chunks(REPEATS) {
            let first = &repeats[0];
            for other in repeats {
                assert_eq!(other.order.id(), first.order.id());
                assert_eq!(other.order, first.order);
                assert_eq!(other.events, first.events);
                assert_eq!(other.order.version(), 1);
            }
            let replayed = repeats.iter().filter(|receipt| receipt.replayed).count();
            assert_eq!(replayed, REPEATS - 1);
            assert!(ids.insert(first.order.id().clone()), "keys share an order");
        }
    }
    let keys = WAVES * KEYS_OF_WAVE;
    assert_eq!(pair.check_health().await, keys as u64);
    assert_eq!(pair.stock("counted").await, STOCK - 2 * i64::try_from(keys).unwrap());
    println!("keys: {keys} of them {REPEATS} times at once, one order each");
}
