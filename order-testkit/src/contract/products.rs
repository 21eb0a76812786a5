//! The catalogue: products come back, are changed by who knows their version, and are listed.

use order_core::{
    Currency, ErrorKind, Money, Product, ProductId,
    catalog::{DESCRIPTION_MAX, STOCK_MAX},
    ports::{PAGE_MAX, ProductPage, ProductQuery, StoreError},
    search::words,
};

use super::{Fixture, World};
use crate::sample::{product, product_in, text, time};

fn plain(id: &str) -> Product {
    Product {
        id: text(id),
        name: text("Thing"),
        description: None,
        price: Money::new(1_000, Currency::GBP),
        stock: None,
        backorder: false,
        category: None,
        version: 1,
        created_at: time("2025-01-29T00:00:00.001Z"),
        updated_at: time("2025-01-29T00:00:00.001Z"),
    }
}

fn query() -> ProductQuery {
    ProductQuery { limit: PAGE_MAX, ..ProductQuery::default() }
}

fn ids(page: &ProductPage) -> Vec<&str> {
    page.products.iter().map(|product| product.id.as_str()).collect()
}

async fn get(world: &World, id: &str) -> Product {
    let mut found = world.store.products(&[text(id)]).await.unwrap();
    assert_eq!(found.len(), 1, "{id}");
    found.remove(0)
}

/// Every part of a product comes back, up to the longest texts and the largest numbers.
pub async fn c113_a_product_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let largest = Product {
        id: text(&"🧀".repeat(200)),
        name: text(&"ñ".repeat(500)),
        description: Some("d".repeat(DESCRIPTION_MAX)),
        price: Money::new(i64::MAX, Currency::JPY),
        stock: Some(STOCK_MAX),
        backorder: true,
        category: Some(text(&"ç".repeat(100))),
        created_at: order_core::Timestamp::MIN,
        updated_at: order_core::Timestamp::MAX,
        ..plain("x")
    };
    let odd = Product {
        description: Some("line\n\ttab \"quoted\" 'it''s' \\ 100% {}".to_owned()),
        price: Money::new(0, Currency::KWD),
        stock: Some(0),
        ..plain("odd 'id' %")
    };
    let empty = Product { description: Some(String::new()), ..plain("empty") };
    for product in [largest, odd, empty, plain("plain")] {
        world.store.put(&product, true).await.unwrap();
        assert_eq!(get(&world, product.id.as_str()).await, product);
        assert!(world.store.list_products(&query()).await.unwrap().products.contains(&product));
    }
}

/// Of the products that are asked for, those that are known come back, each once.
pub async fn c114_known_products_come_back_and_others_do_not(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..600 {
        world.store.put(&plain(&format!("p{n:03}")), true).await.unwrap();
    }
    assert!(world.store.products(&[]).await.unwrap().is_empty());
    assert!(world.store.products(&[text("P001"), text("p1")]).await.unwrap().is_empty());
    let wanted: Vec<_> = (300..900).map(|n| text(&format!("p{n:03}"))).collect();
    let mut found = world.store.products(&wanted).await.unwrap();
    found.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    let found: Vec<_> = found.iter().map(|product| product.id.clone()).collect();
    assert_eq!(found, wanted[..300]);
}

/// `Catalog` clause 1: version 1 inserts, version n + 1 replaces version n, and anything else is a
/// conflict that changes nothing.
pub async fn c115_a_product_is_replaced_version_by_version(fixture: Fixture) {
    let world = World::over(fixture);
    let at = |version, name: &str| Product { version, name: text(name), ..plain("p") };
    for version in [0, 2, 3] {
        let refused = world.store.put(&at(version, "early"), true).await.unwrap_err();
        assert!(matches!(refused, StoreError::ProductConflict), "{version}: {refused:?}");
    }
    world.store.put(&at(1, "first"), true).await.unwrap();
    world.store.put(&at(2, "second"), true).await.unwrap();
    for version in [0, 1, 2, 4, 5] {
        for with_stock in [true, false] {
            let refused = world.store.put(&at(version, "wrong"), with_stock).await.unwrap_err();
            assert!(matches!(refused, StoreError::ProductConflict), "{version}: {refused:?}");
            assert_eq!(refused.kind(), ErrorKind::Conflict);
        }
    }
    assert_eq!(get(&world, "p").await, at(2, "second"));
}

/// Of many who insert or replace one product at once one succeeds, and each loser fails as a
/// conflict.
pub async fn c116_the_losers_of_a_race_for_a_product_fail_as_conflicts(fixture: Fixture) {
    let world = World::over(fixture);
    for version in 1..=5 {
        let results = world
            .race((0..20).map(|n| {
                let store = world.store.clone();
                let name = text(&format!("by {n}"));
                let rival = Product { version, name, ..plain("p") };
                async move { store.put(&rival, n % 2 == 0).await }
            }))
            .await;
        for refused in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(refused, StoreError::ProductConflict), "{refused:?}");
        }
        let winners: Vec<_> = (0..20).filter(|n| results[*n].is_ok()).collect();
        assert_eq!(winners.len(), 1);
        let kept = get(&world, "p").await;
        assert_eq!((kept.version, kept.name.as_str()), (version, &*format!("by {}", winners[0])));
    }
}

/// `Catalog` clause 2: a stock is written when the product is new or when asked for, and else left.
pub async fn c117_a_stock_is_written_only_when_asked_for(fixture: Fixture) {
    let world = World::over(fixture);
    let at = |version, stock| Product { version, stock, ..plain("p") };
    world.store.put(&at(1, Some(5)), false).await.unwrap();
    assert_eq!(get(&world, "p").await.stock, Some(5));
    for stock in [Some(9), None] {
        let version = get(&world, "p").await.version + 1;
        world.store.put(&at(version, stock), false).await.unwrap();
        assert_eq!(get(&world, "p").await.stock, Some(5));
    }
    world.store.put(&at(4, Some(7)), true).await.unwrap();
    assert_eq!(get(&world, "p").await.stock, Some(7));
    world.store.put(&at(5, None), true).await.unwrap();
    assert_eq!(get(&world, "p").await.stock, None);
}

/// Products are listed by id, byte by byte, page by page, to the end and no further.
pub async fn c118_products_are_listed_by_id(fixture: Fixture) {
    let world = World::over(fixture);
    let mut sorted = ["b", "B", "a", "10", "9", "é", "🦀", "z", "a1"];
    for id in sorted {
        world.sell(product(id, None)).await;
    }
    sorted.sort_unstable();
    for limit in [1, 2, 3, 8, 9, 10] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = ProductQuery { after: after.clone(), limit, ..query() };
            let page = world.store.list_products(&page).await.unwrap();
            assert!(page.products.len() <= limit as usize);
            all.extend(page.products.iter().map(|product| product.id.to_string()));
            if !page.more {
                break;
            }
            assert_eq!(page.products.len(), limit as usize, "only the last page may be short");
            after = page.products.last().map(|product| product.id.clone().into());
        }
        assert_eq!(all, sorted, "by {limit}");
    }
    let between = ProductQuery { after: Some(text::<ProductId>("a0").into()), limit: 2, ..query() };
    assert_eq!(ids(&world.store.list_products(&between).await.unwrap()), ["a1", "b"]);
}

/// A list of products can be of one category, exactly that one, on every page.
pub async fn c119_products_are_listed_by_category(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..6 {
        world.sell(product_in(if n % 2 == 0 { "Tea" } else { "tea" }, &format!("p{n}"))).await;
    }
    world.sell(product("none", None)).await;
    let tea = ProductQuery { category: Some(text("Tea")), limit: 2, ..query() };
    let page = world.store.list_products(&tea).await.unwrap();
    assert_eq!((ids(&page), page.more), (vec!["p0", "p2"], true));
    let rest = ProductQuery { after: Some(text::<ProductId>("p2").into()), ..tea };
    let page = world.store.list_products(&rest).await.unwrap();
    assert_eq!((ids(&page), page.more), (vec!["p4"], false));
    let unknown = ProductQuery { category: Some(text("Te")), ..query() };
    let page = world.store.list_products(&unknown).await.unwrap();
    assert_eq!((page.products.len(), page.more), (0, false));
}

/// Products are found by the beginnings of the words of their id and name, as they are now.
pub async fn c120_products_are_found_by_their_words(fixture: Fixture) {
    let world = World::over(fixture);
    let named = |id: &str, name: &str| Product { name: text(name), ..plain(id) };
    world.store.put(&named("sku-1", "Käserad Groß"), true).await.unwrap();
    world.store.put(&named("sku-2", "山田 100% Tea*pot"), true).await.unwrap();
    world.store.put(&named("sku-3", "Чайник"), true).await.unwrap();
    let searches: [(&str, &[&str]); 10] = [
        ("sku", &["sku-1", "sku-2", "sku-3"]),
        ("kase GROSS", &["sku-1"]),
        ("SKU 2", &["sku-2"]),
        ("山", &["sku-2"]),
        ("чай", &["sku-3"]),
        ("100 pot", &["sku-2"]),
        ("%", &["sku-1", "sku-2", "sku-3"]),
        ("eapot", &[]),
        ("teapot", &[]),
        ("sku nowhere", &[]),
    ];
    for (q, expected) in searches {
        let page = ProductQuery { words: words(q), ..query() };
        assert_eq!(ids(&world.store.list_products(&page).await.unwrap()), expected, "{q}");
    }
    let renamed = Product { version: 2, ..named("sku-3", "Kettle") };
    world.store.put(&renamed, false).await.unwrap();
    for (q, expected) in [("чай", &[][..]), ("kettle", &["sku-3"])] {
        let page = ProductQuery { words: words(q), ..query() };
        assert_eq!(ids(&world.store.list_products(&page).await.unwrap()), expected, "{q}");
    }
}

/// Category, words and pages of products hold together.
pub async fn c121_filters_of_products_hold_together(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..12 {
        world.sell(product_in(if n % 2 == 0 { "tea" } else { "pots" }, &format!("p-{n:02}"))).await;
    }
    let wanted = ProductQuery {
        category: Some(text("tea")),
        words: words("the p"),
        after: Some(text::<ProductId>("p-02").into()),
        limit: 3,
        ..query()
    };
    let page = world.store.list_products(&wanted).await.unwrap();
    assert_eq!((ids(&page), page.more), (vec!["p-04", "p-06", "p-08"], true));
}
