//! Everybody who orders on backorder is served, and nothing is owed without it.

use order_core::{Meta, OrderService, Orders, ProductChange, ServiceError};
use order_testkit::sample::{order_of, product_on_backorder, text, units};

use crate::{health::admin, servers::Pair};

const ROUNDS: usize = 200;
const CLIENTS: usize = 32;
const CLIENTS_OF_END: usize = 8;

async fn buy(orders: OrderService, product: String) -> Result<(), ServiceError> {
    let mut order = order_of("unnamed", vec![units(&product, 1)]);
    order.id = None;
    orders.place(&admin(), order, Meta::default()).await.map(|_| ())
}

async fn end_backorder(orders: OrderService, product: String) -> Result<(), ServiceError> {
    let change = ProductChange { backorder: Some(false), ..ProductChange::default() };
    orders.change_product(&admin(), &text(&product), change, None).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_orders_on_backorder_is_served() {
    let pair = Pair::start().await;
    for round in 0..ROUNDS {
        let id = format!("owing-{round}");
        pair.sell(product_on_backorder(&id, 1)).await;
        let answers = pair.race(CLIENTS, |_, server| buy(server.orders.clone(), id.clone())).await;
        assert!(answers.iter().all(Result::is_ok), "round {round}: {answers:?}");
        assert_eq!(pair.stock(&id).await, 1 - i64::try_from(CLIENTS).unwrap(), "round {round}");
    }
    assert_eq!(pair.check_health().await, (ROUNDS * CLIENTS) as u64);
}

/// One server ends the backorder while both sell: whoever comes later is refused.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_owed_once_backorder_has_ended() {
    let pair = Pair::start().await;
    let (mut ended, mut sold) = (0, 0);
    for round in 0..ROUNDS {
        let id = format!("ending-{round}");
        pair.sell(product_on_backorder(&id, 0)).await;
        let answers = pair
            .race(CLIENTS_OF_END, |n, server| {
                let (orders, id) = (server.orders.clone(), id.clone());
                async move {
                    match n == round % CLIENTS_OF_END {
                        true => end_backorder(orders, id).await,
                        false => buy(orders, id).await,
                    }
                }
            })
            .await;
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(matches!(refused.code(), "stock.insufficient" | "stock.owed"), "{refused:?}");
        }
        let landed = answers.iter().filter(|answer| answer.is_ok()).count();
        let product = pair.servers[0].orders.product(&admin(), &text(&id)).await.unwrap();
        if product.backorder {
            let owed = i64::try_from(CLIENTS_OF_END - 1).unwrap();
            assert_eq!((landed, product.stock), (CLIENTS_OF_END - 1, Some(-owed)), "round {round}");
            sold += landed;
        } else {
            assert_eq!((landed, product.stock), (1, Some(0)), "round {round}");
            ended += 1;
        }
    }
    assert_eq!(pair.check_health().await, sold as u64);
    println!("backorder: ended {ended} times of {ROUNDS}");
}
