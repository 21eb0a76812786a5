//! Stock is never sold twice and never lost.

use order_core::{
    Command, ErrorKind, LineQuantity, Meta, NewOrder, Orders, ProductChange, Receipt, Revision,
    ServiceError, Shipping, catalog::STOCK_MAX, ports::StoreError,
};

use super::{Author, Fixture, World};
use crate::sample::{order_of, priced, product, text, time, units};

/// How many buyers there are at once.
const BUYERS: usize = 32;

fn line(id: &str, quantity: u32) -> LineQuantity {
    LineQuantity { line_id: text(id), quantity }
}

async fn buy_at_once(
    world: &World,
    round: usize,
    items: impl Fn(usize) -> Vec<order_core::ItemInput> + Send + Sync,
) -> Vec<Result<Receipt, ServiceError>> {
    world
        .race((0..BUYERS).map(|n| {
            let (orders, admin) = (world.orders.clone(), world.admin.clone());
            let new = order_of(&format!("{round}-{n}"), items(n));
            async move { orders.place(&admin, new, Meta::default()).await }
        }))
        .await
}

fn check_losers(results: &[Result<Receipt, ServiceError>]) -> usize {
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(refused.code(), "stock.insufficient", "{refused:?}");
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    results.iter().filter(|result| result.is_ok()).count()
}

/// Placing takes units out; cancelling puts back what is still held, in parts or at once.
pub async fn c57_placing_takes_and_cancelling_gives_back(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(10))).await;
    let id = world.place(order_of("o", vec![units("p", 4)])).await.order.id().clone();
    assert_eq!(world.stock("p").await, Some(6));
    world.run(&id, Command::CancelItems { items: vec![line("1", 1)], reason: None }).await;
    assert_eq!(world.stock("p").await, Some(7));
    world.run(&id, Command::Cancel { reason: None }).await;
    assert_eq!(world.stock("p").await, Some(10));
}

/// A draft holds nothing; placing it does, and a draft that is cancelled gives nothing back.
pub async fn c58_a_draft_holds_no_stock(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(10))).await;
    let draft = |id| NewOrder { draft: true, ..order_of(id, vec![units("p", 4)]) };
    let placed = world.place(draft("placed")).await;
    let cancelled = world.place(draft("cancelled")).await;
    assert_eq!(world.stock("p").await, Some(10));
    world.run(placed.order.id(), Command::Place { content: None, person: None }).await;
    world.run(cancelled.order.id(), Command::Cancel { reason: None }).await;
    assert_eq!(world.stock("p").await, Some(6));
}

/// A revision moves only the difference, of every product it touches.
pub async fn c59_a_revision_moves_the_difference(fixture: Fixture) {
    let world = World::over(fixture);
    for id in ["a", "b", "c"] {
        world.sell(product(id, Some(10))).await;
    }
    world.place(order_of("o", vec![units("a", 4), units("b", 4)])).await;
    let items = Some(vec![units("a", 6), units("c", 3)]);
    let revision = Revision { items, ..Revision::default() };
    world.orders.revise(&world.admin, "o", revision, Meta::default()).await.unwrap();
    let levels = [world.stock("a").await, world.stock("b").await, world.stock("c").await];
    assert_eq!(levels, [Some(4), Some(10), Some(7)]);
    let greedy = Revision { items: Some(vec![units("a", 11)]), ..Revision::default() };
    let refused = world.orders.revise(&world.admin, "o", greedy, Meta::default()).await;
    assert_eq!(refused.unwrap_err().code(), "stock.insufficient");
    let levels = [world.stock("a").await, world.stock("b").await, world.stock("c").await];
    assert_eq!(levels, [Some(4), Some(10), Some(7)]);
}

/// What comes back enters the stock only if somebody says so.
pub async fn c60_what_comes_back_is_restocked_only_on_demand(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(10))).await;
    let id = world.place(order_of("o", vec![units("p", 5)])).await.order.id().clone();
    world.run(&id, Command::Ship(Shipping::default())).await;
    world.run(&id, Command::Deliver { shipment_id: None }).await;
    assert_eq!(world.stock("p").await, Some(5));
    for (quantity, restock, level) in [(2, true, 7), (3, false, 7)] {
        let items = Some(vec![line("1", quantity)]);
        world.run(&id, Command::RequestReturn { id: None, items, reason: None }).await;
        world.run(&id, Command::ReceiveReturn { id: None, items: None, restock }).await;
        assert_eq!(world.stock("p").await, Some(level));
    }
}

/// A refusal names the product, what there is and what was asked for; the last unit can be sold.
pub async fn c61_a_refusal_names_what_there_is(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("plenty", Some(100))).await;
    world.sell(product("scarce", Some(3))).await;
    let new = order_of("o", vec![units("plenty", 1), units("scarce", 4)]);
    match world.try_place(new, Meta::default()).await.unwrap_err() {
        ServiceError::Store(StoreError::InsufficientStock { product_id, available, requested }) => {
            assert_eq!((product_id.as_str(), available, requested), ("scarce", 3, 4));
        }
        other => panic!("{other:?}"),
    }
    world.place(order_of("o", vec![units("scarce", 3)])).await;
    assert_eq!(world.stock("scarce").await, Some(0));
}

/// Two lines of one product count together.
pub async fn c62_lines_of_one_product_count_together(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(3))).await;
    let refused =
        world.try_place(order_of("o", vec![units("p", 2), units("p", 2)]), Meta::default()).await;
    match refused.unwrap_err() {
        ServiceError::Store(StoreError::InsufficientStock { available, requested, .. }) => {
            assert_eq!((available, requested), (3, 4));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.stock("p").await, Some(3));
    let id = world.place(order_of("o", vec![units("p", 2), units("p", 1)])).await;
    assert_eq!(world.stock("p").await, Some(0));
    world.run(id.order.id(), Command::Cancel { reason: None }).await;
    assert_eq!(world.stock("p").await, Some(3));
}

/// `OrderStore` clause 5: products that are not counted or not known are left alone, both when
/// units leave and when they come back.
pub async fn c63_what_is_not_counted_is_left_alone(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("free", None)).await;
    let items = vec![units("free", 1_000_000), priced("unknown", 7, "1.00")];
    let id = world.place(order_of("o", items)).await.order.id().clone();
    assert_eq!(world.stock("free").await, None);
    assert!(world.store.products(&[text("unknown")]).await.unwrap().is_empty());
    // Counted only from now on: units that were not taken out are not put back.
    world.orders.change_stock(&world.admin, &text("free"), 5).await.unwrap();
    world.sell(product("unknown", Some(5))).await;
    world.run(&id, Command::Cancel { reason: None }).await;
    assert_eq!(world.stock("free").await, Some(5));
    assert_eq!(world.stock("unknown").await, Some(5));
}

/// `OrderStore` clause 5: the same for a commit that was decided while the products were counted.
pub async fn c64_what_is_no_longer_counted_is_left_alone(fixture: Fixture) {
    let world = World::over(fixture);
    let author = Author::default();
    for id in ["free", "unknown", "counted"] {
        author.sell(product(id, Some(100))).await;
    }
    world.sell(product("free", None)).await;
    world.sell(product("counted", Some(9))).await;
    let items = vec![units("free", 3), units("unknown", 3), units("counted", 3)];
    let placed = author.place(order_of("o", items), Meta::default()).await;
    let cancelled = author.run("o", Command::Cancel { reason: None }, Meta::default()).await;
    for (commit, left) in [(&placed, 6), (&cancelled, 9)] {
        assert_eq!(commit.stock().len(), 3, "the commit moves all three");
        world.store.commit(commit).await.unwrap();
        assert_eq!(world.stock("free").await, None);
        assert_eq!(world.stock("counted").await, Some(left));
        assert!(world.store.products(&[text("unknown")]).await.unwrap().is_empty());
    }
}

/// `OrderStore` clause 5: of 32 buyers of the last unit one gets it, every time, and each loser
/// hears that there is not enough.
pub async fn c65_the_last_unit_is_sold_once(fixture: Fixture) {
    let world = World::over(fixture);
    for round in 0..10 {
        let id = format!("p{round}");
        world.sell(product(&id, Some(1))).await;
        let results = buy_at_once(&world, round, |_| vec![units(&id, 1)]).await;
        assert_eq!(check_losers(&results), 1);
        assert_eq!(world.stock(&id).await, Some(0));
    }
}

/// As many are sold as there are: not one more, and not one less.
pub async fn c66_all_there_is_can_be_sold(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(20))).await;
    let results = buy_at_once(&world, 0, |_| vec![units("p", 1)]).await;
    assert_eq!(check_losers(&results), 20);
    assert_eq!(world.stock("p").await, Some(0));
}

/// Carts with the same products in different orders do not lock each other out, and every unit is
/// accounted for.
pub async fn c67_mixed_carts_do_not_lock_each_other_out(fixture: Fixture) {
    let world = World::over(fixture);
    for id in ["a", "b", "c"] {
        world.sell(product(id, Some(15))).await;
    }
    let carts = |n: usize| {
        let mut cart = vec![units("a", 1), units("b", 1), units("c", 1)];
        cart.rotate_left(n % 3);
        if n.is_multiple_of(2) {
            cart.reverse();
        }
        cart
    };
    let results = buy_at_once(&world, 0, carts).await;
    assert_eq!(check_losers(&results), 15);
    for id in ["a", "b", "c"] {
        assert_eq!(world.stock(id).await, Some(0), "{id}");
    }
}

/// Buying, cancelling and delivering stock at once loses and invents no unit.
pub async fn c68_units_are_conserved(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(10))).await;
    let tasks = (0..32_u32).map(|n| {
        let (orders, admin) = (world.orders.clone(), world.admin.clone());
        async move {
            let new = order_of(&format!("o{n}"), vec![units("p", 1 + n % 3)]);
            let placed = orders.place(&admin, new, Meta::default()).await;
            let Ok(placed) = placed else { return 0 };
            if n % 2 == 0 {
                let cancel = Command::Cancel { reason: None };
                let id = placed.order.id().as_str();
                orders.execute(&admin, id, cancel, Meta::default()).await.unwrap();
                return 0;
            }
            orders.change_stock(&admin, &text("p"), 1).await.unwrap();
            1 - i64::from(1 + n % 3)
        }
    });
    let moved: i64 = world.race(tasks).await.into_iter().sum();
    assert_eq!(world.stock("p").await, Some(10 + moved));
}

/// `Catalog` clause 3: a stock never goes below zero, by any number of changes at once.
pub async fn c69_changes_at_once_never_take_more_than_there_is(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(10))).await;
    let results = world
        .race((0..BUYERS).map(|_| {
            let store = world.store.clone();
            async move { store.change_stock(&text("p"), -1, time("2025-01-29T00:00:01Z")).await }
        }))
        .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(matches!(refused, StoreError::InsufficientStock { .. }), "{refused:?}");
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    assert_eq!(world.stock("p").await, Some(0));
}

/// A change of stock answers the product with its new level, refuses to go below zero and knows
/// nothing of unknown products.
pub async fn c70_a_change_of_stock_answers_the_new_level(fixture: Fixture) {
    let world = World::over(fixture);
    let sold = world.sell(product("p", Some(5))).await;
    let later = time("2025-03-01T00:00:00Z");
    let changed = world.store.change_stock(&sold.id, -2, later).await.unwrap().unwrap();
    assert_eq!(changed.stock, Some(3));
    assert_eq!(changed.updated_at, later);
    assert_eq!((changed.version, changed.created_at), (sold.version, sold.created_at));
    match world.store.change_stock(&sold.id, -4, later).await.unwrap_err() {
        StoreError::InsufficientStock { product_id, available, requested } => {
            assert_eq!((product_id.as_str(), available, requested), ("p", 3, 4));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.stock("p").await, Some(3));
    assert!(world.store.change_stock(&text("unknown"), 1, later).await.unwrap().is_none());
}

/// `Catalog` clause 3: a product that was not counted is counted from nothing.
pub async fn c71_counting_begins_at_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", None)).await;
    let refused = world.orders.change_stock(&world.admin, &text("p"), -1).await.unwrap_err();
    assert_eq!(refused.code(), "stock.insufficient");
    assert_eq!(world.stock("p").await, None);
    let counted = world.orders.change_stock(&world.admin, &text("p"), 3).await.unwrap();
    assert_eq!(counted.stock, Some(3));
}

/// A level beyond what is allowed is refused, and leaves the stock as it was.
pub async fn c72_a_stock_that_cannot_be_counted_is_refused(fixture: Fixture) {
    let world = World::over(fixture);
    let sold = world.sell(product("p", Some(STOCK_MAX - 1))).await;
    for delta in [2, STOCK_MAX, i64::MAX] {
        let refused = world.store.change_stock(&sold.id, delta, sold.created_at).await.unwrap_err();
        assert!(matches!(refused, StoreError::StockOverflow { .. }), "{delta}: {refused:?}");
    }
    let refused = world.store.change_stock(&sold.id, i64::MIN, sold.created_at).await.unwrap_err();
    assert!(matches!(refused, StoreError::InsufficientStock { .. }), "{refused:?}");
    world.store.change_stock(&sold.id, 1, sold.created_at).await.unwrap();
    assert_eq!(world.stock("p").await, Some(STOCK_MAX));
}

/// `Catalog` clause 2: a change of a product never undoes a sale, unless it sets the stock.
pub async fn c73_a_change_of_a_product_undoes_no_sale(fixture: Fixture) {
    let world = World::over(fixture);
    let before = world.sell(product("p", Some(10))).await;
    world.place(order_of("o", vec![units("p", 4)])).await;
    let renamed = order_core::Product { version: 2, name: text("New"), ..before };
    world.store.put(&renamed, false).await.unwrap();
    assert_eq!(world.stock("p").await, Some(6));
    let level = ProductChange { stock: Some(50), ..ProductChange::default() };
    let set = world.orders.change_product(&world.admin, &text("p"), level, None).await.unwrap();
    assert_eq!((set.stock, set.version), (Some(50), 3));
    assert_eq!(world.stock("p").await, Some(50));
}
