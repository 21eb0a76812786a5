//! What a gateway asks, and how little is read for it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use order_core::{
    OrderService, Product, ProductId, Timestamp,
    memory::InMemoryStore,
    ports::{
        Catalog, OrderPage, OrderQueries, OrderQuery, OrderView, ProductPage, ProductQuery,
        StatsQuery, StatsRow, StoreError, SystemClock,
    },
};
use order_http::{Options, router};
use serde_json::json;

use crate::{
    asked::{asked, data, post},
    shop::Shop,
};

/// A store whose reads are counted.
#[derive(Debug, Default)]
struct Counted {
    store: InMemoryStore,
    products: AtomicUsize,
    finds: AtomicUsize,
    lists: AtomicUsize,
}

impl Counted {
    /// How often it was asked for products, single orders and lists, since the last time.
    fn taken(&self) -> [usize; 3] {
        [&self.products, &self.finds, &self.lists].map(|count| count.swap(0, Relaxed))
    }
}

#[async_trait::async_trait]
impl OrderQueries for Counted {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        self.finds.fetch_add(1, Relaxed);
        self.store.find(reference).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        self.lists.fetch_add(1, Relaxed);
        self.store.list(query).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        self.store.stats(query).await
    }
}

#[async_trait::async_trait]
impl Catalog for Counted {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        self.products.fetch_add(1, Relaxed);
        self.store.products(ids).await
    }

    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        self.store.put(product, with_stock).await
    }

    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        self.store.change_stock(id, delta, at).await
    }

    async fn remove_product(&self, id: &ProductId, version: u64) -> Result<(), StoreError> {
        self.store.remove_product(id, version).await
    }

    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        self.store.list_products(query).await
    }
}

/// A shop of counted reads with twenty orders of alice's and ten products; the orders' ids.
async fn counted() -> (Shop, Arc<Counted>, Vec<String>) {
    let counted = Arc::new(Counted::default());
    let service = OrderService::new(counted.store.clone(), SystemClock, uuid::Uuid::now_v7);
    let service = service.with_queries(counted.clone()).with_catalog(counted.clone());
    let shop = Shop::over(router(Arc::new(service), Options::default()));
    for at in 0..10 {
        let body = json!({"id": format!("p{at}"), "name": format!("P{at}"), "price": 1});
        assert_eq!(shop.post("/products", body).await.status, 201);
    }
    let mut ids = Vec::new();
    for at in 0..20 {
        let items = json!([{"productId": format!("p{}", at % 10), "quantity": 1},
                           {"productId": format!("p{}", (at + 1) % 10), "quantity": 1}]);
        ids.push(shop.placed(json!({"customerId": "alice", "items": items})).await);
    }
    counted.taken();
    (shop, counted, ids)
}

#[tokio::test]
async fn a_page_of_orders_and_their_products_is_two_reads() {
    let (shop, counted, _) = counted().await;
    let query = "{ orders(first: 20) { nodes { id items { product { id name price stock updatedAt } } } } }";
    let page = data(&asked(&shop, query, json!({})).await);
    assert_eq!(page["orders"]["nodes"].as_array().unwrap().len(), 20);
    assert_eq!(page["orders"]["nodes"][0]["items"][0]["product"]["name"], "P9");
    assert_eq!(counted.taken(), [1, 0, 1]);
    let query = "{ orders(first: 20) { nodes { items { product { id } } } } }";
    data(&asked(&shop, query, json!({})).await);
    assert_eq!(counted.taken(), [0, 0, 1], "nothing is read of what is only named");
}

#[tokio::test]
async fn a_batch_of_representations_is_one_read_of_products_and_each_order_once() {
    let (shop, counted, ids) = counted().await;
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { __typename \
                 ... on Product { id name category } ... on Order { id customerId items { product { name } } } } }";
    let mut asks: Vec<_> =
        (0..30).map(|at| json!({"__typename": "Product", "id": format!("p{}", at % 12)})).collect();
    asks.extend(ids.iter().chain(&ids).map(|id| json!({"__typename": "Order", "id": id})));
    let said = data(&asked(&shop, query, json!({"r": asks})).await)["_entities"].clone();
    assert_eq!(said.as_array().unwrap().len(), 70);
    assert_eq!(
        said[1],
        json!({"__typename": "Product", "id": "p1", "name": "P1", "category": null})
    );
    // Another subgraph may know it.
    assert_eq!(
        said[11],
        json!({"__typename": "Product", "id": "p11", "name": null, "category": null})
    );
    assert_eq!(said[69]["id"], ids[19].as_str());
    assert_eq!(said[69]["items"][0]["product"]["name"], "P9");
    let [products, finds, lists] = counted.taken();
    assert!(products <= 6, "{products} reads for a hundred products that are asked for");
    assert_eq!((finds, lists), (20, 0), "each order once");
}

#[tokio::test]
async fn nobody_learns_of_another_customers_order_through_a_gateway() {
    let (shop, _, ids) = counted().await;
    let number = shop.get(&format!("/orders/{}", ids[0])).await.ok()["number"].clone();
    let query =
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { id total } } }";
    let asks: Vec<_> = [json!(ids[0]), number, json!("nothing"), json!(""), json!(ids[1])]
        .into_iter()
        .map(|id| json!({"__typename": "Order", "id": id}))
        .collect();
    let asks = json!({"r": asks});
    let bob = shop.asked_by_customer("bob");
    let said = data(&asked(&bob, query, asks.clone()).await);
    assert_eq!(said["_entities"], json!([null, null, null, null, null]));
    // Nor is a number an id, not even the owner's.
    let alice = shop.asked_by_customer("alice");
    let said = data(&asked(&alice, query, asks).await)["_entities"].clone();
    assert_eq!([&said[0]["id"], &said[4]["id"]], [ids[0].as_str(), ids[1].as_str()]);
    assert_eq!([&said[1], &said[2], &said[3]], [&json!(null), &json!(null), &json!(null)]);
}

/// The seed's service stands behind a gateway of GraphQL: what is placed as its clients do is what the gateway
/// finds, under the names that it joins by.
#[tokio::test]
async fn service_002_is_found_by_its_gateway() {
    let shop = Shop::mounted_at("/");
    shop.post("/products", json!({"id": "product_id_1", "name": "Thing", "price": "9.99"})).await;
    let body = json!({"userId": "user_id_1", "products": [{"_id": "product_id_1", "quantity": 2}]});
    let placed = shop.post("/", body).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    let id = placed.value()["_id"].clone();
    let fields = "__typename id customer { __typename id } createdAt updatedAt items { quantity product { __typename id name } }";
    let query = format!(
        "query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on Order {{ {fields} }} }} \
         orders {{ nodes {{ {fields} }} }} }}"
    );
    let asks = json!({"r": [{"__typename": "Order", "id": id}]});
    let said = data(&asked(&shop, &query, asks).await);
    let order = &said["_entities"][0];
    assert_eq!(*order, said["orders"]["nodes"][0]);
    assert_eq!((&order["id"], &order["createdAt"]), (&id, &placed.value()["createdAt"]));
    assert_eq!(order["customer"], json!({"__typename": "User", "id": "user_id_1"}));
    let product = json!({"__typename": "Product", "id": "product_id_1", "name": "Thing"});
    assert_eq!(order["items"], json!([{"quantity": 2, "product": product}]));
}

/// Loaders are made for one operation: what one caller read is nothing to the next.
#[tokio::test]
async fn nothing_that_was_read_outlives_its_operation() {
    let (shop, counted, ids) = counted().await;
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { id } ... on Product { name } } }";
    let asks =
        json!([{"__typename": "Order", "id": ids[0]}, {"__typename": "Product", "id": "p1"}]);
    let operation = json!({"query": query, "variables": {"r": asks}});
    let alice = post(&shop.asked_by_customer("alice"), &[], operation.clone()).await.ok();
    assert_eq!(data(&alice)["_entities"][0]["id"], ids[0].as_str());
    let bob = post(&shop.asked_by_customer("bob"), &[], json!([operation, operation])).await.ok();
    assert_eq!(data(&bob[0])["_entities"][0], json!(null));
    assert_eq!(counted.taken(), [3, 3, 0]);
}
