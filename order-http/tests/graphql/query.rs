//! What can be asked.

use serde_json::json;

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

#[tokio::test]
async fn an_order_is_what_rest_says_it_is() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let rest = shop.get(&format!("/orders/{id}")).await.ok();
    let query = "query($id: ID!) { order(id: $id) { id number customerId status total currency \
                 version items { id productId quantity unitPrice total } allowedActions } }";
    for name in [id.as_str(), rest["number"].as_str().unwrap()] {
        let order = data(&asked(&shop, query, json!({"id": name})).await)["order"].clone();
        for field in ["id", "number", "customerId", "total", "currency", "version"] {
            assert_eq!(order[field], rest[field], "{field}");
        }
        assert_eq!(order["status"], "CONFIRMED");
        assert_eq!(order["items"][0]["unitPrice"], "1.50");
    }
    let answer = asked(&shop, query, json!({"id": "nothing"})).await;
    assert_eq!(code(&answer), "order.not_found");
    assert_eq!(answer["data"], json!({"order": null}));
}
