//! What can be done.

use serde_json::{Value, json};

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

const RECEIPT: &str =
    "{ order { id number status version total paymentStatus } events { type } replayed dryRun }";

/// Takes an action that must succeed, and gives what came of it.
async fn done(shop: &Shop, field: &str, arguments: &str, variables: Value) -> Value {
    let id = if arguments.contains("$id") { "$id: ID!, " } else { "" };
    let query = format!("mutation({id}$o: CommandOptions) {{ {field}({arguments}) {RECEIPT} }}");
    data(&asked(shop, &query, variables).await)[field].clone()
}

#[tokio::test]
async fn an_order_is_led_from_draft_to_return() {
    let shop = Shop::confirming_by_hand();
    shop.post("/products", json!({"id": "pen", "name": "Pen", "price": "1.50", "stock": 9})).await;
    let input = "input: {customerId: \"alice\", draft: true, items: [{productId: \"pen\", quantity: 2}], \
                 metadata: {from: \"web\"}, adjustments: [{kind: SHIPPING, amount: \"4.90\"}]}, options: $o";
    let drafted = done(&shop, "placeOrder", input, json!({})).await;
    assert_eq!(drafted["order"]["status"], "DRAFT");
    assert_eq!(drafted["order"]["total"], "7.90");
    let id = drafted["order"]["id"].clone();
    let steps = [
        (
            "updateOrder",
            "input: {items: [{productId: \"pen\", quantity: 3}], tags: [\"t\"]}",
            "DRAFT",
        ),
        ("placeDraft", "", "PENDING"),
        ("holdOrder", "reason: \"look\"", "PENDING"),
        ("releaseOrder", "", "PENDING"),
        ("confirmOrder", "", "CONFIRMED"),
        (
            "recordPayment",
            "input: {state: AUTHORIZED, method: \"card\", amount: \"9.40\"}",
            "CONFIRMED",
        ),
        ("capturePayment", "paymentId: \"1\", input: {amount: \"5.00\"}", "CONFIRMED"),
        ("voidPayment", "paymentId: \"1\"", "CONFIRMED"),
        ("recordPayment", "input: {method: \"cash\"}", "CONFIRMED"),
        ("noteOnOrder", "text: \"hello\"", "CONFIRMED"),
        ("processOrder", "", "PROCESSING"),
        ("cancelOrder", "input: {items: [{productId: \"pen\", quantity: 1}]}", "PROCESSING"),
        (
            "shipOrder",
            "input: {items: [{lineId: \"1\", quantity: 1}], carrier: \"DHL\"}",
            "PARTIALLY_SHIPPED",
        ),
        ("setOrderStatus", "input: {status: SHIPPED, trackingNumber: \"T\"}", "SHIPPED"),
        ("deliverOrder", "shipmentId: \"1\"", "SHIPPED"),
        ("deliverOrder", "", "DELIVERED"),
        ("requestReturn", "input: {items: [{productId: \"pen\", quantity: 1}]}", "DELIVERED"),
        ("receiveReturn", "returnId: \"1\", input: {restock: true}", "DELIVERED"),
        ("requestReturn", "", "DELIVERED"),
        ("rejectReturn", "returnId: \"2\", reason: \"worn\"", "DELIVERED"),
        ("refundOrder", "input: {amount: \"1.50\", reason: \"back\"}", "DELIVERED"),
    ];
    let mut version = 1;
    for (field, arguments, status) in steps {
        let arguments = format!("id: $id, options: $o, {arguments}");
        let options = json!({"expectedVersion": version});
        let did = done(&shop, field, &arguments, json!({"id": id, "o": options})).await;
        assert_eq!(did["order"]["status"], status, "{field}");
        assert_ne!(did["events"], json!([]), "{field}");
        version = did["order"]["version"].as_u64().unwrap();
    }
    let product = data(&asked(&shop, "{ product(id: \"pen\") { stock } }", json!({})).await);
    assert_eq!(product["product"]["stock"], 8);
}

#[tokio::test]
async fn a_key_has_one_effect_and_a_rehearsal_none() {
    let shop = Shop::new();
    let input = "input: {currency: \"EUR\", items: [{productId: \"pen\", quantity: 1, unitPrice: \"2\"}]}, options: $o";
    let rehearsed = done(&shop, "placeOrder", input, json!({"o": {"dryRun": true}})).await;
    assert_eq!(
        (&rehearsed["dryRun"], &rehearsed["order"]["total"]),
        (&json!(true), &json!("2.00"))
    );
    let keyed = json!({"o": {"idempotencyKey": "k"}});
    let first = done(&shop, "placeOrder", input, keyed.clone()).await;
    let again = done(&shop, "placeOrder", input, keyed).await;
    assert_eq!((&first["replayed"], &again["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["order"], again["order"]);
    let count = data(&asked(&shop, "{ orders { nodes { id } } }", json!({})).await);
    assert_eq!(count["orders"]["nodes"].as_array().unwrap().len(), 1);
    let id = first["order"]["id"].clone();
    for _ in 0..2 {
        let options = json!({"id": id, "o": {"idempotencyKey": "n"}});
        done(&shop, "noteOnOrder", "id: $id, text: \"x\", options: $o", options).await;
    }
    let query = "query($id: ID!) { order(id: $id) { notes { text } } }";
    let order = data(&asked(&shop, query, json!({"id": id})).await)["order"].clone();
    assert_eq!(order["notes"], json!([{"text": "x"}]));
    let query = format!("mutation($o: CommandOptions) {{ placeOrder({input}) {RECEIPT} }}");
    let bad = asked(&shop, &query, json!({"o": {"idempotencyKey": "ü"}})).await;
    assert_eq!(code(&bad), "request.idempotency_key");
}

#[tokio::test]
async fn products_are_added_changed_sold_and_removed() {
    let shop = Shop::new();
    let query = "mutation { a: addProduct(input: {id: \"pen\", name: \"Pen\", price: \"1.50\", stock: 3}) \
                 { id price version } b: updateProduct(id: \"pen\", expectedVersion: 1, input: \
                 {price: 2, backorder: true}) { price backorder version stock } \
                 c: changeStock(id: \"pen\", quantity: -5) { stock } \
                 d: changeStock(id: \"pen\", quantity: 5) { stock } \
                 e: removeProduct(id: \"pen\", expectedVersion: 2) }";
    let did = data(&asked(&shop, query, json!({})).await);
    assert_eq!(did["a"], json!({"id": "pen", "price": "1.50", "version": 1}));
    assert_eq!(did["b"], json!({"price": "2.00", "backorder": true, "version": 2, "stock": 3}));
    assert_eq!(
        (&did["c"]["stock"], &did["d"]["stock"], &did["e"]),
        (&json!(-2), &json!(3), &json!("pen"))
    );
    assert_eq!(shop.get("/products/pen").await.problem(404), "product.not_found");
}

/// One mutation of a request that fails leaves the others alone: each is a command of its own.
#[tokio::test]
async fn each_mutation_of_a_request_is_on_its_own() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let query = "mutation($id: ID!) { a: cancelOrder(id: \"nothing\") { replayed } \
                 b: cancelOrder(id: $id) { order { status } } c: shipOrder(id: $id) { replayed } }";
    let answer = asked(&shop, query, json!({"id": id})).await;
    assert_eq!(
        answer["data"],
        json!({"a": null, "b": {"order": {"status": "CANCELLED"}}, "c": null})
    );
    let codes: Vec<_> =
        answer["errors"].as_array().unwrap().iter().map(|it| &it["extensions"]["code"]).collect();
    assert_eq!(codes, ["order.not_found", "order.transition_not_allowed"]);
}
