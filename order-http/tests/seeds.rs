//! Every documented request of five order services, as their clients send it.

use serde_json::{Value, json};

use crate::shop::Shop;

#[tokio::test]
async fn service_000_orders_one_product_at_the_catalogue_price() {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "1", "name": "Widget", "price": 4.20, "stock": 500})).await;
    let reply = shop.post("/orders", json!({"product_id": "1", "quantity": 100})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let order = reply.value();
    assert_eq!(order["items"][0]["quantity"], 100);
    assert_eq!(order["total"], "420.00");
    assert_eq!(shop.get("/products/1").await.ok()["stock"], 400);
    let list = shop.get("/orders/product/1").await.ok();
    assert_eq!(list["orders"][0]["id"], order["id"]);
    assert_eq!(list["orders"].as_array().unwrap().len(), 1);
    assert_eq!(shop.get("/orders/product/2").await.ok()["orders"], json!([]));
}

#[tokio::test]
async fn service_001_orders_and_products_are_created_read_updated_and_listed() {
    let shop = Shop::new();
    let product = json!({"name": "Pen", "description": "blue", "price": 1.5, "stock_quantity": 10});
    let product = shop.post("/products", product).await;
    assert_eq!(product.status, 201, "{}", product.text);
    let id = product.value()["id"].as_str().unwrap().to_owned();
    let at = format!("/products/{id}");
    assert_eq!(product.header("location"), at);
    assert_eq!(shop.get(&at).await.ok()["price"], "1.50");
    let changed = shop.put(&at, json!({"price": 1.75})).await.ok();
    assert_eq!((&changed["price"], &changed["stock"]), (&json!("1.75"), &json!(10)));
    assert_eq!(shop.get("/products").await.ok()["products"][0]["id"], id.as_str());
    let stock = shop.put(&format!("{at}/stock"), json!({"quantity": -3})).await.ok();
    assert_eq!(stock["stock"], 7);
    assert_eq!(stock["productId"], id.as_str());
    let short = shop.put(&format!("{at}/stock"), json!({"quantity": -8})).await;
    assert_eq!(short.problem(409), "stock.insufficient");

    let order = json!({"user_id": "u1", "items": [{"product_id": id, "quantity": 2}]});
    let order = shop.placed(order).await;
    let at = format!("/orders/{order}");
    assert_eq!(shop.get(&at).await.ok()["total"], "3.50");
    let edited = shop.put(&at, json!({"items": [{"product_id": id, "quantity": 3}]})).await.ok();
    assert_eq!(edited["total"], "5.25");
    let moved = shop.put(&at, json!({"status": "processing"})).await.ok();
    assert_eq!(moved["status"], "processing");
    assert_eq!(shop.get("/orders").await.ok()["orders"][0]["id"], order.as_str());
    assert_eq!(shop.get("/orders?page=1&limit=10").await.ok()["page"], 1);
}

#[tokio::test]
async fn service_002_is_served_at_the_root() {
    let shop = Shop::mounted_at("/");
    shop.post("/products", json!({"id": "product_id_1", "name": "Thing", "price": "9.99"})).await;
    let body = json!({"userId": "user_id_1", "products": [{"_id": "product_id_1", "quantity": 2}]});
    let placed = shop.post("/", body).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    let order = placed.value();
    let id = order["_id"].as_str().unwrap();
    assert_eq!(placed.header("location"), format!("/{id}"));
    let shape = |order: &Value| {
        assert_eq!(order["userId"], "user_id_1");
        assert_eq!(order["products"], json!([{"_id": "product_id_1", "quantity": 2}]));
        assert!(order["createdAt"].is_string() && order["updatedAt"].is_string());
    };
    shape(&order);
    shape(&shop.get(&format!("/{id}")).await.ok());
    let all = shop.get("/").await.ok();
    assert_eq!(all.as_array().unwrap().len(), 1);
    shape(&all[0]);
    assert_eq!(shop.get("/nobody").await.problem(404), "order.not_found");
    assert_eq!(shop.get("/health").await.ok()["status"], "ok");
    assert_eq!(shop.get("/orders").await.ok()["orders"][0]["id"], id);
}

#[tokio::test]
async fn service_003_is_served_below_api() {
    let shop = Shop::new();
    let body = json!({
        "userId": "user-123",
        "items": [{"productId": "prod-456", "quantity": 2, "price": 29.99}],
        "shippingAddress": {"street": "123 Main St", "city": "New York", "zipCode": "10001"},
    });
    let headers = [("authorization", "Bearer YOUR_JWT_TOKEN")];
    let placed = shop.json("POST", "/api/orders", &headers, body).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    let order = placed.value();
    assert_eq!(order["total"], "59.98");
    assert_eq!(order["shippingAddress"]["zipCode"], "10001");
    let at = placed.header("location").to_owned();
    assert_eq!(at, format!("/api/orders/{}", order["id"].as_str().unwrap()));
    assert_eq!(shop.get(&at).await.ok()["customerId"], "user-123");
    let shipped = shop.patch(&format!("{at}/status"), json!({"status": "shipped"})).await.ok();
    assert_eq!(shipped["status"], "shipped");
    let list = shop.get("/api/users/user-123/orders").await.ok();
    assert_eq!(list["orders"][0]["id"], order["id"]);
    assert_eq!(shop.get("/health").await.ok()["status"], "ok");
}

#[tokio::test]
async fn service_004_moves_statuses_and_pages_through_histories() {
    let shop = Shop::new();
    let body = json!({
        "customerId": "123",
        "items": [{"productId": "456", "quantity": 2, "price": 29.99}],
        "shippingAddress": {
            "street": "123 Main St", "city": "Boston", "state": "MA", "zipCode": "02108",
        },
    });
    let placed = shop.post("/api/orders", body).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    let at = placed.header("location").to_owned();
    assert_eq!(shop.get(&at).await.ok()["shippingAddress"]["state"], "MA");
    let status = json!({"status": "SHIPPED", "trackingNumber": "1Z999AA10123456789"});
    let shipped = shop.put(&format!("{at}/status"), status).await.ok();
    assert_eq!(shipped["status"], "shipped");
    assert_eq!(shipped["shipments"][0]["trackingNumber"], "1Z999AA10123456789");
    let page = shop.get("/api/orders/history/123?page=1&limit=10").await.ok();
    assert_eq!(page["orders"][0]["id"], shipped["id"]);
    assert_eq!(
        (&page["page"], &page["limit"], &page["hasMore"]),
        (&json!(1), &json!(10), &json!(false))
    );
    assert_eq!(
        shop.get("/api/orders/search?q=1z999aa1").await.ok()["orders"][0]["id"],
        shipped["id"]
    );
}

#[tokio::test]
async fn statuses_are_read_as_the_services_spell_them() {
    let shop = Shop::new();
    let id = shop.order_of("c").await;
    let at = format!("/orders/{id}/status");
    for (spelt, status) in [
        ("Preparing for shipment", "processing"),
        ("OUT FOR DELIVERY", "shipped"),
        ("Delivered", "delivered"),
        ("refund", "returned"),
    ] {
        assert_eq!(shop.patch(&at, json!({"status": spelt})).await.ok()["status"], status);
    }
    let id = shop.order_of("c").await;
    let cancelled =
        shop.patch(&format!("/orders/{id}/status"), json!({"status": "canceled"})).await;
    assert_eq!(cancelled.ok()["status"], "cancelled");
}
