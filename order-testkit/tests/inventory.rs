//! The inventory inside a test: whole or not at all, once, and never oversold.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use order_core::{
    ProductId,
    ports::{HoldAnswer, Inventory, RemoteError, StockHold, Units},
};
use order_testkit::{HoldFault, ScriptedInventory};

fn product(name: &str) -> ProductId {
    name.parse().unwrap()
}

fn inventory() -> ScriptedInventory {
    ScriptedInventory::new([(product("tea"), 10), (product("cup"), 2)])
}

fn hold(order: &str, revision: u64, units: &[(&str, u64)]) -> StockHold {
    let units = units
        .iter()
        .map(|(name, quantity)| Units { product_id: product(name), quantity: *quantity });
    StockHold { order_id: order.parse().unwrap(), revision, units: units.collect() }
}

fn left(stock: &ScriptedInventory) -> (u64, u64) {
    (stock.left(&product("tea")), stock.left(&product("cup")))
}

#[tokio::test]
async fn a_hold_replaces_the_one_before_it() {
    let stock = inventory();
    let first = hold("a", 1, &[("tea", 3), ("tea", 1), ("cup", 2)]);
    assert_eq!(stock.hold(&first).await.unwrap(), HoldAnswer::Held);
    assert_eq!(left(&stock), (6, 0));
    assert_eq!(stock.hold(&hold("a", 2, &[("tea", 10)])).await.unwrap(), HoldAnswer::Held);
    assert_eq!(left(&stock), (0, 2));
    assert_eq!(stock.hold(&hold("a", 3, &[])).await.unwrap(), HoldAnswer::Held);
    assert_eq!(left(&stock), (10, 2));
    assert!(stock.held(&"a".parse().unwrap()).is_empty());
}

#[tokio::test]
async fn a_hold_that_is_too_large_leaves_what_was_held() {
    let stock = inventory();
    stock.hold(&hold("a", 1, &[("tea", 3)])).await.unwrap();
    let refused = stock.hold(&hold("a", 2, &[("tea", 5), ("cup", 3)])).await.unwrap();
    assert!(matches!(refused, HoldAnswer::Refused(_)));
    assert_eq!(left(&stock), (7, 2));
    let unknown = stock.hold(&hold("b", 1, &[("hat", 1)])).await.unwrap();
    assert!(matches!(unknown, HoldAnswer::Refused(_)));
}

#[tokio::test]
async fn repeats_and_late_holds_have_no_effect() {
    let stock = inventory();
    stock.plan([HoldFault::LostAfter, HoldFault::LostBefore]);
    let second = hold("a", 2, &[("tea", 4)]);
    for held in [6, 6, 6] {
        let answer = stock.hold(&second).await;
        assert!(matches!(answer, Ok(HoldAnswer::Held) | Err(RemoteError::Unavailable { .. })));
        assert_eq!(left(&stock).0, held);
    }
    assert_eq!(stock.hold(&hold("a", 1, &[("tea", 1)])).await.unwrap(), HoldAnswer::Held);
    assert_eq!((left(&stock).0, stock.calls()), (6, 4));
    let other = stock.hold(&hold("a", 2, &[("tea", 5)])).await;
    assert!(matches!(other, Err(RemoteError::Misused { .. })));
}

#[tokio::test]
async fn a_seed_loses_calls_and_answers_alike_every_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let stock = inventory();
        stock.seed(3);
        let mut run = Vec::new();
        for revision in 1..=50 {
            let answer = stock.hold(&hold("a", revision, &[("tea", revision % 3)])).await;
            run.push((answer.is_ok(), left(&stock).0));
        }
        assert!(run.iter().any(|(ok, _)| !ok) && run.iter().any(|(ok, _)| *ok));
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
}
