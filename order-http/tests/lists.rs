//! Lists and search.

use std::collections::BTreeSet;

use order_http::body::OrderListBody;
use serde_json::{Value, json};

use crate::shop::Shop;

async fn shop_of(orders: u32) -> Shop {
    let shop = Shop::new();
    for number in 0..orders {
        let customer = if number % 2 == 0 { "even" } else { "odd" };
        shop.placed(json!({
            "id": format!("o{number:02}"), "customerId": customer,
            "items": [{"productId": format!("p{}", number % 3), "quantity": 1, "price": 1}],
        }))
        .await;
    }
    shop
}

fn ids(list: &Value) -> Vec<String> {
    let orders = list["orders"].as_array().unwrap().iter();
    orders.map(|order| order["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_list_is_walked_by_cursor_either_way() {
    let shop = shop_of(7).await;
    for sort in ["newest", "oldest"] {
        let (mut seen, mut at) = (Vec::new(), format!("/orders?limit=3&sort={sort}"));
        loop {
            let reply = shop.get(&at).await;
            let page: OrderListBody = serde_json::from_str(&reply.text).unwrap();
            seen.extend(ids(&reply.ok()));
            assert_eq!(page.has_more, page.next_cursor.is_some());
            let Some(cursor) = page.next_cursor else { break };
            at = format!("/orders?limit=3&sort={sort}&cursor={cursor}");
        }
        assert_eq!(seen.len(), 7, "{seen:?}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 7);
        let first = if sort == "newest" { "o06" } else { "o00" };
        assert_eq!(seen[0], first);
    }
    let all = shop.get("/orders").await.ok();
    assert_eq!((&all["nextCursor"], &all["limit"]), (&Value::Null, &json!(20)));
    assert!(all.get("page").is_none());
}

#[tokio::test]
async fn a_list_is_filtered_by_everything_at_once() {
    let shop = shop_of(6).await;
    shop.act("/orders/o02/shipments", json!({})).await;
    shop.act("/orders/o02/payments", json!({})).await;
    for (query, expected) in [
        ("customerId=odd", &["o05", "o03", "o01"][..]),
        ("userId=odd&productId=p0", &["o03"]),
        ("user_id=even&product_id=p2", &["o02"]),
        ("status=SHIPPED", &["o02"]),
        ("paymentStatus=paid&fulfillmentStatus=shipped", &["o02"]),
        ("payment_status=paid&productId=p1", &[]),
        ("status=confirmed&customerId=even", &["o04", "o00"]),
        ("q=o03", &["o03"]),
        ("q=EVEN+p0", &["o00"]),
        ("placedFrom=2000-01-01&placedTo=2000-01-02T00:00:00%2B02:00", &[]),
        ("placedTo=2999-01-01T00:00:00Z&customer_id=odd&limit=1", &["o05"]),
        ("unknown=ignored&q=o05", &["o05"]),
    ] {
        let list = shop.get(&format!("/orders?{query}")).await.ok();
        assert_eq!(ids(&list), expected, "{query}");
    }
}

#[tokio::test]
async fn the_services_own_lists_are_the_same_lists() {
    let shop = shop_of(6).await;
    for path in ["/users/odd/orders", "/orders/history/odd", "/api/orders/history/odd"] {
        assert_eq!(ids(&shop.get(path).await.ok()), ["o05", "o03", "o01"], "{path}");
    }
    assert_eq!(ids(&shop.get("/orders/product/p2").await.ok()), ["o05", "o02"]);
    assert_eq!(ids(&shop.get("/orders/search?q=p2+even").await.ok()), ["o02"]);
    assert_eq!(ids(&shop.get("/users/nobody/orders").await.ok()), [""; 0]);
    assert_eq!(ids(&shop.get("/users/odd/orders?status=shipped").await.ok()), [""; 0]);
}

#[tokio::test]
async fn a_history_is_paged_by_number_and_goes_on_by_cursor() {
    let shop = shop_of(10).await;
    let first = shop.get("/orders/history/even?page=1&limit=2").await.ok();
    assert_eq!(ids(&first), ["o08", "o06"]);
    assert_eq!((&first["page"], &first["hasMore"]), (&json!(1), &json!(true)));
    let second = shop.get("/orders/history/even?page=2&limit=2").await.ok();
    assert_eq!(ids(&second), ["o04", "o02"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let also = shop.get(&format!("/orders/history/even?limit=2&cursor={cursor}")).await.ok();
    assert_eq!(ids(&also), ids(&second));
    assert!(also.get("page").is_none());
    let last = shop.get("/orders/history/even?page=3&limit=2").await.ok();
    assert_eq!((ids(&last), &last["hasMore"]), (vec!["o00".to_owned()], &json!(false)));
    assert_eq!(ids(&shop.get("/orders/history/even?page=4&limit=2").await.ok()), [""; 0]);
    assert_eq!(ids(&shop.get("/orders?page=2&limit=4").await.ok()), ["o05", "o04", "o03", "o02"]);
}

#[tokio::test]
async fn a_bare_list_says_in_a_header_where_it_goes_on() {
    let shop = Shop::mounted_at("/legacy/orders/");
    for _ in 0..3 {
        shop.order_of("c d").await;
    }
    let page = shop.get("/legacy/orders?limit=2&customerId=c%20d").await;
    assert_eq!(page.ok().as_array().unwrap().len(), 2);
    let link = page.header("link");
    let query = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    assert!(query.ends_with("&limit=2&customerId=c%20d"), "{query}");
    let rest = shop.get(&format!("/legacy/orders{query}")).await;
    assert_eq!(rest.ok().as_array().unwrap().len(), 1);
    assert_eq!(rest.header("link"), "");
    let gone = shop.ask("DELETE", "/legacy/orders", &[], "").await;
    assert_eq!(gone.problem(405), "route.method_not_allowed");
}

#[tokio::test]
async fn no_mount_path_breaks_the_router() {
    for path in
        ["", "/", "//", "orders", "/orders", "/api", "/{id}", "/{", "/*x", "/:x/{*y}", "/a b"]
    {
        let shop = Shop::mounted_at(path);
        assert_eq!(shop.get("/orders").await.status, 200, "{path}");
        assert_eq!(shop.get("/health").await.status, 200, "{path}");
    }
}
