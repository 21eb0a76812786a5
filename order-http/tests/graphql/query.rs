//! What can be asked.

use serde_json::{Value, json};

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

/// Every field of an order that has no arguments.
const ORDER: &str = "id number customerId customer { id } status lifecycle paymentStatus \
    fulfillmentStatus returnStatus onHold reason currency country \
    items { id productId name quantity unitPrice total cancelled shipped delivered returnRequested returned } \
    subtotal discountTotal shippingTotal feeTotal taxTotal total amountDue amountPaid amountRefunded \
    adjustments { id kind label lineId amount percent } email name phone \
    shippingAddress { name company street street2 city state zipCode country phone } \
    billingAddress { name company street street2 city state zipCode country phone } \
    shipments { id carrier trackingNumber items { lineId quantity } shippedAt deliveredAt } \
    payments { id method reference state authorized captured voided refunded disputed remote at } \
    returns { id state items { lineId quantity } received { lineId quantity } reason requestedAt } \
    notes { id author at text } metadata tags version createdAt updatedAt placedAt archivedAt erasedAt \
    attention { code detail since stops } pendingCalls { operation paymentId amount refundId since } \
    allowedActions";

/// Whether a value of GraphQL says what one of REST does: words are in capitals, what is absent is null, and
/// counts of zero are not left out.
fn is_same(graphql: &Value, rest: &Value) -> bool {
    match (graphql, rest) {
        (Value::Null, Value::Null) => true,
        (Value::Number(count), Value::Null) => count.as_u64() == Some(0),
        (Value::Bool(flag), Value::Null) => !flag,
        (Value::Array(list), Value::Null) => list.is_empty(),
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.iter().all(|(key, value)| key == "customer" || is_same(value, &rest[key]))
                && theirs.keys().all(|key| ours.contains_key(key))
        }
        (Value::String(ours), Value::String(theirs)) => {
            ours == theirs || *ours == theirs.to_uppercase()
        }
        _ => graphql == rest,
    }
}

/// An order that has something of everything.
async fn lived(shop: &Shop) -> String {
    let id = shop
        .placed(json!({
            "customerId": "alice", "currency": "EUR", "email": "a@shop.example", "name": "Alice",
            "phone": "1", "shippingAddress": {"street": "Main St", "zipCode": "02108", "country": "US"},
            "items": [{"productId": "pen", "quantity": 3, "unitPrice": "1.50"}],
            "adjustments": [{"kind": "discount", "percent": "10"}, {"kind": "shipping", "amount": 2}],
            "tags": ["vip"], "metadata": {"from": "web"},
        }))
        .await;
    let at = |what: &str| format!("/orders/{id}/{what}");
    shop.act(&at("payments"), json!({"method": "card", "reference": "r"})).await;
    let parcel = json!({"items": [{"productId": "pen", "quantity": 2}], "carrier": "DHL", "trackingNumber": "T1"});
    shop.act(&at("shipments"), parcel).await;
    shop.act(&at("deliver"), json!({})).await;
    shop.act(
        &at("returns"),
        json!({"items": [{"productId": "pen", "quantity": 1}], "reason": "blue"}),
    )
    .await;
    shop.act(&at("notes"), json!({"text": "hello"})).await;
    shop.act(&at("hold"), json!({"reason": "look"})).await;
    id
}

#[tokio::test]
async fn an_order_is_what_rest_says_it_is() {
    let shop = Shop::new();
    let id = lived(&shop).await;
    let rest = shop.get(&format!("/orders/{id}")).await.ok();
    let query = format!("query($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}");
    for name in [id.as_str(), rest["number"].as_str().unwrap()] {
        let order = data(&asked(&shop, &query, json!({"id": name})).await)["order"].clone();
        assert!(is_same(&order, &rest), "{order:#}\n{rest:#}");
        assert_eq!(order["customer"]["id"], "alice");
    }
    let answer = asked(&shop, &query, json!({"id": "nothing"})).await;
    assert_eq!(code(&answer), "order.not_found");
    assert_eq!(answer["data"], json!({"order": null}));
    let query = "query($id: ID!) { order(id: $id, version: 1) { version payments { id } \
                 actions { action allowed code } } }";
    let order = data(&asked(&shop, query, json!({"id": id})).await)["order"].clone();
    assert_eq!((&order["version"], &order["payments"]), (&json!(1), &json!([])));
    let pay = order["actions"].as_array().unwrap().iter().find(|it| it["action"] == "CAPTURE");
    assert_eq!(pay.unwrap()["allowed"], true);
}

#[tokio::test]
async fn orders_are_listed_page_by_page() {
    let shop = Shop::new();
    let mut ids = Vec::new();
    for customer in ["alice", "bob", "alice", "alice"] {
        ids.push(shop.order_of(customer).await);
    }
    let query = "query($filter: OrderFilter, $after: String, $sort: OrderSort) { \
                 orders(filter: $filter, first: 2, after: $after, sort: $sort) { \
                 nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let asks = json!({"filter": {"customerId": "alice"}, "after": after, "sort": "OLDEST"});
        let page = data(&asked(&shop, query, asks).await)["orders"].clone();
        seen.extend(
            page["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["id"].as_str().unwrap().to_owned()),
        );
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, [&ids[0], &ids[2], &ids[3]].map(Clone::clone));
    let bad = asked(&shop, query, json!({"after": "x"})).await;
    assert_eq!(code(&bad), "page.cursor_invalid");
    let none = json!({"filter": {"status": "CANCELLED", "q": "pen", "placedFrom": "2025-01-29T00:00:00Z"}});
    assert_eq!(data(&asked(&shop, query, none).await)["orders"]["nodes"], json!([]));
    let many = asked(&shop, "{ orders(first: 201) { nodes { id } } }", json!({})).await;
    assert_eq!(code(&many), "page.limit_out_of_range");
}

#[tokio::test]
async fn what_happened_is_what_rest_says_happened() {
    let shop = Shop::new();
    let id = lived(&shop).await;
    let fields = "id orderId version occurredAt actor type data";
    let query = format!("query($id: ID!) {{ orderEvents(id: $id) {{ {fields} }} }}");
    let events = data(&asked(&shop, &query, json!({"id": id})).await)["orderEvents"].clone();
    let rest = shop.get(&format!("/orders/{id}/events")).await.ok()["events"].clone();
    assert_eq!(events.as_array().unwrap().len(), rest.as_array().unwrap().len());
    for (event, rest) in events.as_array().unwrap().iter().zip(rest.as_array().unwrap()) {
        for field in ["id", "version", "occurredAt", "actor", "type", "data"] {
            assert_eq!(event[field], rest[field]);
        }
        assert_eq!(event["orderId"], id.as_str());
    }
    // Positions are given when somebody asks where the feed ends.
    shop.get("/events?after=latest").await.ok();
    let query = "{ events(first: 2, filter: {types: [\"order.placed\", \"payment.captured\"]}) \
                 { events { position type } next } }";
    let page = data(&asked(&shop, query, json!({})).await)["events"].clone();
    assert_eq!(page["events"][0], json!({"position": 1, "type": "order.placed"}));
    assert_eq!(page["events"][1]["type"], "payment.captured");
    let after = format!("{{ events(after: {}) {{ events {{ position }} }} }}", page["next"]);
    let rest = data(&asked(&shop, &after, json!({})).await)["events"].clone();
    assert_eq!(rest["events"], json!([]), "the page has looked at all there is");
    assert_eq!(
        code(&asked(&shop, "{ events(after: -1) { next } }", json!({})).await),
        "query.integer"
    );
}

#[tokio::test]
async fn products_are_what_rest_says_they_are() {
    let shop = Shop::new();
    for id in ["a", "b", "c"] {
        let body = json!({"id": id, "name": id.to_uppercase(), "price": "2.50", "stock": 3_000_000_000_u64,
                          "category": "x", "description": "d"});
        assert_eq!(shop.post("/products", body).await.status, 201);
    }
    let fields =
        "id name description price currency stock backorder category version createdAt updatedAt";
    let query = format!(
        "query($after: String) {{ product(id: \"a\") {{ {fields} }} products(first: 2, after: $after, \
         filter: {{category: \"x\"}}) {{ nodes {{ id stock }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let page = data(&asked(&shop, &query, json!({})).await);
    let rest = shop.get("/products/a").await.ok();
    assert!(is_same(&page["product"], &rest), "{page:#} {rest:#}");
    assert_eq!(page["products"]["nodes"][1], json!({"id": "b", "stock": 3_000_000_000_u64}));
    let after = json!({"after": page["products"]["pageInfo"]["endCursor"]});
    let page = data(&asked(&shop, &query, after).await);
    assert_eq!(page["products"]["nodes"], json!([{"id": "c", "stock": 3_000_000_000_u64}]));
    assert_eq!(page["products"]["pageInfo"]["hasNextPage"], false);
}
