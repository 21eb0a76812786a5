//! Catalogue and stock.

use order_http::body::{ProductBody, ProductListBody};
use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn a_product_is_added_read_and_changed() {
    let shop = Shop::new();
    let body = json!({
        "id": "a/b", "name": " Pen ", "description": "writes\nblue", "price": "1.50",
        "currency": "gbp", "stock": 3, "category": "office",
    });
    let added = shop.post("/products", body.clone()).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!((added.header("location"), added.header("etag")), ("/products/a%2Fb", "\"1\""));
    let product: ProductBody = serde_json::from_str(&added.text).unwrap();
    assert_eq!((product.name.as_str(), product.price.as_str()), ("Pen", "1.50"));
    assert_eq!(serde_json::to_string(&product).unwrap(), added.text);
    assert_eq!(shop.get("/products/a%2Fb").await.text, added.text);
    assert_eq!(shop.post("/products", body).await.problem(409), "product.conflict");
    let changed = shop.patch("/products/a%2Fb", json!({"price": 2, "stock": 8})).await;
    assert_eq!(changed.ok()["price"], "2.00");
    assert_eq!((changed.header("etag"), &changed.ok()["stock"]), ("\"2\"", &json!(8)));
    let stale = [("if-match", "\"1\"")];
    let stale = shop.json("PUT", "/products/a%2Fb", &stale, json!({"name": "x"})).await;
    assert_eq!(stale.problem(412), "order.stale");
    let fresh = [("if-match", "\"2\"")];
    shop.json("PUT", "/products/a%2Fb", &fresh, json!({"name": "x"})).await.ok();
}

#[tokio::test]
async fn a_stock_never_goes_below_zero() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": 1})).await;
    assert!(shop.get("/products/p").await.ok().get("stock").is_none());
    let level = |delta: i64| {
        let shop = &shop;
        async move { shop.put("/products/p/stock", json!({"quantity": delta})).await }
    };
    assert_eq!(level(5).await.ok()["stock"], 5);
    assert_eq!(level(-2).await.ok()["stock"], 3);
    assert_eq!(level(-4).await.problem(409), "stock.insufficient");
    let order =
        json!({"items": [{"productId": "p", "quantity": 2}, {"productId": "p", "quantity": 2}]});
    assert_eq!(shop.post("/orders", order).await.problem(409), "stock.insufficient");
    assert_eq!(shop.put("/products/p/stock", json!({"delta": 0})).await.ok()["stock"], 3);
    let gone = shop.put("/products/q/stock", json!({"quantity": 1})).await;
    assert_eq!(gone.problem(404), "product.not_found");
}

#[tokio::test]
async fn a_product_on_backorder_owes_what_is_sold_beyond_its_stock() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": 1, "stock": 1})).await;
    assert_eq!(shop.get("/products/p").await.ok()["backorder"], false);
    let order = json!({"items": [{"productId": "p", "quantity": 3}]});
    assert_eq!(shop.post("/orders", order.clone()).await.problem(409), "stock.insufficient");
    let on = shop.patch("/products/p", json!({"allow_backorder": true})).await;
    assert_eq!((&on.ok()["backorder"], &on.ok()["stock"]), (&json!(true), &json!(1)));
    let placed = shop.post("/orders", order).await;
    assert_eq!(placed.status, 201);
    assert_eq!(shop.get("/products/p").await.ok()["stock"], -2);
    let taken = shop.put("/products/p/stock", json!({"quantity": -1})).await;
    assert_eq!(taken.ok()["stock"], -3);
    let off = json!({"backorder": false});
    assert_eq!(shop.patch("/products/p", off.clone()).await.problem(409), "stock.owed");
    assert_eq!(shop.ask("DELETE", "/products/p", &[], "").await.problem(409), "stock.owed");
    // What was read can be written back.
    let whole = shop.get("/products/p").await.ok();
    assert_eq!(shop.put("/products/p", whole).await.ok()["stock"], -3);
    let id = placed.value()["id"].as_str().unwrap().to_owned();
    shop.act(&format!("/orders/{id}/cancel"), json!({})).await;
    assert_eq!(shop.put("/products/p/stock", json!({"quantity": 1})).await.ok()["stock"], 1);
    let ended = shop.patch("/products/p", off).await.ok();
    assert_eq!((&ended["backorder"], &ended["stock"]), (&json!(false), &json!(1)));
    let added = json!({"name": "Q", "price": 1, "stock": -4, "allowBackorder": true});
    assert_eq!(shop.post("/products", added).await.value()["stock"], -4);
}

#[tokio::test]
async fn a_product_is_removed_and_its_orders_stay() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "Pen", "price": 1, "stock": 5})).await;
    let order = json!({"items": [{"productId": "p", "quantity": 3}]});
    let order = shop.placed(order).await;
    let stale = shop.ask("DELETE", "/products/p", &[("if-match", "\"2\"")], "").await;
    assert_eq!(stale.problem(412), "order.stale");
    let gone = shop.ask("DELETE", "/products/p", &[("if-match", "\"1\"")], "").await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    assert_eq!(shop.ask("DELETE", "/products/p", &[], "").await.problem(404), "product.not_found");
    assert_eq!(shop.get("/products/p").await.problem(404), "product.not_found");
    assert_eq!(shop.get("/products").await.ok()["products"], json!([]));
    let kept = shop.get("/orders/product/p").await.ok();
    assert_eq!(kept["orders"][0]["items"][0]["name"], "Pen");
    shop.act(&format!("/orders/{order}/cancel"), json!({})).await;
    let more = json!({"items": [{"productId": "p", "quantity": 1}]});
    assert_eq!(shop.post("/orders", more).await.problem(422), "product.unknown");
}

#[tokio::test]
async fn low_stock_is_listed_and_paged_the_lowest_first() {
    let shop = Shop::new();
    for (id, stock, category) in
        [("a", 7, "pens"), ("b", -2, "pens"), ("c", 3, "inks"), ("d", 3, "pens"), ("e", 8, "pens")]
    {
        let product = json!({
            "id": id, "name": "Thing", "price": 1, "stock": stock, "category": category,
            "backorder": stock < 0,
        });
        assert_eq!(shop.post("/products", product).await.status, 201);
    }
    shop.post("/products", json!({"id": "f", "name": "Thing", "price": 1})).await;
    let walk = async |filter: &str| {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = shop.get(&format!("/products?limit=2&{filter}{cursor}")).await.ok();
            let products = page["products"].as_array().unwrap();
            ids.extend(products.iter().map(|product| product["id"].as_str().unwrap().to_owned()));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return ids,
            }
        }
    };
    assert_eq!(walk("stockBelow=8").await, ["b", "c", "d", "a"]);
    assert_eq!(walk("lowStock=9&category=pens").await, ["b", "d", "a", "e"]);
    assert_eq!(walk("low_stock=8&q=thing&category=pens").await, ["b", "d", "a"]);
    assert_eq!(walk("stock_below=0").await, ["b"]);
    assert!(walk("stockBelow=1000&q=nothing").await.is_empty());
    assert_eq!(walk("category=pens").await, ["a", "b", "d", "e"]);
    assert_eq!(walk("category=pens&q=thi").await, ["a", "b", "d", "e"]);
    let other = shop.get("/products?limit=2").await.ok()["nextCursor"].as_str().unwrap().to_owned();
    let mixed = shop.get(&format!("/products?stockBelow=8&cursor={other}")).await;
    assert_eq!(mixed.problem(422), "page.cursor_invalid");
}

#[tokio::test]
async fn products_are_listed_searched_and_paged() {
    let shop = Shop::new();
    for (id, name, category) in
        [("a", "Red pen", "pens"), ("b", "Blue pen", "pens"), ("c", "Ink", "inks")]
    {
        shop.post("/products", json!({"id": id, "name": name, "price": 1, "category": category}))
            .await;
    }
    let ids = |reply: &crate::shop::Reply| -> Vec<String> {
        let list: ProductListBody = serde_json::from_str(&reply.text).unwrap();
        list.products.iter().map(|product| product.id.to_string()).collect()
    };
    assert_eq!(ids(&shop.get("/products").await), ["a", "b", "c"]);
    assert_eq!(ids(&shop.get("/products?category=pens").await), ["a", "b"]);
    assert_eq!(ids(&shop.get("/products?q=blu+pe").await), ["b"]);
    let first = shop.get("/products?limit=2").await;
    assert_eq!((ids(&first), &first.ok()["hasMore"]), (vec!["a".into(), "b".into()], &json!(true)));
    let cursor = first.ok()["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(ids(&shop.get(&format!("/products?cursor={cursor}")).await), ["c"]);
}

#[tokio::test]
async fn the_catalogue_sets_the_price_and_only_staff_may_name_another() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "Pen", "price": "5.00"})).await;
    let alice = shop.asked_by_customer("alice");
    let order = |price: &str| json!({"items": [{"productId": "p", "quantity": 1, "price": price}]});
    let placed = alice.post("/orders", order("5")).await.value();
    assert_eq!((&placed["total"], &placed["customerId"]), (&json!("5.00"), &json!("alice")));
    assert_eq!(placed["items"][0]["name"], "Pen");
    let reply = alice.post("/orders", order("4.99")).await;
    assert_eq!(reply.problem(422), "price_mismatch");
    assert_eq!(reply.value()["errors"][0]["pointer"], "/items/0/unitPrice");
    assert_eq!(shop.post("/orders", order("4.99")).await.value()["total"], "4.99");
    let unknown = json!({"items": [{"productId": "q", "quantity": 1, "price": 1}]});
    assert_eq!(alice.post("/orders", unknown).await.problem(422), "product.unknown");
}
