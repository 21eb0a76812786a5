//! The shelf: what runs low on it, and what is taken off it.

use order_core::{
    Command, NewProduct, Orders, ProductId,
    catalog::LOW_STOCK_MAX,
    ports::{OrderQuery, PAGE_MAX, ProductPage, ProductPlace, ProductQuery, StoreError},
    search::words,
};

use super::{Fixture, World};
use crate::sample::{order_of, product, product_in, product_on_backorder, text, units};

fn low(below: i64) -> ProductQuery {
    ProductQuery { stock_below: Some(below), limit: PAGE_MAX, ..ProductQuery::default() }
}

fn levels(page: &ProductPage) -> Vec<(&str, i64)> {
    let level = |product: &order_core::Product| product.stock.expect("what is low is counted");
    page.products.iter().map(|product| (product.id.as_str(), level(product))).collect()
}

async fn ids(world: &World, below: i64) -> Vec<String> {
    let page = world.store.list_products(&low(below)).await.unwrap();
    page.products.iter().map(|product| product.id.to_string()).collect()
}

/// Counted products below a level are listed by level, then by id byte by byte, page by page, to the
/// end and no further.
pub async fn c197_low_stock_is_listed_the_lowest_first(fixture: Fixture) {
    let world = World::over(fixture);
    for (id, stock) in [("b", 2), ("B", 2), ("é", 2), ("a", 3), ("z", 0), ("much", 900)] {
        world.sell(product(id, Some(stock))).await;
    }
    for (id, stock) in [("owed", -1), ("owed most", -70), ("not owed", 3)] {
        world.sell(product_on_backorder(id, stock)).await;
    }
    world.sell(product("uncounted", None)).await;
    let sorted = [
        ("owed most", -70),
        ("owed", -1),
        ("z", 0),
        ("B", 2),
        ("b", 2),
        ("é", 2),
        ("a", 3),
        ("not owed", 3),
    ];
    for limit in 1..=10 {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let query = ProductQuery { after: after.clone(), limit, ..low(4) };
            let page = world.store.list_products(&query).await.unwrap();
            all.extend(levels(&page).into_iter().map(|(id, level)| (id.to_owned(), level)));
            if !page.more {
                break;
            }
            assert_eq!(page.products.len(), limit as usize, "only the last page may be short");
            let last = page.products.last().unwrap();
            after = Some(ProductPlace { level: last.stock, id: last.id.clone() });
        }
        let expected = sorted.map(|(id, level)| (id.to_owned(), level));
        assert_eq!(all, expected, "by {limit}");
    }
    for (below, count) in [(-70, 0), (-69, 1), (0, 2), (1, 3), (3, 6), (LOW_STOCK_MAX, 9)] {
        assert_eq!(ids(&world, below).await.len(), count, "below {below}");
    }
}

/// Category, words, level and pages of low stock hold together.
pub async fn c198_filters_of_low_stock_hold_together(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..24_i64 {
        let category = if n % 2 == 0 { "tea" } else { "pots" };
        let name = text(if n % 3 == 0 { "Rare thing" } else { "Common thing" });
        let new = product_in(category, &format!("p-{n:02}"));
        world.sell(NewProduct { name, stock: Some(23 - n), ..new }).await;
    }
    let query = ProductQuery { category: Some(text("tea")), words: words("thing rar"), ..low(18) };
    let page = world.store.list_products(&query).await.unwrap();
    assert_eq!(levels(&page), [("p-18", 5), ("p-12", 11), ("p-06", 17)]);
    let after = Some(ProductPlace { level: Some(5), id: text("p-18") });
    let rest = ProductQuery { after, limit: 1, ..query };
    let page = world.store.list_products(&rest).await.unwrap();
    assert_eq!((levels(&page), page.more), (vec![("p-12", 11)], true));
    let category = ProductQuery { category: Some(text("pots")), ..low(2) };
    assert_eq!(levels(&world.store.list_products(&category).await.unwrap()), [("p-23", 0)]);
    let found = ProductQuery { words: words("p 22"), ..low(2) };
    assert_eq!(levels(&world.store.list_products(&found).await.unwrap()), [("p-22", 1)]);
}

/// A list of low stock shows stocks as they are now; the service keeps it within what is indexed.
pub async fn c199_low_stock_follows_every_change(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(LOW_STOCK_MAX))).await;
    world.sell(product("q", None)).await;
    assert!(ids(&world, LOW_STOCK_MAX).await.is_empty());
    let placed = world.place(order_of("o", vec![units("p", 1)])).await;
    assert_eq!(ids(&world, LOW_STOCK_MAX).await, ["p"]);
    world.run(placed.order.id(), Command::Cancel { reason: None }).await;
    assert!(ids(&world, LOW_STOCK_MAX).await.is_empty());
    for (id, delta, listed) in [("q", 5, &["q"][..]), ("p", 1 - LOW_STOCK_MAX, &["p", "q"])] {
        world.orders.change_stock(&world.admin, &text(id), delta).await.unwrap();
        assert_eq!(ids(&world, LOW_STOCK_MAX).await, listed, "{id}");
    }
    let level = order_core::ProductChange { stock: Some(9), ..Default::default() };
    world.orders.change_product(&world.admin, &text("p"), level, None).await.unwrap();
    assert_eq!(ids(&world, 9).await, ["q"]);
    assert_eq!(ids(&world, 10).await, ["q", "p"]);
    let page = world.orders.products(&world.admin, low(LOW_STOCK_MAX)).await.unwrap();
    assert_eq!(levels(&page), [("q", 5), ("p", 9)]);
    let refused = world.orders.products(&world.admin, low(LOW_STOCK_MAX + 1)).await.unwrap_err();
    assert_eq!(refused.code(), "stock.bound_out_of_range");
    for query in [
        ProductQuery { after: Some(text::<ProductId>("q").into()), ..low(9) },
        ProductQuery {
            after: Some(ProductPlace { level: Some(5), id: text("q") }),
            stock_below: None,
            ..low(9)
        },
    ] {
        let refused = world.orders.products(&world.admin, query).await.unwrap_err();
        assert_eq!(refused.code(), "page.cursor_invalid");
    }
}

/// `Catalog` clause 5: who removes a product knows its version.
pub async fn c200_a_product_is_removed_by_its_version(fixture: Fixture) {
    let world = World::over(fixture);
    let sold = world.sell(product("p", Some(5))).await;
    world.sell(product("other", None)).await;
    for (id, version) in [("p", 0), ("p", 2), ("p", u64::MAX), ("P", 1), ("none", 1), ("none", 0)] {
        let refused = world.store.remove_product(&text(id), version).await.unwrap_err();
        assert!(matches!(refused, StoreError::ProductConflict), "{id} {version}: {refused:?}");
    }
    let stale = world.orders.remove_product(&world.admin, &sold.id, Some(2)).await.unwrap_err();
    assert_eq!(stale.code(), "order.stale");
    assert_eq!(world.store.products(&[text("p")]).await.unwrap(), std::slice::from_ref(&sold));
    world.orders.remove_product(&world.admin, &sold.id, Some(1)).await.unwrap();
    let gone = world.orders.remove_product(&world.admin, &sold.id, None).await.unwrap_err();
    assert_eq!(gone.code(), "product.not_found");
    let customer = order_core::Principal::new(text("ann"), order_core::RoleKind::Customer);
    let refused = world.orders.remove_product(&customer, &text("other"), None).await.unwrap_err();
    assert_eq!(refused.code(), "auth.forbidden");
    world.orders.remove_product(&world.admin, &text("other"), None).await.unwrap();
}

/// Nothing finds a removed product, its id is free, and what takes it is found by its own words.
pub async fn c201_a_removed_product_is_found_no_more(fixture: Fixture) {
    let world = World::over(fixture);
    let named = |name: &str| NewProduct { name: text(name), ..product_in("tea", "p") };
    let found = |q: &str| ProductQuery { words: words(q), limit: 9, ..ProductQuery::default() };
    let tea = || ProductQuery { category: Some(text("tea")), ..found("") };
    let lists = [found("old"), found(""), tea(), low(9)];
    world.sell(NewProduct { stock: Some(1), ..named("Old") }).await;
    for query in &lists {
        assert_eq!(world.store.list_products(query).await.unwrap().products.len(), 1, "{query:?}");
    }
    world.orders.remove_product(&world.admin, &text("p"), None).await.unwrap();
    assert!(world.store.products(&[text("p")]).await.unwrap().is_empty());
    for query in &lists {
        assert!(world.store.list_products(query).await.unwrap().products.is_empty(), "{query:?}");
    }
    let again = world.sell(named("New")).await;
    assert_eq!(again.version, 1);
    for (q, count) in [("old", 0), ("new", 1), ("", 1)] {
        assert_eq!(
            world.store.list_products(&found(q)).await.unwrap().products.len(),
            count,
            "{q}"
        );
    }
}

/// Of many who remove one product at once one does, and each loser fails as a conflict.
pub async fn c202_of_many_who_remove_a_product_one_does(fixture: Fixture) {
    let world = World::over(fixture);
    for round in 0..20 {
        let sold = world.sell(product(&format!("p{round}"), Some(0))).await;
        let results = world
            .race((0..8).map(|_| {
                let (store, id) = (world.store.clone(), sold.id.clone());
                async move { store.remove_product(&id, 1).await }
            }))
            .await;
        for refused in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(refused, StoreError::ProductConflict), "{refused:?}");
        }
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    }
}

/// `Catalog` clause 5: a product that owes units stays, because its level alone says how many.
pub async fn c203_a_product_that_owes_units_stays(fixture: Fixture) {
    let world = World::over(fixture);
    let sold = world.sell(product_on_backorder("p", 1)).await;
    world.place(order_of("o", vec![units("p", 3)])).await;
    match world.store.remove_product(&sold.id, 1).await.unwrap_err() {
        StoreError::UnitsOwed { product_id, owed } => assert_eq!((product_id, owed), (sold.id, 2)),
        other => panic!("{other:?}"),
    }
    let refused = world.store.remove_product(&text("p"), 2).await.unwrap_err();
    assert!(matches!(refused, StoreError::ProductConflict), "{refused:?}");
    let refused = world.orders.remove_product(&world.admin, &text("p"), None).await.unwrap_err();
    assert_eq!(refused.code(), "stock.owed");
    assert_eq!(world.stock("p").await, Some(-2));
    world.orders.change_stock(&world.admin, &text("p"), 2).await.unwrap();
    world.orders.remove_product(&world.admin, &text("p"), None).await.unwrap();
}

/// Orders keep their lines, are found by the product, and go on to their end without it.
pub async fn c204_orders_outlive_their_product(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(9))).await;
    for id in ["kept", "cancelled"] {
        world.place(order_of(id, vec![units("p", 4)])).await;
    }
    let before = world.order("kept").await;
    world.orders.remove_product(&world.admin, &text("p"), None).await.unwrap();
    world.run(&text("cancelled"), Command::Cancel { reason: None }).await;
    assert_eq!(world.order("kept").await, before);
    let query = OrderQuery { product_id: Some(text("p")), limit: 9, ..OrderQuery::default() };
    assert_eq!(world.list(&query).await.orders.len(), 2);
    // What is sold under the same id later is another product, until an order gives back to it.
    world.sell(product("p", Some(1))).await;
    world.run(&text("kept"), Command::Cancel { reason: None }).await;
    assert_eq!(world.stock("p").await, Some(5));
}
