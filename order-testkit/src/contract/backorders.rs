//! Backorder: a product may owe units, and only with it.

use order_core::{
    Command, ErrorKind, Meta, Orders, Product, ProductChange, ProductId, ServiceError,
    catalog::STOCK_MAX, ports::StoreError,
};

use super::{Fixture, World};
use crate::sample::{order_of, product, product_on_backorder, text, time, units};

/// How often the last unit is fought for.
const ROUNDS: usize = 200;
/// How many fight for it.
const BUYERS: usize = 8;

async fn get(world: &World, id: &str) -> Product {
    world.orders.product(&world.admin, &text(id)).await.unwrap()
}

fn is_short<T: std::fmt::Debug>(refused: Result<T, ServiceError>) -> bool {
    let refused = refused.unwrap_err();
    (refused.code(), refused.kind()) == ("stock.insufficient", ErrorKind::Conflict)
}

/// `OrderStore` clause 5, `Catalog` clause 3: with backorder orders and changes take more than there
/// is; the level says how many units are owed, and what comes back is owed no more.
pub async fn c190_a_product_with_backorder_sells_below_zero(fixture: Fixture) {
    let world = World::over(fixture);
    let sold = world.sell(product_on_backorder("p", 1)).await;
    assert!(sold.backorder && get(&world, "p").await.backorder);
    let first = world.place(order_of("first", vec![units("p", 3), units("p", 1)])).await;
    assert_eq!(world.stock("p").await, Some(-3));
    world.place(order_of("second", vec![units("p", 5)])).await;
    assert_eq!(world.stock("p").await, Some(-8));
    world.run(first.order.id(), Command::Cancel { reason: None }).await;
    assert_eq!(world.stock("p").await, Some(-4));
    for (delta, level) in [(-2, -6), (1, -5), (5, 0), (-1, -1), (7, 6)] {
        let changed = world.orders.change_stock(&world.admin, &text("p"), delta).await.unwrap();
        assert_eq!((changed.stock, changed.version), (Some(level), 1), "{delta}");
    }
    world.sell(product_on_backorder("owed from the start", -7)).await;
    world.place(order_of("third", vec![units("owed from the start", 1)])).await;
    assert_eq!(world.stock("owed from the start").await, Some(-8));
}

/// Without backorder nothing is sold below zero, whatever other products of the order may; with it
/// the same order is taken.
pub async fn c191_without_backorder_nothing_sells_below_zero(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(2))).await;
    world.sell(product_on_backorder("b", 0)).await;
    let backorder = |on| ProductChange { backorder: Some(on), ..ProductChange::default() };
    let id: ProductId = text("p");
    let change = |on| world.orders.change_product(&world.admin, &id, backorder(on), None);
    let cart = |id: &str| order_of(id, vec![units("b", 1), units("p", 3)]);
    for order in ["first", "second"] {
        assert!(is_short(world.try_place(cart(order), Meta::default()).await));
        assert!(is_short(world.orders.change_stock(&world.admin, &text("p"), -3).await));
        assert_eq!((world.stock("p").await, world.stock("b").await), (Some(2), Some(0)));
        change(true).await.unwrap();
        let placed = world.place(cart(order)).await;
        assert_eq!((world.stock("p").await, world.stock("b").await), (Some(-1), Some(-1)));
        world.run(placed.order.id(), Command::Cancel { reason: None }).await;
        let ended = change(false).await.unwrap();
        assert_eq!((ended.backorder, ended.stock), (false, Some(2)));
    }
}

/// No more is owed than can be counted, and what is refused leaves the stock as it was.
pub async fn c192_owed_units_can_be_counted_only_so_far(fixture: Fixture) {
    let world = World::over(fixture);
    let sold = world.sell(product_on_backorder("p", 1 - STOCK_MAX)).await;
    for delta in [-2, -STOCK_MAX, i64::MIN, i64::MAX] {
        let refused = world.store.change_stock(&sold.id, delta, sold.created_at).await.unwrap_err();
        assert!(matches!(refused, StoreError::StockOverflow { .. }), "{delta}: {refused:?}");
    }
    let refused = world.try_place(order_of("o", vec![units("p", 2)]), Meta::default()).await;
    assert_eq!(refused.unwrap_err().code(), "stock.out_of_range");
    world.place(order_of("o", vec![units("p", 1)])).await;
    assert_eq!(world.stock("p").await, Some(-STOCK_MAX));
    // A product that was not counted is counted from nothing.
    let uncounted = order_core::NewProduct { stock: None, ..product_on_backorder("free", 0) };
    world.sell(uncounted).await;
    let changed = world.orders.change_stock(&world.admin, &text("free"), -1).await.unwrap();
    assert_eq!(changed.stock, Some(-1));
}

/// `Catalog` clause 4: backorder ends when nothing is owed, or together with a new level; a level
/// below zero is written only with it.
pub async fn c193_backorder_ends_only_when_nothing_is_owed(fixture: Fixture) {
    let world = World::over(fixture);
    let before = world.sell(product_on_backorder("p", 1)).await;
    world.place(order_of("o", vec![units("p", 4)])).await;
    let next = |backorder, stock| Product { version: 2, backorder, stock, ..before.clone() };
    for (product, with_stock, owes) in [
        (next(false, Some(1)), false, 3),
        (next(false, None), false, 3),
        (next(false, Some(-2)), true, 2),
        (Product { version: 1, id: text("new"), ..next(false, Some(-5)) }, true, 5),
        (Product { version: 1, id: text("new"), ..next(false, Some(-5)) }, false, 5),
    ] {
        match world.store.put(&product, with_stock).await.unwrap_err() {
            StoreError::UnitsOwed { product_id, owed } => {
                assert_eq!((product_id, owed), (product.id, owes));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(world.store.products(&[text("new")]).await.unwrap().is_empty());
    let kept = get(&world, "p").await;
    assert_eq!((kept.version, kept.backorder, kept.stock), (1, true, Some(-3)));
    // Another version is the first reason.
    let late = Product { version: 3, ..next(false, None) };
    let refused = world.store.put(&late, false).await.unwrap_err();
    assert!(matches!(refused, StoreError::ProductConflict), "{refused:?}");
    let end = || ProductChange { backorder: Some(false), ..ProductChange::default() };
    let change = |change| world.orders.change_product(&world.admin, &before.id, change, None);
    let refused = change(end()).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("stock.owed", ErrorKind::Conflict));
    let refused = change(ProductChange { stock: Some(-3), ..end() }).await.unwrap_err();
    assert_eq!(refused.code(), "stock.out_of_range");
    // Other changes go on, a level may be set, and with one that owes nothing backorder ends.
    let renamed = ProductChange { name: Some(text("New")), ..ProductChange::default() };
    assert_eq!(change(renamed).await.unwrap().stock, Some(-3));
    let owing = ProductChange { stock: Some(-9), ..ProductChange::default() };
    assert_eq!(change(owing).await.unwrap().stock, Some(-9));
    let ended = change(ProductChange { stock: Some(0), ..end() }).await.unwrap();
    assert_eq!((ended.stock, ended.backorder, ended.version), (Some(0), false, 4));
    assert_eq!(get(&world, "p").await, ended);
}

/// Of many who want the last unit, one gets it without backorder, and everybody with it.
pub async fn c194_the_last_unit_is_sold_once_or_to_everybody(fixture: Fixture) {
    let world = World::over(fixture);
    for round in 0..ROUNDS {
        let id = format!("p{round}");
        let backorder = round % 2 == 0;
        world.sell(order_core::NewProduct { backorder, ..product(&id, Some(1)) }).await;
        let results = world
            .race((0..BUYERS).map(|n| {
                let (orders, admin) = (world.orders.clone(), world.admin.clone());
                let new = order_of(&format!("{round}-{n}"), vec![units(&id, 1)]);
                async move { orders.place(&admin, new, Meta::default()).await.map(|_| ()) }
            }))
            .await;
        let sold = results.iter().filter(|result| result.is_ok()).count();
        assert!(results.into_iter().filter(Result::is_err).all(is_short), "round {round}");
        assert_eq!(sold, if backorder { BUYERS } else { 1 }, "round {round}");
        let left = 1 - i64::try_from(sold).unwrap();
        assert_eq!(world.stock(&id).await, Some(left), "round {round}");
    }
}

/// `Catalog` clause 4: while backorder ends, orders and changes take what they may: in the end either
/// nothing is owed or backorder goes on.
pub async fn c195_a_sale_and_the_end_of_backorder_do_not_cross(fixture: Fixture) {
    let world = World::over(fixture);
    let (mut ended, mut went_on) = (0, 0);
    for round in 0..ROUNDS {
        let id = format!("p{round}");
        let before = world.sell(product_on_backorder(&id, 0)).await;
        let results = world
            .race((0..4).map(|n| {
                let (orders, admin) = (world.orders.clone(), world.admin.clone());
                let (store, before) = (world.store.clone(), before.clone());
                let new = order_of(&format!("{round}-{n}"), vec![units(&id, 1)]);
                async move {
                    match (n + round) % 4 {
                        0 => {
                            let next = Product { version: 2, backorder: false, ..before };
                            store.put(&next, false).await.map_err(ServiceError::from)
                        }
                        1 => {
                            let at = time("2025-01-29T00:00:01Z");
                            let changed = store.change_stock(&before.id, -1, at).await;
                            changed.map(|_| ()).map_err(ServiceError::from)
                        }
                        _ => orders.place(&admin, new, Meta::default()).await.map(|_| ()),
                    }
                }
            }))
            .await;
        let refusals = results.iter().filter_map(|result| result.as_ref().err());
        for refused in refusals {
            assert!(matches!(refused.code(), "stock.insufficient" | "stock.owed"), "{refused:?}");
        }
        let after = get(&world, &id).await;
        let is_refused =
            |code| results.iter().any(|it| it.as_ref().is_err_and(|it| it.code() == code));
        if after.backorder {
            went_on += 1;
            assert!(is_refused("stock.owed") && after.stock == Some(-3), "{after:?}");
        } else {
            ended += 1;
            assert!(is_refused("stock.insufficient") && after.stock == Some(0), "{after:?}");
        }
    }
    assert!(ended + went_on == ROUNDS, "{ended} ended, {went_on} went on");
}

/// Buying, cancelling and restocking at once around zero loses and invents no unit.
pub async fn c196_units_around_zero_are_conserved(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product_on_backorder("p", 3)).await;
    let tasks = (0..32_u32).map(|n| {
        let (orders, admin) = (world.orders.clone(), world.admin.clone());
        async move {
            let new = order_of(&format!("o{n}"), vec![units("p", 1 + n % 3)]);
            orders.place(&admin, new, Meta::default()).await.unwrap();
            if n % 2 == 0 {
                let (cancel, id) = (Command::Cancel { reason: None }, format!("o{n}"));
                orders.execute(&admin, &id, cancel, Meta::default()).await.unwrap();
                return 0;
            }
            orders.change_stock(&admin, &text("p"), 1).await.unwrap();
            1 - i64::from(1 + n % 3)
        }
    });
    let moved: i64 = world.race(tasks).await.into_iter().sum();
    assert_eq!(world.stock("p").await, Some(3 + moved));
}
