//! Orders one by one.

use order_http::body::OrderBody;
use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn a_placed_order_says_where_and_which_version_it_is() {
    let shop = Shop::new();
    let placed = shop
        .post(
            "/orders",
            json!({"currency": "GBP", "items": [{"productId": "p", "quantity": 3, "unitPrice": 0.1}]}),
        )
        .await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    assert_eq!(placed.header("etag"), "\"1\"");
    let order: OrderBody = serde_json::from_str(&placed.text).unwrap();
    assert_eq!(placed.header("location"), format!("/orders/{}", order.id));
    assert_eq!(order.status.as_str(), "confirmed");
    assert_eq!(order.total.as_str(), "0.30");
    assert_eq!(serde_json::to_string(&order).unwrap(), placed.text);
    let again = shop.get(placed.header("location")).await;
    assert_eq!(again.text, placed.text);
    assert_eq!(shop.get(&format!("/orders/{}", order.number)).await.text, placed.text);
}
